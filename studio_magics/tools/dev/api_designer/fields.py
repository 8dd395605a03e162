"""The fields of a resource: 'string required max 200 - how it is called' becomes a JSON Schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.dev.documents import Part

NAME = r"[a-z][a-z0-9_]{0,59}"
NAME_SAYS = "lower-case letters, digits and _, beginning with a letter"
KINDS: dict[str, dict[str, Any]] = {
    "string": {"type": "string", "maxLength": 200},
    "text": {"type": "string", "maxLength": 10_000},
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "email": {"type": "string", "format": "email", "maxLength": 254},
    "url": {"type": "string", "format": "uri", "maxLength": 2_000},
    "money": {"type": "string", "pattern": r"^-?\d{1,12}\.\d{2}$"},
    "json": {"type": "object", "additionalProperties": True},
}
EXAMPLES: dict[str, Any] = {
    "string": "short text",
    "text": "A longer text.",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "date": "2026-01-31",
    "time": "2026-01-31T09:00:00Z",
    "uuid": "9f1c4a54-7f0e-4c61-9d53-6f2f0a7a3b10",
    "email": "ada@example.org",
    "url": "https://example.org/",
    "money": "12.50",
    "json": {},
}
FLAGS = ("required", "read-only", "write-only", "nullable", "many")
BOUNDS = ("min", "max")
KEYS = ("type", *FLAGS, *BOUNDS, "description", "values", "to", "example")
TEXTS = frozenset({"string", "text", "email", "url"})


@dataclass(frozen=True)
class ApiField:
    """One field of a resource."""

    name: str
    kind: str
    flags: frozenset[str]
    schema: dict[str, Any]
    refers_to: str = ""

    @property
    def is_written(self) -> bool:
        """Whether a client sends it."""
        return "read-only" not in self.flags


def read_field(name: str, part: Part, resources: Mapping[str, Part]) -> ApiField:
    """One field, written as a line or as a mapping.

    Raises:
        InputRejected: A type, flag or bound is unknown, or does not fit.
    """
    if not re.fullmatch(NAME, name):
        part.refuse(f"the field name '{name[:60]}'", NAME_SAYS)
    options = _of_line(part) if isinstance(part.value, str) else _of_mapping(part)
    kind = str(options.get("type", ""))
    if kind not in {*KINDS, "enum", "ref"}:
        known = ", ".join((*KINDS, "enum", "ref"))
        part.refuse(f"the type '{kind[:60]}'", known)
    flags = frozenset(flag for flag in FLAGS if options.get(flag))
    if {"read-only", "write-only"} <= flags:
        part.refuse("'read-only' and 'write-only' together", "one of them")
    schema = _schema(part, kind, options, resources)
    if "many" in flags:
        schema = {"type": "array", "items": schema, "maxItems": 1_000}
    if "nullable" in flags:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if options.get("description"):
        schema = {**schema, "description": str(options["description"])}
    refers = str(options.get("to", "")) if kind == "ref" else ""
    return ApiField(name, kind, flags, schema, refers)


def _of_line(part: Part) -> dict[str, Any]:
    """'enum draft published required - where it stands' → options."""
    written, _, told = part.text(most=600).partition(" - ")
    words = written.replace(",", " ").split()
    options: dict[str, Any] = {"type": words[0] if words else "", "description": told.strip()}
    values: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word in FLAGS:
            options[word] = True
        elif word in BOUNDS:
            options[word] = _number(part, word, next(rest, ""))
        elif options["type"] in {"enum", "ref"}:
            values.append(word)
        else:
            part.refuse(
                f"the word '{word[:60]}'", f"{', '.join((*FLAGS, *BOUNDS))}, or ' - ' and a description"
            )
    return options | {"values": values, "to": values[0] if values else ""}


def _of_mapping(part: Part) -> dict[str, Any]:
    entries = part.entries(KEYS, needed=("type",))
    options: dict[str, Any] = {key: one.value for key, one in entries.items()}
    for flag in FLAGS:
        if flag in entries:
            options[flag] = entries[flag].flag()
    for bound in BOUNDS:
        if bound in entries:
            options[bound] = _number(entries[bound], bound, entries[bound].text())
    if "values" in entries:
        options["values"] = [one.text() for one in entries["values"].items(200)]
    return options


def _number(part: Part, bound: str, written: str) -> int | float:
    try:
        value = float(written)
    except ValueError:
        part.refuse(f"'{bound}' without a number", f"{bound} 10")
    return int(value) if value.is_integer() else value


def _schema(part: Part, kind: str, options: dict[str, Any], resources: Mapping[str, Part]) -> dict[str, Any]:
    if kind == "ref":
        target = str(options.get("to", ""))
        if target not in resources:
            part.refuse(f"a reference to '{target[:60]}'", f"one of the resources: {', '.join(resources)}")
        return {"type": "string", "format": "uuid", "examples": [EXAMPLES["uuid"]]}
    if kind == "enum":
        values = list(options.get("values") or [])
        if not values or len(set(values)) < len(values):
            part.refuse("an enum without values, or with one twice", "enum draft published")
        return {"type": "string", "enum": values, "examples": [values[0]]}
    schema = {**KINDS[kind], "examples": [options.get("example", EXAMPLES[kind])]}
    for bound in BOUNDS:
        if bound in options:
            _bound(part, kind, bound, options[bound], schema)
    return schema


def _bound(part: Part, kind: str, bound: str, value: float, schema: dict[str, Any]) -> None:
    if kind in TEXTS:
        if value < 0 or value != int(value):
            part.refuse(f"'{bound} {value}' for a length", "a whole number of characters")
        schema[f"{bound}Length"] = value
    elif kind in {"integer", "number"}:
        schema[f"{bound}imum"] = value
    else:
        part.refuse(
            f"'{bound}' for the type {kind}", f"{bound} for {', '.join(sorted(TEXTS))}, integer, number"
        )
    low, high = schema.get(f"{_stem(kind, 'min')}"), schema.get(f"{_stem(kind, 'max')}")
    if low is not None and high is not None and low > high:
        part.refuse(f"a minimum {low} above the maximum {high}", "min not above max")
    if kind in {"integer", "number"}:
        schema["examples"] = [value]
    elif low is not None or high is not None:
        schema["examples"] = [_fitting(str(schema["examples"][0]), int(low or 0), int(high or 10_000))]


def _stem(kind: str, bound: str) -> str:
    return f"{bound}Length" if kind in TEXTS else f"{bound}imum"


def _fitting(text: str, low: int, high: int) -> str:
    return (text + "x" * max(0, low - len(text)))[:high]
