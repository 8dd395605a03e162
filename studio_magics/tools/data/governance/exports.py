"""The framework as files: Open Data Contracts, the policy bundle, responsibilities."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from studio_magics.tools.data.governance.identity import TOOL_ID

if TYPE_CHECKING:
    from studio_magics.tools.data.governance.access import Decided
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.inputs import DatasetFacts


def as_contracts(gathered: Gathered, decided: list[Decided]) -> bytes:
    """One Open Data Contract (3.1.0) for each dataset, as documents of one YAML stream."""
    import yaml

    documents = [_contract(name, facts, gathered, decided) for name, facts in gathered.said.datasets.items()]
    text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=110, explicit_start=True)
    return str(text).encode("utf-8", "replace")


def _contract(name: str, facts: DatasetFacts, gathered: Gathered, decided: list[Decided]) -> dict[str, Any]:
    contract: dict[str, Any] = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": str(uuid5(NAMESPACE_URL, f"{TOOL_ID}:{gathered.said.name}:{name}")),
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": gathered.said.name,
        "tags": ["personal-data"] if facts.personal else [],
        "schema": [_object(name, facts, gathered)],
    }
    members = [
        {"username": who, "role": role}
        for who, role in ((facts.owner, "owner"), (facts.steward, "steward"))
        if who
    ]
    if members:
        contract["team"] = {"members": members}
    rights = sorted({(one.who, one.action) for one in decided if one.dataset == name and one.allowed})
    if rights:
        contract["roles"] = [{"role": who, "access": action} for who, action in rights]
    if facts.retention_days is not None:
        contract["slaProperties"] = [{"property": "retention", "value": facts.retention_days, "unit": "d"}]
    return contract


def _object(name: str, facts: DatasetFacts, gathered: Gathered) -> dict[str, Any]:
    columns = gathered.columns.get(name, {})
    found: dict[str, Any] = {"name": name, "logicalType": "object"}
    found["customProperties"] = [
        {"property": "classification", "value": facts.level},
        *([{"property": "location", "value": facts.location}] if facts.location else []),
        *([{"property": "encrypted", "value": facts.encrypted}] if facts.encrypted is not None else []),
    ]
    if columns:
        found["properties"] = [
            {"name": column, "logicalType": "string", "classification": level}
            for column, level in columns.items()
        ]
    return found


def as_responsibilities(gathered: Gathered) -> bytes:
    """The RACI matrix as CSV: activities down, people and roles across."""
    named = dict.fromkeys(
        who
        for one in gathered.said.raci
        for who in (*one.responsible, *one.accountable, *one.consulted, *one.informed)
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["activity", *map(harmless, named)])
    for one in gathered.said.raci:
        writer.writerow([harmless(one.activity), *(letters(one, who) for who in named)])
    return out.getvalue().encode("utf-8", "replace")


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def letters(activity: Any, who: str) -> str:
    """'RA' where somebody is both responsible and accountable."""
    parts = (
        ("R", activity.responsible),
        ("A", activity.accountable),
        ("C", activity.consulted),
        ("I", activity.informed),
    )
    return "".join(letter for letter, names in parts if who in names)
