"""A column in one line: 'decimal(12,2) required default 0 was amount - what a buyer pays'."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import nearest
from studio_magics.tools.dev.schema_designer.design import KINDS, NOW, SIZED, TODAY, ColumnDesign, Reference
from studio_magics.tools.dev.schema_designer.other_words import instead_of_type, instead_of_word

if TYPE_CHECKING:
    from studio_magics.tools.dev.documents import Part

NAME = r"[A-Za-z][A-Za-z0-9_]{0,62}"
NAME_SAYS = "letters, digits and _, beginning with a letter, at most 63"
WORD = re.compile(r"[\w-]+\([^()]*\)|'[^']*'|\"[^\"]*\"|\S+")
FLAGS = ("required", "unique", "indexed")
TAKES = ("default", "fill", "was", "on-delete")
ON_DELETE = ("restrict", "cascade", "set-null")
KEYS = ("type", *FLAGS, *TAKES, "to", "comment")
MAX_STRING = 16_000
MAX_DIGITS = 38
NUMBERS = frozenset({"integer", "bigint", "smallint", "decimal", "float"})
NO_DEFAULT = frozenset({"id", "ref", "text", "json", "binary", "uuid"})


def read_column(name: str, part: Part) -> ColumnDesign:
    """One column, written as a line or as a mapping.

    Raises:
        InputRejected: A type, word, size or default is unknown, or does not fit.
    """
    if not re.fullmatch(NAME, name):
        part.refuse(f"the column name '{name[:60]}'", NAME_SAYS)
    options = _of_line(part) if isinstance(part.value, str) else _of_mapping(part)
    kind, sizes, values = _type(part, str(options.get("type", "")))
    reference = _reference(part, kind, options)
    column = ColumnDesign(
        name=name,
        kind=kind,
        sizes=sizes,
        values=values,
        required=bool(options.get("required")) or kind == "id",
        unique=bool(options.get("unique")),
        indexed=bool(options.get("indexed")),
        default=_literal(part, kind, values, options, "default"),
        fill=_literal(part, kind, values, options, "fill"),
        was=str(options.get("was", "")),
        reference=reference,
        comment=str(options.get("comment", "")),
    )
    if reference and reference.on_delete == "set-null" and column.required:
        part.refuse("'on-delete set-null' for a required column", "restrict or cascade")
    return column


def _of_line(part: Part) -> dict[str, Any]:
    written, _, comment = part.text(most=1_000).partition(" - ")
    words = WORD.findall(written)
    options: dict[str, Any] = {"type": words[0] if words else "", "comment": comment.strip()}
    rest = iter(words[1:])
    for word in rest:
        if word in FLAGS:
            options[word] = True
        elif word in TAKES:
            value = next(rest, None)
            if value is None:
                part.refuse(f"'{word}' without a value", f"{word} VALUE")
            options[word] = value.strip("'\"")
        elif options["type"] == "ref" and "to" not in options:
            options["to"] = word
        else:
            instead = instead_of_word(word)
            part.refuse(f"the word '{word[:60]}'", nearest(word, (*FLAGS, *TAKES)), instead)
    return options


def _of_mapping(part: Part) -> dict[str, Any]:
    for key, one in part.named().items():
        if key not in KEYS and (instead := instead_of_word(key)):
            one.refuse(f"the key '{key}' is not known here", ", ".join(KEYS), instead)
    entries = part.entries(KEYS, needed=("type",))
    options: dict[str, Any] = {
        key: one.flag() if key in FLAGS else one.text(most=500, empty=True) for key, one in entries.items()
    }
    return options


def _type(part: Part, written: str) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    kind, _, inside = written.partition("(")
    inside = inside.rstrip(")")
    if kind not in KINDS:
        part.refuse(f"the type '{kind[:60]}'", nearest(kind, KINDS), instead_of_type(kind))
    if kind == "enum":
        values = tuple(one.strip(" '\"") for one in inside.split(",") if one.strip(" '\""))
        if not values or len({one.lower() for one in values}) < len(values):
            part.refuse("an enum without values, or with one twice", "enum(new, paid)")
        return kind, (), values
    if not inside:
        return kind, {"string": (255,), "decimal": (12, 2)}.get(kind, ()), ()
    try:
        sizes = tuple(int(one) for one in inside.split(","))
    except ValueError:
        part.refuse(f"the size '{inside[:60]}'", "whole numbers, for example string(120) or decimal(12,2)")
    _check_sizes(part, kind, sizes)
    return kind, sizes, ()


def _check_sizes(part: Part, kind: str, sizes: tuple[int, ...]) -> None:
    if kind in SIZED:
        if len(sizes) != 1 or not 1 <= sizes[0] <= MAX_STRING:
            part.refuse(f"the size {sizes}", f"one length from 1 to {MAX_STRING:,}; use text for more")
    elif kind == "decimal":
        if len(sizes) != 2 or not 1 <= sizes[0] <= MAX_DIGITS or not 0 <= sizes[1] <= sizes[0]:  # noqa: PLR2004  - digits and decimals
            part.refuse(f"the size {sizes}", f"digits up to {MAX_DIGITS} and decimals not above them")
    else:
        part.refuse(f"a size for the type {kind}", f"a size for {', '.join(sorted(SIZED))} and decimal")


def _reference(part: Part, kind: str, options: dict[str, Any]) -> Reference | None:
    on_delete = str(options.get("on-delete", "restrict"))
    if kind != "ref":
        if "on-delete" in options:
            part.refuse("'on-delete' for a column that refers to nothing", "ref TABLE on-delete cascade")
        return None
    target = str(options.get("to", ""))
    table, _, column = target.partition(".")
    if not table:
        part.refuse("'ref' without a table", "ref TABLE, or ref TABLE.COLUMN")
    for known in ON_DELETE:
        if on_delete == known:
            return Reference(table, column, known)
    return part.refuse(f"on-delete '{on_delete[:60]}'", ", ".join(ON_DELETE))


def _literal(
    part: Part, kind: str, values: tuple[str, ...], options: dict[str, Any], what: str
) -> str | None:
    """A default or fill that the type can hold, as text."""
    if what not in options:
        return None
    value = str(options[what])
    if kind in NO_DEFAULT and not (what == "fill" and kind in {"ref", "text"}):
        part.refuse(f"a {what} for the type {kind}", f"a {what} for other types")
    if not _fits(kind, values, value):
        part.refuse(f"the {what} '{value[:60]}' for {kind}", _EXAMPLES.get(kind, "a value of the type"))
    return value


_EXAMPLES = {
    "boolean": "true or false", "date": "today, or 2026-01-31", "timestamp": "now, or 2026-01-31 09:00:00",
    "time": "09:00:00", "enum": "one of its values", "integer": "a whole number",
}  # fmt: skip
_PATTERNS = {
    "boolean": r"true|false", "date": rf"{TODAY}|\d{{4}}-\d\d-\d\d",
    "timestamp": rf"{NOW}|\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", "time": r"\d\d:\d\d(:\d\d)?",
    "integer": r"-?\d{1,9}", "smallint": r"-?\d{1,4}", "bigint": r"-?\d{1,18}", "ref": r"\d{1,18}",
    "decimal": r"-?\d{1,38}(\.\d{1,38})?", "float": r"-?\d{1,15}(\.\d{1,15})?",
}  # fmt: skip


def _fits(kind: str, values: tuple[str, ...], value: str) -> bool:
    if kind == "enum":
        return value in values
    pattern = _PATTERNS.get(kind)
    return re.fullmatch(pattern, value) is not None if pattern else len(value) <= 500  # noqa: PLR2004  - a default is short
