"""The tables of the result: violations, decisions, datasets, changes and responsibilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.data.governance.exports import letters

if TYPE_CHECKING:
    from studio_magics.tools.data.governance.access import Decided
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.rules import Violation
    from studio_magics.tools.data.governance.state import Change

MAX_ROWS = 400
Kinds = tuple[tuple[str, ColumnKind], ...]


def all_tables(
    gathered: Gathered, decided: list[Decided], found: list[Violation], changed: list[Change] | None
) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    tables = (
        _violations(found),
        _changes(changed or []),
        _decisions(decided),
        _datasets(gathered, found),
        _raci(gathered),
    )
    return tuple(table for table in tables if table.rows)


def _table(title: str, kinds: Kinds, rows: list[tuple[Cell, ...]]) -> Table:
    left = len(rows) - MAX_ROWS
    return Table(
        title=title,
        columns=tuple(Column(name=name, kind=kind) for name, kind in kinds),
        rows=tuple(rows[:MAX_ROWS]),
        note=f"{left} more are in governance.json." if left > 0 else "",
    )


def _violations(found: list[Violation]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.severity, one.rule, one.subject, one.told, one.line or None, one.action) for one in found
    ]
    kinds: Kinds = (
        ("severity", "text"),
        ("rule", "text"),
        ("where", "text"),
        ("what", "text"),
        ("rule written in", "text"),
        ("action", "text"),
    )
    return _table("Violations", kinds, rows)


def _changes(changed: list[Change]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.what, one.subject, one.before or None, one.now or None) for one in changed
    ]
    kinds: Kinds = (("change", "text"), ("of", "text"), ("before", "text"), ("now", "text"))
    return _table("Since the run before", kinds, rows)


def _decisions(decided: list[Decided]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.who,
            one.action,
            one.dataset,
            one.allowed,
            ", ".join(policy.name for policy in one.policies) or "no policy permits it",
            ", ".join(str(policy.line) for policy in one.policies) or None,
        )
        for one in sorted(decided, key=lambda one: (one.allowed, one.dataset, one.who))
    ]
    kinds: Kinds = (
        ("who", "text"),
        ("action", "text"),
        ("dataset", "text"),
        ("allowed", "flag"),
        ("by policy", "text"),
        ("line of policies.cedar", "text"),
    )
    return _table("Rights and what the policies say", kinds, rows)


def _datasets(gathered: Gathered, found: list[Violation]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            one.level,
            one.owner or None,
            one.steward or None,
            one.retention_days,
            one.encrypted,
            one.location or None,
            sum(other.subject == name for other in found),
        )
        for name, one in gathered.said.datasets.items()
    ]
    kinds: Kinds = (
        ("dataset", "text"),
        ("class", "text"),
        ("owner", "text"),
        ("steward", "text"),
        ("kept days", "integer"),
        ("encrypted", "flag"),
        ("location", "text"),
        ("violations", "integer"),
    )
    return _table("Datasets", kinds, rows)


def _raci(gathered: Gathered) -> Table:
    named = list(
        dict.fromkeys(
            who
            for one in gathered.said.raci
            for who in (*one.responsible, *one.accountable, *one.consulted, *one.informed)
        )
    )
    rows: list[tuple[Cell, ...]] = [
        (one.activity, *(letters(one, who) or None for who in named)) for one in gathered.said.raci
    ]
    kinds: Kinds = (("activity", "text"), *((who, "text") for who in named))
    return _table("Responsibilities (RACI)", kinds, rows)
