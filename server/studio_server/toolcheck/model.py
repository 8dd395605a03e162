"""Looks at the input model: described, bounded, with units, closed to what it does not know."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from studio_magics.tools.base import InputRejected, Tool, ToolInput
from studio_server.toolcheck.report import Check, judged, noted, passed

UNITS = re.compile(
    r"(?<![a-z])(percent|per cent|ratio|share|row|column|line|item|file|character|token|byte|[kmgt]b|ms"
    r"|second|minute|hour|day|week|month|year|usd|eur|dollar|euro|credit|hz|meter|pixel|degree|count|number"
    r"|level|depth|score|step|iteration|seed|port|point|size|width|height|length|limit|position|index|rate"
    r"|factor)s?(?![a-z])"
)
"""Words that say what a number counts."""
PLURAL = re.compile(r"(^|_)[a-z]{2,}[a-rt-z]s(_|$)")
"""A name such as `most_letters` says it too."""
OWN = ("InputFile", "InputFolder")
"""Models of the contracts, checked elsewhere."""


def checks(tool: Tool) -> list[Check]:
    """All about the input model, without calling the tool."""
    model = tool.input_model
    fields = dict(_fields(model.model_json_schema()))
    open_ones = set(tool.kernel_only)
    return [
        judged(
            "unknown fields",
            () if _is_closed(model) else ("the model takes fields that it does not know",),
            good="refused, and values cannot be changed",
            todo="derive the input model from studio_magics.tools.base.ToolInput",
        ),
        judged(
            "descriptions",
            (
                f"'{name}' says nothing about itself"
                for name, field in fields.items()
                if not _described(field)
            ),
            good=f"all {len(fields)} inputs are described",
            todo='Field(description="…"): it is shown by %studio tool and in the panel',
        ),
        judged(
            "units",
            (f"'{name}' is a number of what?" for name, field in fields.items() if _lacks_unit(name, field)),
            good="numbers say what they count",
            todo="name the unit in the field's name or description: max_rows, '… in seconds'",
        ),
        _bounds({name: field for name, field in fields.items() if name not in open_ones}),
        judged(
            "defaults",
            _bad_defaults(model),
            good="every default is a value that the model itself accepts",
            todo="correct the default, or the bounds that refuse it",
        ),
    ]


def _bounds(fields: Mapping[str, Mapping[str, Any]]) -> Check:
    """Only noted: a validator may refuse what the schema does not; `refusals` tries that."""
    missing = tuple(_unbounded(fields))
    todo = "Field(max_length=…) for text and lists, ge= and le= for numbers, Literal for words"
    if missing:
        return noted("bounds", "the schema shows no limit: " + "; ".join(missing), todo)
    return passed("bounds", "the schema shows how large each input may be")


def _is_closed(model: type[ToolInput]) -> bool:
    return model.model_config.get("extra") == "forbid" and bool(model.model_config.get("frozen"))


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every input by its name, those of nested models as 'outer.inner'."""
    definitions = schema.get("$defs", {})
    yield from _of(schema, definitions, "", depth=0)


def _of(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str, *, depth: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{prefix}{name}", field
        for shape in _shapes(field):
            called = shape.get("$ref", "").rpartition("/")[2]
            if called and called not in OWN and depth < 4:  # noqa: PLR2004  - models that hold themselves
                yield from _of(definitions[called], definitions, f"{prefix}{name}.", depth=depth + 1)


def _shapes(field: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The field itself and all it may be, items of lists included."""
    yield field
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in field.get(key, ()):
            yield from _shapes(one)
    for key in ("items", "additionalProperties"):
        if isinstance(field.get(key), dict):
            yield from _shapes(field[key])


def _described(field: Mapping[str, Any]) -> bool:
    return len(field.get("description", "").split()) > 1


def _lacks_unit(name: str, field: Mapping[str, Any]) -> bool:
    numbers = [shape for shape in _shapes(field) if shape.get("type") in ("integer", "number")]
    if not numbers or "unit" in field:
        return False
    if PLURAL.search(name.rpartition(".")[2]):
        return False
    return not UNITS.search(f"{name} {field.get('description', '')}".lower().replace("_", " "))


def _unbounded(fields: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, field in fields.items():
        shapes = list(_shapes(field))
        exact = any(shape.get("type") == "number" for shape in shapes)
        for shape in shapes:
            # An exact number (Decimal) may come as text; how long a text it takes is tried in `refusals`.
            missing = "" if exact and shape.get("type") == "string" else _missing_bound(shape)
            if missing:
                yield f"'{name}' has no {missing}"
                break


def _missing_bound(shape: Mapping[str, Any]) -> str:
    kind = shape.get("type")
    fixed = {"enum", "const", "format", "pattern"} & shape.keys()
    if kind == "string" and not fixed and "maxLength" not in shape:
        return "longest text"
    if kind in ("integer", "number") and not fixed:
        highest = {"maximum", "exclusiveMaximum"} & shape.keys()
        lowest = {"minimum", "exclusiveMinimum"} & shape.keys()
        return "" if highest and lowest else "highest number" if lowest else "lowest number"
    if kind == "array" and "maxItems" not in shape and "prefixItems" not in shape:
        return "longest list"
    return ""


def _bad_defaults(model: type[ToolInput]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field.is_required():
            continue
        default = cast("object", field.get_default(call_default_factory=True, validated_data={}))
        try:
            model.model_validate({name: default})
        except ValidationError as refused:
            if any(error["loc"][:1] == (name,) for error in refused.errors()):
                yield f"'{name}' refuses its own default"
        except InputRejected:  # the inputs together say too little, which is no fault of this one
            continue
