"""Brings together what is written, the catalogue, the access list and the policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.governance.access_list import grants_of
from studio_magics.tools.data.governance.inputs import DatasetFacts, Governance, Level
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.typed_yaml import nearest, read_described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.governance.inputs import GovernanceInput

MAX_FILE_BYTES = 16_000_000
CATALOGUE = "studio-catalogue/1"
STATE = "studio-governance/1"


@dataclass
class Gathered:
    """Everything there is to judge."""

    said: Governance
    lines: Mapping[tuple[int | str, ...], int]
    """Where in the framework each part is written."""
    columns: dict[str, dict[str, Level]] = field(default_factory=dict[str, dict[str, Level]])
    """Dataset to its columns and their classes, from the catalogue."""
    found_levels: dict[str, Level] = field(default_factory=dict[str, Level])
    """What the catalogue says a dataset is at least."""
    cedar: str = ""
    previous: dict[str, Any] | None = None

    def line(self, *place: int | str) -> str:
        """'line 12' where this part is written, else ''."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return f"line {self.lines[place[:length]]}"
        return ""


def gather(inputs: GovernanceInput, context: RunContext) -> Gathered:
    """Read everything.

    Raises:
        InputRejected: A file that cannot be read, or a dataset without a class.
    """
    said, lines = Governance(), cast("Mapping[tuple[int | str, ...], int]", {})
    if inputs.policies.strip():
        described = read_described(inputs.policies, Governance, field="policies")
        said, lines = described.value, described.lines
    found = Gathered(said, lines)
    if inputs.catalogue is not None:
        _add_catalogue(_json(inputs.catalogue, "catalogue", CATALOGUE, context), found)
    if inputs.access_list is not None:
        grants = grants_of(_text(inputs.access_list, "access_list", context))
        found.said = found.said.model_copy(update={"access": (*found.said.access, *grants)})
    found.cedar = found.said.cedar
    if inputs.cedar is not None:
        found.cedar += "\n" + _text(inputs.cedar, "cedar", context)
    if inputs.previous is not None:
        found.previous = _json(inputs.previous, "previous", STATE, context)
    _refuse_unclassed(found)
    return found


def _text(file: InputFile, field_name: str, context: RunContext) -> str:
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected(
            field_name,
            found=f"'{file.name}' of {file.size_bytes:,} bytes",
            allowed=f"at most {MAX_FILE_BYTES:,}",
        )
    try:
        return decoded(context.path(file).read_bytes())
    except IntakeRefused as refused:
        _refuse(field_name, file.name, refused)


def _refuse(field_name: str, name: str, refused: IntakeRefused) -> NoReturn:
    raise InputRejected(
        field_name, found=f"{name}: {refused.found}", allowed=refused.allowed, action=refused.action
    ) from refused


def _json(file: InputFile, field_name: str, form: str, context: RunContext) -> dict[str, Any]:
    try:
        value = load_json(_text(file, field_name, context).encode())
    except IntakeRefused as refused:
        _refuse(field_name, file.name, refused)
    if not isinstance(value, dict) or cast("dict[str, Any]", value).get("format") != form:
        raise InputRejected(
            field_name,
            found=f"'{file.name}', which is not of the form {form}",
            allowed=f'JSON with "format": "{form}"',
            action="give the file the tool wrote",
        )
    return cast("dict[str, Any]", value)


def _add_catalogue(document: dict[str, Any], found: Gathered) -> None:
    """Take classes, owners and columns from the catalogue where the framework does not say otherwise."""
    datasets = dict(found.said.datasets)
    for entry in cast("list[dict[str, Any]]", document.get("datasets") or []):
        name = str(entry.get("name"))
        level = _level(entry.get("sensitivity"))
        columns = cast("list[dict[str, Any]]", entry.get("columns") or [])
        found.columns[name] = {str(one.get("name")): _level(one.get("sensitivity")) for one in columns}
        found.found_levels[name] = level
        known = datasets.get(name, DatasetFacts())
        datasets[name] = known.model_copy(
            update={
                "owner": known.owner or str(entry.get("owner") or ""),
                "level": known.level or level,
                "personal": known.personal
                if known.personal is not None
                else any(one.get("personal") for one in columns),
            }
        )
    found.said = found.said.model_copy(update={"datasets": datasets})


def _level(value: Any) -> Level:
    levels: dict[str, Level] = {
        "public": "public",
        "internal": "internal",
        "confidential": "confidential",
        "restricted": "restricted",
    }
    return levels.get(str(value), "internal")


def _refuse_unclassed(found: Gathered) -> None:
    if not found.said.datasets:
        raise InputRejected(
            "policies",
            found="no dataset",
            allowed="datasets: {name: {class: …}}, or a catalogue",
            action="add them",
        )
    for name, facts in found.said.datasets.items():
        if facts.level is None:
            where = found.line("datasets", name)
            raise InputRejected(
                "policies",
                found=f"{where + ': ' if where else ''}dataset '{name}' without a class",
                allowed="class: public, internal, confidential or restricted",
                action="class it, or give the catalogue",
            )
    for person, roles in found.said.people.items():
        for role in roles:
            if role not in found.said.roles:
                raise InputRejected(
                    "policies",
                    found=f"role '{role}' of '{person}', which is not described",
                    allowed=nearest(role, list(found.said.roles)),
                    action="add it to roles",
                )
