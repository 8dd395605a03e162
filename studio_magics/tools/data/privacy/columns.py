"""Looks at every column: what its values look like, how it is called, and which kind that makes it."""
# ruff: noqa: S608  - names are quoted, patterns are literals, and the session is locked

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.privacy.checksums import CHECKS
from studio_magics.tools.data.privacy.kinds import Kind, is_code, kind_of, kinds, named, words_of
from studio_magics.tools.data.privacy.masking import masked
from studio_magics.tools.tabular import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.privacy.inputs import PrivacyInput
    from studio_magics.tools.tabular import TableColumn, TableSource

BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
Confidence = Literal["high", "medium", "low"]
MOST_LOOK_ALIKE = 0.5
SURE = 0.9
CHECKED_VALUES = 2_000
CHECK_KEPT = 0.8
EXAMPLES = 3
WORDS_OF_TEXT = 4.0
MAX_CELL_CHARACTERS = 1_000_000
MAX_COLUMNS = 300
OLDEST = 125
MOST_GENDERS = 20
HIGHEST_EDUCATION = 999
"""Codes and years of schooling are smaller."""
WHOLE_NUMBERS = frozenset({"card", "uk_nhs", "pl_pesel", "in_aadhaar", "au_tfn", "au_medicare"})
"""Kinds that a column of whole numbers may hold."""
BY_CHANCE = frozenset({"pesel", "aadhaar", "tfn", "medicare"})
"""Checks that one number in ten passes."""
FEWEST_DIFFERENT = 5
"""So many different values do not pass such a check by chance."""
NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
    | {"FLOAT", "DOUBLE"}
)
PERSON_WORDS = frozenset({"name", "nom", "nombre", "customer", "passenger", "patient", "employee", "contact"})
"""Columns that hold a person's name where the table is about people."""
ABOUT_PEOPLE = frozenset({"email", "birth", "age", "gender", "marital", "income", "name"})


@dataclass(frozen=True)
class Look:
    """One column and what was found in it."""

    name: str
    type: str
    filled: int
    distinct: int
    kind: Kind | None = None
    share: float = 0.0
    """How many of the values look like the kind; 0 where only the name tells."""
    confidence: Confidence = "low"
    why: str = ""
    examples: tuple[str, ...] = ()
    """Masked, never a value."""
    is_text: bool = False
    """Several words in a value: searched for identifiers inside."""

    @property
    def weight(self) -> int:
        """How grave it is that the column is there."""
        return self.kind.facts.weight if self.kind else 0


def look_at(table: TableSource, inputs: PrivacyInput) -> list[Look]:
    """Every column of the table.

    Raises:
        InputRejected: Too many columns, or a cell too long to be a value.
    """
    if len(table.columns) > MAX_COLUMNS:
        raise InputRejected(
            "data",
            found=f"{len(table.columns):,} columns in '{table.name}'",
            allowed=f"at most {MAX_COLUMNS}",
        )
    looked_for = [kind for kind in kinds() if kind.pattern and kind.country in ("", *inputs.countries)]
    return _with_names([_column(column, table, looked_for, inputs) for column in table.columns])


def _with_names(looks: list[Look]) -> list[Look]:
    """A column called 'name' holds people where other columns are about people, and products where not."""
    people = next((one for one in looks if one.kind is not None and one.kind.id in ABOUT_PEOPLE), None)
    if people is None:
        return looks
    why = f"the column is called so in a table with '{people.name}'; its values were not recognised"
    return [
        replace(look, kind=kind_of("name"), confidence="medium", why=why)
        if look.kind is None
        and look.filled
        and look.type == "VARCHAR"
        and not look.is_text
        and is_called_name(look.name)
        else look
        for look in looks
    ]


def is_called_name(column: str) -> bool:
    """Whether the column is called 'name', 'customer' and the like, and no more."""
    words = words_of(column)
    return len(words) == 1 and words[0] in PERSON_WORDS


def _column(column: TableColumn, table: TableSource, kinds: Sequence[Kind], inputs: PrivacyInput) -> Look:
    name = quoted(column.name)
    [(filled, distinct)] = table.query(f"SELECT count({name}), count(DISTINCT {name}) FROM data")
    bare = Look(column.name, column.type, int(filled), int(distinct))
    if not filled or column.kind == "other":
        return bare
    called = named(column.name, inputs.language)
    if column.kind == "text":
        return _text(column, table, bare, kinds, called)
    if column.kind == "integer":
        bare = _by_look(table, bare, [kind for kind in kinds if kind.id in WHOLE_NUMBERS], called)
        if bare.kind is not None:
            return bare
    return _by_name(table, bare, called)


