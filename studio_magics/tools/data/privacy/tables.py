"""The tables of the result: personal columns, re-identification, what would help, texts and risks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.data.privacy.exports import classification_of
from studio_magics.tools.data.privacy.risks import LEVELS

if TYPE_CHECKING:
    from studio_magics.tools.data.privacy.assessment import Assessed

MAX_ROWS = 300
Kinds = tuple[tuple[str, ColumnKind], ...]


def all_tables(seen: Assessed) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    found = (_columns(seen), _groups(seen), _better(seen), _texts(seen), _criteria(seen), _risks(seen))
    return tuple(table for table in found if table.rows)


def _table(title: str, kinds: Kinds, rows: list[tuple[Cell, ...]], note: str = "") -> Table:
    columns = tuple(Column(name=name, kind=kind) for name, kind in kinds)
    return Table(title=title, columns=columns, rows=tuple(rows[:MAX_ROWS]), note=note)


def _columns(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            place,
            look.kind.title,
            look.kind.facts.title,
            look.confidence,
            round(100 * look.share, 1) if look.share else None,
            look.filled,
            classification_of(look),
            look.kind.article,
            look.kind.ccpa or None,
            ", ".join(look.examples) or None,
            look.why,
        )
        for place, look in seen.personal
        if look.kind
    ]
    kinds: Kinds = (
        ("column", "text"),
        ("kind", "text"),
        ("group", "text"),
        ("confidence", "text"),
        ("look like it", "percent"),
        ("values", "integer"),
        ("classification", "text"),
        ("GDPR", "text"),
        ("CCPA", "text"),
        ("masked", "text"),
        ("why", "text"),
    )
    return _table(
        "Personal data",
        kinds,
        rows,
        "Values are never shown; GDPR by article, CCPA by letter of 1798.140(v)(1).",
    )


def _groups(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for table in seen.tables:
        risk = table.anonymity
        if risk is not None:
            rows.append(
                (
                    table.name,
                    ", ".join(risk.quasi),
                    risk.now.rows,
                    risk.now.groups,
                    risk.now.smallest,
                    risk.now.alone,
                    risk.now.exposed,
                    round(100 * risk.now.exposed_share, 2),
                )
            )
    kinds: Kinds = (
        ("table", "text"),
        ("by", "text"),
        ("rows", "integer"),
        ("groups", "integer"),
        ("smallest group", "integer"),
        ("rows like nobody else", "integer"),
        ("rows below k", "integer"),
        ("share below k", "percent"),
    )
    return _table("Re-identification", kinds, rows)


def _better(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for table in seen.tables:
        risk = table.anonymity
        if risk is None:
            continue
        if risk.coarser is not None:
            how = ", ".join(risk.coarser_how)
            rows.append((table.name, how, risk.coarser.exposed, round(100 * risk.coarser.exposed_share, 2)))
        rows += [
            (table.name, f"without {name}", one.exposed, round(100 * one.exposed_share, 2))
            for name, one in sorted(risk.without, key=lambda one: one[1].exposed)
        ]
    kinds: Kinds = (
        ("table", "text"),
        ("change", "text"),
        ("rows below k", "integer"),
        ("share below k", "percent"),
    )
    return _table("What would help", kinds, rows)


def _texts(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (where, seen.title_of(kind), count, finds.searched, ", ".join(finds.examples[kind]))
        for where, finds in seen.texts
        for kind, count in finds.texts_with.most_common()
    ]
    kinds: Kinds = (
        ("text", "text"),
        ("kind", "text"),
        ("texts with it", "integer"),
        ("searched", "integer"),
        ("masked", "text"),
    )
    return _table("Inside of texts", kinds, rows)


def _criteria(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = [(one.name, one.holds, one.why) for one in seen.criteria]
    kinds: Kinds = (("criterion", "text"), ("holds", "flag"), ("why", "text"))
    return _table(
        "Is an impact assessment due", kinds, rows, "Two that hold are usually enough (WP 248 rev.01)."
    )


def _risks(seen: Assessed) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            LEVELS[one.severity - 1],
            LEVELS[one.likelihood - 1],
            one.inherent,
            ", ".join(one.measures) or None,
            one.residual,
            one.article,
        )
        for one in seen.scenarios
    ]
    kinds: Kinds = (
        ("what may go wrong", "text"),
        ("severity", "text"),
        ("likelihood", "text"),
        ("before", "integer"),
        ("measures", "text"),
        ("left", "integer"),
        ("GDPR", "text"),
    )
    return _table("Risks for people", kinds, rows, "Severity times likelihood, from 1 to 16.")
