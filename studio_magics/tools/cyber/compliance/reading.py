"""Reads and checks the whole statement: every reference leads somewhere before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.cyber.compliance.references import Scope, Unclear, scope_of
from studio_magics.tools.cyber.compliance.statement import FIELD, Answer, Evidence, Statement
from studio_magics.tools.cyber.frameworks import practices
from studio_magics.tools.typed_yaml import Described, nearest, read_described

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Stated:
    """A statement whose references were followed."""

    statement: Statement
    scope: Scope
    practices: Mapping[str, Answer]
    controls: Mapping[str, Answer]
    evidence: Mapping[str, Evidence]
    shown_by: Mapping[str, tuple[str, ...]]
    """Practice or control → identifiers of the evidence that says it shows it."""


def read_statement(source: str | Mapping[str, Any], rows: list[dict[str, Any]] | None = None) -> Stated:
    """Read the statement; `rows` are answers from a table, beside those of the text.

    Raises:
        InputRejected: A part is unknown or out of bounds; a control or practice does not exist or is outside
            of what was chosen; an identifier or answer twice; evidence that is not listed. Names the line.
    """
    described = read_described(source, Statement, field=FIELD)
    scope = scope_of(described.value)
    if rows:
        described = _with_rows(described, rows, scope)
    _evidence_is_listed(described)
    return Stated(
        statement=described.value,
        scope=scope,
        practices=_practices(described),
        controls=_controls(described, scope),
        evidence={one.id: one for one in described.value.evidence},
        shown_by=_shown_by(described, scope),
    )


def _with_rows(
    described: Described[Statement], rows: list[dict[str, Any]], scope: Scope
) -> Described[Statement]:
    """The statement with the answers of the table.

    Raises:
        InputRejected: A row about something that the text or an earlier row answers too.
    """
    whole = described.value.model_dump(mode="json", exclude_none=True)
    taken = {scope_key(scope, one) for one in (*whole["practices"], *whole["controls"])}
    for number, row in enumerate(rows, 1):
        item = str(row["item"])
        key = scope_key(scope, item)
        answer = {name: value for name, value in row.items() if name != "item"}
        if key in taken:
            Described(described.value, "answers", {}).reject(
                (), f"row {number}: '{item[:60]}' is answered twice", "one answer for each"
            )
        taken.add(key)
        whole["practices" if item in practices() else "controls"][item] = answer
    return read_described(whole, Statement, field="answers")


def scope_key(scope: Scope, reference: str) -> str:
    """What is meant, or the words themselves when nothing is (which is refused later, with its line)."""
    try:
        return scope.either(reference)
    except Unclear:
        return reference


def _evidence_is_listed(described: Described[Statement]) -> None:
    seen: set[str] = set()
    for number, one in enumerate(described.value.evidence):
        if one.id in seen:
            described.reject(("evidence", number, "id"), f"the id '{one.id}' twice", "unique ids")
        seen.add(one.id)
    for group in ("practices", "controls"):
        answers: dict[str, Answer] = getattr(described.value, group)
        for name, answer in answers.items():
            for one in answer.evidence:
                if one not in seen:
                    found = f"evidence '{one}' of '{name}', which is not listed"
                    described.reject((group, name, "evidence"), found, nearest(one, list(seen)))


def _practices(described: Described[Statement]) -> dict[str, Answer]:
    known = practices()
    for name in described.value.practices:
        if name not in known:
            described.reject(("practices", name), f"the practice '{name}'", nearest(name, list(known)))
    return dict(described.value.practices)


def _controls(described: Described[Statement], scope: Scope) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for name, answer in described.value.controls.items():
        try:
            control = scope.control(name)
        except Unclear as unclear:
            described.reject(("controls", name), unclear.found, unclear.allowed, unclear.action)
        if control in found:
            described.reject(("controls", name), f"'{control}' is answered twice", "one answer for each")
        found[control] = answer
    return found


def _shown_by(described: Described[Statement], scope: Scope) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for number, one in enumerate(described.value.evidence):
        for reference in one.shows:
            try:
                key = scope.either(reference)
            except Unclear as unclear:
                place = ("evidence", number, "shows")
                described.reject(place, unclear.found, f"a practice, or {unclear.allowed}", unclear.action)
            found[key] = (*found.get(key, ()), one.id)
    return found
