"""Tables: frameworks, what to fix first, what to ask, gaps, evidence, practices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.cyber.compliance.coverage import counts, score
from studio_magics.tools.cyber.compliance.priorities import EFFORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.cyber.compliance.assessing import Assessed
    from studio_magics.tools.cyber.compliance.audit import Audit

MAX_ROWS = 200
MAX_FIXES = 40
_INTEGERS = frozenset(
    {"rank", "controls", "met", "partly", "not met", "not applicable", "not assessed", "score", "gaps",
    "importance"}
)  # fmt: skip


def all_tables(audit: Audit) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    return (_frameworks(audit), _fixes(audit), _questions(audit), _gaps(audit), _evidence(audit))


def _table(title: str, names: Sequence[str], rows: Sequence[tuple[Cell, ...]], note: str = "") -> Table:
    def kind(name: str) -> ColumnKind:
        return "integer" if name in _INTEGERS else "number" if name == "priority" else "text"

    columns = tuple(Column(name=name, kind=kind(name)) for name in names)
    more = len(rows) - MAX_ROWS
    note = f"{more} more in controls.csv. {note}".strip() if more > 0 else note
    return Table(title=title, columns=columns, rows=tuple(rows[:MAX_ROWS]), note=note)


def _frameworks(audit: Audit) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for framework in audit.stated.scope.frameworks:
        found = audit.of(framework.name)
        rows.append((framework.title, len(found), *counts(found).values(), score(found), framework.as_of))
    return _table(
        "Frameworks",
        ("framework", "controls", "met", "partly", "not met", "not applicable", "not assessed", "score",
        "edition of"),
        rows,
        "score: met 1, partly 1/2, of what is applicable; not assessed counts as 0",
    )  # fmt: skip


def _fixes(audit: Audit) -> Table:
    rows = [
        (
            number, fix.practice.name, fix.practice.words, fix.lacks, EFFORT[fix.effort],
            fix.practice.importance,
            len(fix.gaps), round(fix.priority, 1), ", ".join(one.control.id for one in fix.gaps)[:300],
            audit.owner_of(fix),
        )
        for number, fix in enumerate(audit.fixes[:MAX_FIXES], 1)
    ]  # fmt: skip
    return _table(
        "What to fix first",
        ("rank", "practice", "what to do", "what is missing", "effort", "importance", "gaps", "priority",
        "closes or helps to close", "owner"),
        rows,
        "priority = gaps (shared among missing practices) x importance / effort",
    )  # fmt: skip


def _questions(audit: Audit) -> Table:
    rows = [
        (one.practice.name, one.practice.words, len(one.controls), ", ".join(one.controls)[:200])
        for one in audit.questions[:MAX_FIXES]
    ]
    note = "practices without an answer, those that settle most controls first"
    return _table("What to ask next", ("practice", "what it is", "controls", "which"), rows, note)


def _gaps(audit: Audit) -> Table:
    return _table(
        "Gaps",
        ("control", "framework", "what is asked", "status", "because", "evidence", "owner", "due"),
        [_gap(audit, one) for one in audit.gaps],
        "all controls with their status are in controls.csv",
    )


def _gap(audit: Audit, one: Assessed) -> tuple[Cell, ...]:
    due = one.judged.due
    return (
        one.control.id, audit.short(one.control.framework), one.control.words, one.status, one.judged.because,
        ", ".join(one.judged.evidence), one.judged.owner, due.isoformat() if due else "",
    )  # fmt: skip


def _evidence(audit: Audit) -> Table:
    stale = {one.id for one in audit.assessment.stale}
    reads = {read.evidence: read for read in audit.assessment.reads}
    rows = [
        (
            one.id, one.title, one.kind, one.date.isoformat(),
            "outside of the period" if one.id in stale else "counts",
            reads[one.id].told if one.id in reads else ("named, not read" if one.file else "kept elsewhere"),
            len(audit.uses(one.id)),
        )
        for one in audit.stated.evidence.values()
    ]  # fmt: skip
    return _table("Evidence", ("id", "title", "kind", "date", "counts", "what it says", "controls"), rows)