def _text(
    column: TableColumn, table: TableSource, bare: Look, kinds: Sequence[Kind], called: Kind | None
) -> Look:
    name = quoted(column.name)
    [(longest, words)] = table.query(
        f"SELECT max(length({name})), avg(length({name}) - length(replace({name}, ' ', '')) + 1) FROM data"
    )
    if longest > MAX_CELL_CHARACTERS:
        raise InputRejected(
            "data",
            found=f"a cell of {longest:,} characters in '{table.name}', column '{column.name}'",
            allowed=f"at most {MAX_CELL_CHARACTERS:,}",
            action="give long texts as files",
        )
    is_text = float(words) >= WORDS_OF_TEXT and (called is None or called.id == "free_text")
    found = _by_look(table, bare, kinds, called)
    if found.kind is None:
        found = _by_name(table, bare, called)
    return replace(found, is_text=is_text)


def _by_look(table: TableSource, bare: Look, kinds: Sequence[Kind], called: Kind | None) -> Look:
    """The kind most of the values look like, with its checksum held against them."""
    value = f"{quoted(bare.name)}::VARCHAR"
    fitting = [kind for kind in kinds if not kind.needs_name or (called is not None and called.id == kind.id)]
    if not fitting:
        return bare
    counts = ", ".join(f"count(*) FILTER ({_looks_like(value, kind)})" for kind in fitting)
    [found] = table.query(f"SELECT {counts} FROM data")
    ranked = sorted(
        zip(fitting, found, strict=True),
        key=lambda one: (-int(one[1]), called is None or called.id != one[0].id, not one[0].check),
    )
    for kind, count in ranked:
        share = int(count) / bare.filled
        if share < MOST_LOOK_ALIKE:
            break
        kept = _kept(table, value, kind)
        agrees = called is not None and called.id == kind.id
        is_chance = kind.check in BY_CHANCE and bare.distinct < FEWEST_DIFFERENT and not agrees
        if kept < CHECK_KEPT or is_chance:
            continue
        why = f"{share:.0%} of the values look like it"
        if kind.check:
            why += f", {kept:.0%} of them keep the checksum"
        if agrees:
            why += ", and the column is called so"
        sure: Confidence = "high" if agrees or kind.check or share >= SURE else "medium"
        shown = _examples(table, value, kind)
        return replace(bare, kind=kind, share=share, confidence=sure, why=why, examples=shown)
    return bare


def _looks_like(value: str, kind: Kind) -> str:
    """SQL: the value has the look of the kind, blanks around it ignored."""
    return f"regexp_full_match(trim({value}, {BLANKS}), {text_literal(kind.pattern)})"


def _kept(table: TableSource, value: str, kind: Kind) -> float:
    """Which share of the different values that look like the kind keep its checksum."""
    if not kind.check:
        return 1.0
    rows = table.query(
        f"SELECT DISTINCT trim({value}, {BLANKS}) FROM data WHERE {_looks_like(value, kind)} "
        f"ORDER BY 1 LIMIT {CHECKED_VALUES}"
    )
    check = CHECKS[kind.check]
    return sum(check(str(text)) for (text,) in rows) / len(rows) if rows else 0.0


def _examples(table: TableSource, value: str, kind: Kind) -> tuple[str, ...]:
    where = f"WHERE {_looks_like(value, kind)}" if kind.pattern else ""
    rows = table.query(f"SELECT DISTINCT {value} AS v FROM data {where} ORDER BY v NULLS LAST LIMIT 40")
    shown = dict.fromkeys(masked(str(text), kind.id) for (text,) in rows if text is not None)
    return tuple(shown)[:EXAMPLES]


def _by_name(table: TableSource, bare: Look, called: Kind | None) -> Look:
    """The kind the column is called after, unless its values cannot be that."""
    if called is None or not _plausible(table, bare, called):
        return bare
    sure: Confidence = "low" if called.id == "free_text" else "medium"
    why = "the column is called so; its values were not recognised"
    value = f"{quoted(bare.name)}::VARCHAR"
    named_kind = kind_of(called.id)
    plain = Kind(named_kind.id, named_kind.title, named_kind.group)
    examples = () if called.group in {"special", "secret", "criminal"} else _examples(table, value, plain)
    return replace(bare, kind=called, confidence=sure, why=why, examples=examples)


def _plausible(table: TableSource, bare: Look, called: Kind) -> bool:
    """Whether values of this type can be what the column is called."""
    if bare.type in NUMBERS or bare.type.startswith("DECIMAL"):
        return _plausible_numbers(table, bare, called)
    if called.id in {"email", "iban", "ip", "mac", "name"}:
        return bare.type == "VARCHAR"
    if called.id == "coordinates":
        return bare.type == "VARCHAR"
    if called.id == "gender":
        return bare.distinct <= MOST_GENDERS
    return called.id == "age" or bare.type != "BOOLEAN" or called.group in {"special", "criminal"}


def _plausible_numbers(table: TableSource, bare: Look, called: Kind) -> bool:
    name = quoted(bare.name)
    [(low, high)] = table.query(f"SELECT min({name}), max({name}) FROM data")
    highest = {"age": OLDEST, "education": HIGHEST_EDUCATION}.get(called.id)
    if highest is not None:
        return low >= 0 and high <= highest
    if called.id in {"town", "street"}:
        return is_code(bare.name, called)
    if called.id == "gender":
        return bare.distinct <= MOST_GENDERS
    return called.id not in {"email", "iban", "ip", "mac", "name"}
