"""JSON Schema read into the few shapes our contracts use.

Supported on purpose: anything else raises `UnknownConstruct`, so that a new construct is decided here and
does not silently become "anything".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio_server.export.messages import Schema

SCALARS = ("string", "integer", "number", "boolean", "null")


class UnknownConstruct(Exception):
    """A contract uses a JSON Schema construct that has no meaning here."""

    def __init__(self, schema: Schema) -> None:
        super().__init__(f"no meaning for {json.dumps(schema, sort_keys=True)}")
        self.schema = schema


@dataclass(frozen=True)
class Scalar:
    """Text, a whole number, a number, a flag or null."""

    kind: str


@dataclass(frozen=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True)
class Reference:
    """Another message."""

    name: str


@dataclass(frozen=True)
class Literals:
    """One of some fixed values."""

    values: tuple[str | int | bool, ...]


@dataclass(frozen=True)
class OneOf:
    """One of several shapes."""

    choices: tuple["Shape", ...]


@dataclass(frozen=True)
class ListOf:
    """Any number of items of one shape."""

    items: "Shape"


@dataclass(frozen=True)
class MapOf:
    """Values of one shape by free names."""

    values: "Shape"


@dataclass(frozen=True)
class Members:
    """Values of different shapes by fixed names; the optional ones may be left out."""

    shapes: Mapping[str, "Shape"]
    optional: tuple[str, ...]


Shape = Scalar | Anything | Reference | Literals | OneOf | ListOf | MapOf | Members


def read_shape(schema: Schema) -> Shape:
    """What a value must look like to match the schema.

    Raises:
        UnknownConstruct: the schema uses something not supported here.
    """
    for keyword, read in _BY_KEYWORD.items():
        if keyword in schema:
            return read(schema[keyword])
    if schema.get("type") in SCALARS:
        return Scalar(schema["type"])
    if schema.get("type") == "array" and "items" in schema:
        return ListOf(read_shape(schema["items"]))
    if schema.get("type") == "object":
        return _read_object(schema)
    if set(schema) <= {"title", "description", "default"}:
        return Anything()
    raise UnknownConstruct(schema)


def is_optional(schema: Schema, member: str) -> bool:
    """Whether a message may leave the member out. A constant never is: unions are told apart by it."""
    return member not in schema.get("required", ()) and "const" not in schema["properties"][member]


def _read_object(schema: Schema) -> Shape:
    if "properties" in schema:
        members: Mapping[str, Schema] = schema["properties"]
        shapes = {name: read_shape(member) for name, member in members.items()}
        return Members(shapes, tuple(name for name in members if is_optional(schema, name)))
    if isinstance(schema.get("additionalProperties"), dict):
        return MapOf(read_shape(schema["additionalProperties"]))
    raise UnknownConstruct(schema)


def _read_choices(schemas: list[Schema]) -> Shape:
    return OneOf(tuple(read_shape(choice) for choice in schemas))


_BY_KEYWORD: Mapping[str, Callable[[Any], Shape]] = {
    "$ref": lambda reference: Reference(str(reference).removeprefix("#/$defs/")),
    "const": lambda value: Literals((value,)),
    "enum": lambda values: Literals(tuple(values)),
    "anyOf": _read_choices,
    "oneOf": _read_choices,
}
