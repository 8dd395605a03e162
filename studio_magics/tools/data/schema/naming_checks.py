"""Names: mixed conventions, reserved words, names that need quotes, plural beside singular."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.data.schema.words import Style, in_style, is_plural, style_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.data.schema.facts import Schema
    from studio_magics.tools.data.schema.inputs import Naming

SHOWN_NAMES = 8
MIN_TABLES = 3
RESERVED = frozenset({
    "all", "alter", "analyze", "and", "any", "as", "asc", "between", "by", "case", "cast", "check",
    "collate", "column", "constraint", "create", "cross", "current_date", "current_time",
    "current_timestamp", "default", "delete", "desc", "distinct", "drop", "else", "end", "except",
    "exists", "false", "for", "foreign", "from", "full", "grant", "group", "having", "in", "index",
    "inner", "insert", "intersect", "into", "is", "join", "key", "left", "like", "limit", "natural",
    "not", "null", "offset", "on", "or", "order", "outer", "primary", "references", "returning",
    "right", "select", "session_user", "set", "table", "then", "to", "transaction", "trigger", "true",
    "union", "unique", "update", "user", "using", "values", "view", "when", "where", "window", "with"
})  # fmt: skip
"""Words that SQLite, PostgreSQL or DuckDB do not take as a plain name."""
_FITS: dict[Style, frozenset[Style]] = {
    "snake_case": frozenset({"snake_case", "flat"}),
    "camelCase": frozenset({"camelCase", "flat"}),
    "PascalCase": frozenset({"PascalCase"}),
    "UPPER_CASE": frozenset({"UPPER_CASE"}),
}


def naming_findings(schema: Schema, naming: Naming) -> Iterator[Finding]:
    """All of them."""
    tables = [table.name for table in schema.tables]
    columns = [(table.name, column.name) for table in schema.tables for column in table.columns]
    yield from _convention("table", [(name, name) for name in tables], naming)
    yield from _convention("column", [(f"{table}.{name}", name) for table, name in columns], naming)
    yield from _reserved([(name, name) for name in tables] + [(f"{t}.{c}", c) for t, c in columns])
    yield from _awkward([(name, name) for name in tables] + [(f"{t}.{c}", c) for t, c in columns])
    yield from _plurals(tables)


def convention_of(names: Sequence[str]) -> Style | None:
    """The convention most names keep, one lower-case word keeping two; ties go to what more names tell."""
    counts: Counter[Style] = Counter(style_of(name) for name in names)
    kept = {style: sum(counts[one] for one in fits) for style, fits in _FITS.items()}
    best = max(_FITS, key=lambda style: (kept[style], counts[style]))
    return best if kept[best] else None


def _convention(what: str, names: list[tuple[str, str]], naming: Naming) -> Iterator[Finding]:
    wanted: Style | None = convention_of([name for _, name in names]) if naming == "detect" else naming
    if wanted is None:
        return
    different = [(where, name) for where, name in names if style_of(name) not in _FITS[wanted] | {"other"}]
    if not different:
        return
    examples = ", ".join(f"{where} → {in_style(name, wanted)}" for where, name in different[:SHOWN_NAMES])
    verb = "is" if len(different) == 1 else "are"
    how = "the commonest here" if naming == "detect" else "as asked"
    yield Finding(
        code=f"{what}-naming",
        severity="low",
        title=f"{len(different)} of {len(names)} {what} names {verb} not {wanted}",
        where=", ".join(where for where, _ in different[:SHOWN_NAMES]),
        detail=f"{wanted} is {how}. {examples}{' …' if len(different) > SHOWN_NAMES else ''}",
        action="Rename when the table is changed anyway; agree on one convention.",
        count=len(different),
    )


def _reserved(names: list[tuple[str, str]]) -> Iterator[Finding]:
    found = [where for where, name in names if name.lower() in RESERVED]
    if found:
        yield Finding(
            code="reserved-word",
            severity="low",
            title=f"{len(found)} {'name is a word' if len(found) == 1 else 'names are words'} of SQL",
            where=", ".join(found[:SHOWN_NAMES]),
            detail="They work only in quotes, and not in every tool.",
            action="Choose another name, for example with the noun it belongs to.",
            count=len(found),
        )


def _awkward(names: list[tuple[str, str]]) -> Iterator[Finding]:
    found = [where for where, name in names if style_of(name) == "other" and not _mixed_only(name)]
    if found:
        needs = "name needs" if len(found) == 1 else "names need"
        yield Finding(
            code="name-needs-quotes",
            severity="low",
            title=f"{len(found)} {needs} quotes everywhere",
            where=", ".join(where[:60] for where in found[:SHOWN_NAMES]),
            detail="Spaces, signs, other scripts or a leading digit.",
            action="Use letters, digits and underscores, and start with a letter.",
            count=len(found),
        )


def _mixed_only(name: str) -> bool:
    return name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()


def _plurals(tables: list[str]) -> Iterator[Finding]:
    told = [(name, is_plural(words_of(name)[-1])) for name in tables if words_of(name)]
    many = [name for name, plural in told if plural is True]
    one = [name for name, plural in told if plural is False]
    if len(many) + len(one) < MIN_TABLES or not many or not one:
        return
    fewer, usual = (many, "singular") if len(many) < len(one) else (one, "plural")
    yield Finding(
        code="plural-mixed",
        severity="low",
        title=f"{len(many)} table names are plural, {len(one)} singular",
        where=", ".join(sorted(fewer)[:SHOWN_NAMES]),
        detail="By the common rules of English nouns.",
        action=f"Most are {usual}; settle on that.",
        count=len(fewer),
    )
