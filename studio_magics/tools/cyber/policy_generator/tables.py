"""Tables: policies, clauses with their controls, controls without a clause, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, Table
from studio_magics.tools.cyber.policy_generator.facts import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.cyber.policy_generator.documents import PolicySet

MAX_ROWS = 200
_INTEGERS = frozenset({"clauses", "controls", "value"})


def all_tables(policies: PolicySet) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    return (_policies(policies), _clauses(policies), _missing(policies), _settings(policies))


def _table(title: str, names: Sequence[str], rows: Sequence[tuple[Cell, ...]], note: str = "") -> Table:
    columns = tuple(Column(name=name, kind="integer" if name in _INTEGERS else "text") for name in names)
    more = len(rows) - MAX_ROWS
    note = f"{more} more in the files. {note}".strip() if more > 0 else note
    return Table(title=title, columns=columns, rows=tuple(rows[:MAX_ROWS]), note=note)


def _policies(policies: PolicySet) -> Table:
    facts = policies.facts
    rows = [
        (
            one.head.title, one.owner, facts.roles.approver, facts.approved.isoformat(),
            policies.next_review.isoformat(), len(one.clauses),
            len({control.id for clause in one.clauses for control in policies.coverage.served_by(clause)}),
        )
        for one in policies.policies
    ]  # fmt: skip
    names = ("policy", "owner", "approved by", "approved on", "next review", "clauses", "controls")
    return _table("Policies", names, rows)


def _clauses(policies: PolicySet) -> Table:
    rows = [
        (clause.id, policy.head.title, clause.text, policies.serves(clause))
        for policy in policies.policies
        for clause in policy.clauses
    ]
    return _table(
        "Clauses", ("clause", "policy", "text", "serves"), rows, "all texts are in policies.md and .docx"
    )


def _missing(policies: PolicySet) -> Table:
    short = {one.name: one.short for one in policies.coverage.frameworks}
    rows = [
        (one.control.id, short[one.control.framework], one.control.words, one.extent, one.why)
        for one in sorted(policies.coverage.controls, key=lambda one: one.extent != "none")
        if one.extent != "whole"
    ]
    names = ("control", "framework", "what is asked", "stated", "why not in whole")
    return _table("Controls without a clause, or with a part of one", names, rows)


def _settings(policies: PolicySet) -> Table:
    given = policies.facts.settings.model_fields_set
    rows = [
        (
            name, int(getattr(policies.facts.settings, name)), field.description or "",
            "given" if name in given else "default",
        )
        for name, field in Settings.model_fields.items()
    ]  # fmt: skip
    return _table("Numbers", ("setting", "value", "unit", "from"), rows)
