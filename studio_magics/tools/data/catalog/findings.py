"""What is missing, risky or wasted in a catalogue: ranked, with what to do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.data.catalog.entries import SENSITIVITIES
from studio_magics.tools.data.catalog.exports import named_relations
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_magics.tools.data.catalog.entries import Catalogue

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
SHOWN = 10


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def all_findings(catalogue: Catalogue, now: datetime, stale_after_days: int) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found = [
        *_unread(catalogue),
        *_sensitive(catalogue),
        *_ownerless(catalogue),
        *_copies(catalogue),
        *_same_columns(catalogue),
        *_broken(catalogue),
        *_stale(catalogue, now, stale_after_days),
        *_empty(catalogue),
        *_undescribed(catalogue),
        *_keyless(catalogue),
        *_fits(catalogue),
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _unread(catalogue: Catalogue) -> Iterator[Finding]:
    for name, why in catalogue.unread:
        yield Finding(
            code="file-unread",
            severity="high",
            title=f"'{name}' cannot be read",
            where=name,
            detail=f"{why}. It is missing from the catalogue.",
            action="Repair or remove the file.",
            count=1,
        )


def _sensitive(catalogue: Catalogue) -> Iterator[Finding]:
    for one in catalogue.datasets:
        grave = [column for column in one.columns if column.sensitivity != "internal"]
        said = one.said or "internal"
        if not grave or SENSITIVITIES.index(said) >= SENSITIVITIES.index(one.found_sensitivity):
            continue
        names = [f"{column.name} ({column.personal})" for column in grave]
        yield Finding(
            code="sensitivity-understated",
            severity="high" if one.found_sensitivity == "restricted" else "medium",
            title=f"'{one.name}' holds {one.found_sensitivity} columns and is called {one.said or 'nothing'}",
            where=one.name,
            detail=f"{listed(names)}.",
            action=f"Set sensitivity: {one.found_sensitivity}, or say in the description why not.",
            count=len(grave),
        )


def _ownerless(catalogue: Catalogue) -> Iterator[Finding]:
    names = [one.name for one in catalogue.datasets if not one.owner]
    if names:
        yield Finding(
            code="owner-missing",
            severity="medium",
            title=f"{counted(len(names), 'dataset')} without an owner",
            where=names[0],
            detail=f"{listed(names)}: nobody to ask, nobody to fix them.",
            action="Name an owner for each, or one for all.",
            count=len(names),
        )


def _copies(catalogue: Catalogue) -> Iterator[Finding]:
    files: dict[str, set[str]] = defaultdict(set)
    for one in catalogue.datasets:
        files[one.digest].add(one.file)
    for names in files.values():
        if len(names) > 1:
            yield Finding(
                code="copies",
                severity="medium",
                title=f"{counted(len(names), 'file')} with the very same content",
                where=min(names),
                detail=f"{listed(sorted(names))}.",
                action="Keep one and point to it.",
                count=len(names),
            )


def _same_columns(catalogue: Catalogue) -> Iterator[Finding]:
    """Tables of one base name whose columns differ: two states of one thing, or two things."""
    shapes: dict[str, list[str]] = defaultdict(list)
    columns: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in catalogue.datasets:
        base = one.file.rpartition("/")[2].rpartition(".")[0].casefold()
        if one.source_kind == "file":
            shapes[base].append(one.file)
            columns[base].add(tuple(column.name for column in one.columns))
    for base, names in shapes.items():
        if len(columns[base]) > 1:
            yield Finding(
                code="same-name-other-columns",
                severity="medium",
                title=f"{counted(len(names), 'file')} called '{base}' have different columns",
                where=names[0],
                detail=f"{listed(names)}.",
                action="Rename them, or bring them to the same columns.",
                count=len(names),
            )


def _broken(catalogue: Catalogue) -> Iterator[Finding]:
    for child, parent, relation in named_relations(catalogue):
        if relation.orphans and relation.is_declared:
            yield Finding(
                code="reference-broken",
                severity="high",
                title=f"{counted(relation.orphans, 'row')} of '{child}' refer to nothing in '{parent}'",
                where=f"{child}.{', '.join(relation.columns)}",
                detail=f"{relation.referring:,} rows refer to it.",
                action="Repair the rows, or drop the reference.",
                count=relation.orphans,
            )


def _stale(catalogue: Catalogue, now: datetime, days: int) -> Iterator[Finding]:
    old = [
        (one.newest, one.name)
        for one in catalogue.datasets
        if one.newest and (now.date() - one.newest).days > days
    ]
    if old:
        yield Finding(
            code="stale",
            severity="low",
            title=f"{counted(len(old), 'dataset')} without a date of the last {days:,} days",
            where=min(old)[1],
            detail=f"{listed([f'{name} ({newest})' for newest, name in sorted(old)])}.",
            action="Mark them as archived, or find out why nothing comes.",
            count=len(old),
        )


def _empty(catalogue: Catalogue) -> Iterator[Finding]:
    names = [
        f"{one.name}.{column.name}"
        for one in catalogue.datasets
        for column in one.columns
        if one.rows and not column.filled
    ]
    if names:
        yield Finding(
            code="columns-empty",
            severity="low",
            title=f"{counted(len(names), 'column')} without any value",
            where=names[0],
            detail=f"{listed(names)}.",
            action="Drop them, or fill them.",
            count=len(names),
        )


def _undescribed(catalogue: Catalogue) -> Iterator[Finding]:
    names = [one.name for one in catalogue.datasets if not one.description]
    if names:
        yield Finding(
            code="description-missing",
            severity="low",
            title=f"{counted(len(names), 'dataset')} without a description",
            where=names[0],
            detail=f"{listed(names)}.",
            action="Write one sentence for each: what a row is, and where it comes from.",
            count=len(names),
        )


def _keyless(catalogue: Catalogue) -> Iterator[Finding]:
    names = [one.name for one in catalogue.datasets if not one.key and one.rows > 1]
    if names:
        yield Finding(
            code="key-missing",
            severity="low",
            title=f"{counted(len(names), 'dataset')} in which no column tells rows apart",
            where=names[0],
            detail=f"{listed(names)}.",
            action="Add a key, or say which columns together are one.",
            count=len(names),
        )


def _fits(catalogue: Catalogue) -> Iterator[Finding]:
    found = [
        f"{child}.{', '.join(relation.columns)} to {parent}"
        for child, parent, relation in named_relations(catalogue)
        if not relation.is_declared
    ]
    if found:
        yield Finding(
            code="likely-joins",
            severity="info",
            title=f"{counted(len(found), 'likely join')} nobody declared",
            where=found[0],
            detail=f"{listed(found)}.",
            action="Confirm them with the owners.",
            count=len(found),
        )
