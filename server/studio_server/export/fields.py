"""The inputs of a tool as a reader needs them: what each takes, its default, its bounds and its meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio_magics.tools.base import Tool

BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or fewer",
    "minItems": "{} or more",
    "maxItems": "{} or fewer",
    "pattern": "like `{}`",
}
PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "null": "nothing",
}
FILES = {"InputFile": "a file or table", "InputFolder": "a folder"}


@dataclass(frozen=True)
class Field:
    """One input."""

    name: str
    takes: str
    default: str
    description: str


def fields_of(tool: Tool) -> Iterator[Field]:
    """Every input, in the order of the model."""
    schema = tool.input_model.model_json_schema()
    shapes: Mapping[str, Any] = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    for name, shape in schema.get("properties", {}).items():
        default = "needed" if name in required else _told(shape.get("default"))
        yield Field(name, _takes(shape, shapes), default, shape.get("description", ""))


def _told(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    return f"`{value}`"


def _takes(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    kind = _kind(shape, shapes)
    bounds = [text.format(shape[key]) for key, text in BOUNDS.items() if key in shape]
    return ", ".join([kind, *bounds])


def _kind(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        name = str(shape["$ref"]).rpartition("/")[2]
        return FILES.get(name) or _named(name, shapes.get(name, {}), shapes)
    if "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape["enum"])
    if "const" in shape:
        return f"`{shape['const']}`"
    if "anyOf" in shape or "oneOf" in shape:
        parts = [_takes(part, shapes) for part in shape.get("anyOf", shape.get("oneOf", ()))]
        return " or ".join(dict.fromkeys(part for part in parts if part != PLAIN["null"]))
    if shape.get("type") == "array":
        return f"a list of: {_takes(shape['items'], shapes)}" if "items" in shape else "a list"
    return PLAIN.get(str(shape.get("type")), "a mapping" if shape.get("type") == "object" else "any value")


def _named(name: str, shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return _kind(shape, shapes)
    members = ", ".join(f"`{member}`" for member in shape.get("properties", {}))
    return f"a mapping with {members}" if members else name
