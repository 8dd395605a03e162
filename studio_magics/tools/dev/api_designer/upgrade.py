"""From OpenAPI 3.0 to 3.1: what was said in 3.0's own words is said in JSON Schema's."""

from __future__ import annotations

from typing import Any

from studio_magics.tools.dev.documents import as_list, as_map

SCHEMA_KEYS = frozenset({"schema"})
NAMED_SCHEMAS = frozenset({"properties", "patternProperties", "schemas", "$defs", "dependentSchemas"})
LISTED_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE_SCHEMAS = frozenset(
    {"items", "not", "additionalProperties", "contains", "propertyNames", "if", "then"}
)
LIMITS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """A 3.1 document that means the same; `document` stays as it is."""
    found = as_map(_walked(document))
    found["openapi"] = "3.1.0"
    return found


def _walked(value: Any) -> Any:
    if isinstance(value, list):
        return [_walked(one) for one in as_list(value)]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in as_map(value).items():
        if key in SCHEMA_KEYS and isinstance(inner, dict):
            found[key] = schema_of_30(as_map(inner))
        elif key == "schemas" and isinstance(inner, dict):
            found[key] = {
                name: schema_of_30(as_map(one)) if isinstance(one, dict) else one
                for name, one in as_map(inner).items()
            }
        elif key in {"example", "examples", "value"}:
            found[key] = inner
        else:
            found[key] = _walked(inner)
    return found


def schema_of_30(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema of 3.0 in the words of 3.1: 'nullable', exclusive bounds, 'example' and files."""
    found = {key: _inner(key, value) for key, value in schema.items()}
    _say_null(found)
    for exclusive, plain in LIMITS:
        strict = found.get(exclusive)
        if isinstance(strict, bool):
            del found[exclusive]
            if strict and plain in found:
                found[exclusive] = found.pop(plain)
    if "example" in found:
        found.setdefault("examples", [found.pop("example")])
    if found.get("format") == "binary" and found.get("type") == "string":
        del found["format"]
        found["contentMediaType"] = "application/octet-stream"
    return found


def _inner(key: str, value: Any) -> Any:
    if key in NAMED_SCHEMAS and isinstance(value, dict):
        return {
            name: schema_of_30(as_map(one)) if isinstance(one, dict) else one
            for name, one in as_map(value).items()
        }
    if key in LISTED_SCHEMAS:
        return [schema_of_30(as_map(one)) if isinstance(one, dict) else one for one in as_list(value)]
    if key in SINGLE_SCHEMAS and isinstance(value, dict):
        return schema_of_30(as_map(value))
    return value


def _say_null(schema: dict[str, Any]) -> None:
    nullable = schema.pop("nullable", False)
    if nullable is not True:
        return
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
        values = schema.get("enum")
        if isinstance(values, list) and None not in as_list(values):
            schema["enum"] = [*as_list(values), None]
    elif "$ref" in schema or "allOf" in schema:
        inner = dict(schema)
        schema.clear()
        schema["anyOf"] = [inner, {"type": "null"}]
