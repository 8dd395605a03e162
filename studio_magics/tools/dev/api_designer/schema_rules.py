"""What to look for in schemas and components; each gives the places it found."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.schema.words import style_of
from studio_magics.tools.dev.api_designer.document import Pointer, pointer_text, references
from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.api_designer.document import Document

BELOW_NAMES = ("properties", "patternProperties", "$defs", "dependentSchemas")
BELOW_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
BELOW = ("items", "not", "additionalProperties", "contains", "propertyNames", "if", "then", "else")
STYLE_SHARE = 0.8
MAX_EXAMPLES = 2_000


def schemas(document: Document) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    """Every schema that is written out, wherever it stands, with its place."""
    for pointer, value in _schema_roots(document.value):
        stack: list[tuple[Pointer, Any]] = [(pointer, value)]
        while stack:
            at, schema = stack.pop()
            if isinstance(schema, dict):
                yield at, as_map(schema)
                stack += _inner(at, as_map(schema))


def _inner(at: Pointer, schema: dict[str, Any]) -> list[tuple[Pointer, Any]]:
    found: list[tuple[Pointer, Any]] = []
    for key in BELOW_NAMES:
        found += [((*at, key, name), one) for name, one in as_map(schema.get(key)).items()]
    for key in BELOW_LISTS:
        found += [((*at, key, str(n)), one) for n, one in enumerate(as_list(schema.get(key)))]
    found += [((*at, key), schema[key]) for key in BELOW if isinstance(schema.get(key), dict)]
    return found


def _schema_roots(value: dict[str, Any]) -> Iterator[tuple[Pointer, Any]]:
    for name, schema in as_map(as_map(value.get("components")).get("schemas")).items():
        yield ("components", "schemas", name), schema
    stack: list[tuple[Pointer, Any]] = [((key,), one) for key, one in value.items()]
    while stack:
        at, here = stack.pop()
        if at[:2] == ("components", "schemas"):
            continue
        if isinstance(here, dict):
            for key, inner in as_map(here).items():
                if key == "schema":
                    yield (*at, key), inner
                elif key not in {"example", "examples", "default", "value"}:
                    stack.append(((*at, key), inner))
        elif isinstance(here, list):
            stack += [((*at, str(n)), inner) for n, inner in enumerate(as_list(here))]


def enums_twice(document: Document) -> Iterator[str]:
    """Enums that hold a value twice."""
    for at, schema in schemas(document):
        values = [json.dumps(one, sort_keys=True, default=str) for one in as_list(schema.get("enum"))]
        if len(set(values)) < len(values):
            yield pointer_text(at)


def undeclared_required(document: Document) -> Iterator[str]:
    """Required names without a property, where all properties are written in the same schema."""
    for at, schema in schemas(document):
        properties = as_map(schema.get("properties"))
        combined = any(key in schema for key in (*BELOW_LISTS, "$ref", "patternProperties"))
        inside = "allOf" in at or "anyOf" in at or "oneOf" in at or "then" in at or "not" in at
        if properties and not combined and not inside:
            for name in as_list(schema.get("required")):
                if name not in properties:
                    yield f"{pointer_text(at)}: {name}"


def endless(document: Document) -> Iterator[str]:
    """Component schemas that require themselves, over any number of steps."""
    needs = _in_circles({name: _needed(schema) for name, schema in _components(document).items()})
    for name, first in needs.items():
        reached: set[str] = set()
        waiting = list(first)
        while waiting:
            step = waiting.pop()
            if step not in reached:
                reached.add(step)
                waiting += needs.get(step, ())
        if name in reached:
            yield name


def _in_circles(needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """What remains when all that ends somewhere is taken away: circles, and what leads to them."""
    users: dict[str, list[str]] = defaultdict(list)
    for name, wanted in needs.items():
        for one in wanted:
            users[one].append(name)
    left = {name: len(wanted & needs.keys()) for name, wanted in needs.items()}
    ending = [name for name, count in left.items() if not count]
    while ending:
        for name in users[ending.pop()]:
            left[name] -= 1
            if not left[name]:
                ending.append(name)
    return {name: wanted for name, wanted in needs.items() if left[name] > 0}


def _components(document: Document) -> dict[str, Any]:
    return as_map(as_map(document.value.get("components")).get("schemas"))


def _needed(schema: Any) -> set[str]:
    """The component schemas that a value of this schema cannot be without."""
    value = as_map(schema)
    found: set[str] = set()
    reference = as_text(value.get("$ref"))
    if reference.startswith("#/components/schemas/"):
        found.add(reference.rsplit("/", 1)[1])
    properties = as_map(value.get("properties"))
    for name in as_list(value.get("required")):
        found |= _needed(properties.get(name)) if isinstance(name, str) else set()
    for part in as_list(value.get("allOf")):
        found |= _needed(part)
    if value.get("type") == "array" and isinstance(value.get("minItems"), int) and value["minItems"] > 0:
        found |= _needed(value.get("items"))
    return found


def unused(document: Document) -> Iterator[str]:
    """Components that no reference reaches from outside of them."""
    components = as_map(document.value.get("components"))
    used: dict[tuple[str, str] | None, set[str]] = defaultdict(set)
    for at, reference in references(document.value):
        owner = (at[1], at[2]) if at[:1] == ("components",) and len(at) > 2 else None  # noqa: PLR2004  - group and name
        used[owner].add(reference)
    reached: set[str] = set()
    waiting = list(used[None] | _mapped(document))
    while waiting:
        reference = waiting.pop()
        parts = reference.split("/")
        if reference in reached or len(parts) < 4:  # noqa: PLR2004  - the root, 'components', group and name
            continue
        reached.add(reference)
        waiting += used.get((parts[2], parts[3]), ())
    names = {tuple(reference.split("/")[2:4]) for reference in reached}
    for group, entries in components.items():
        if group != "securitySchemes" and not group.startswith("x-"):
            yield from (f"{group}/{name}" for name in as_map(entries) if (group, name) not in names)


def _mapped(document: Document) -> set[str]:
    found: set[str] = set()
    for _, schema in schemas(document):
        found |= {str(one) for one in as_map(as_map(schema.get("discriminator")).get("mapping")).values()}
    return found


def mixed_names(document: Document) -> Iterator[str]:
    """Properties in another style than four of five others."""
    styles = [
        (style_of(name), f"{pointer_text(at)}: {name}")
        for at, schema in schemas(document)
        for name in as_map(schema.get("properties"))
    ]
    counted = Counter(style for style, _ in styles if style not in {"flat", "other"})
    if not counted:
        return
    usual, count = counted.most_common(1)[0]
    if count < STYLE_SHARE * counted.total():
        return
    yield from (place for style, place in styles if style not in {usual, "flat", "other"})


def wrong_examples(document: Document) -> Iterator[str]:
    """Examples and defaults that do not fit the schema beside them."""
    from studio_magics.tools.dev.api_designer.fitting import Fitting

    fitting = Fitting(document)
    for at, schema, example in islice(_examples(document), MAX_EXAMPLES):
        if not fitting.fits(schema, example):
            yield pointer_text(at)


def _examples(document: Document) -> Iterator[tuple[Pointer, Any, Any]]:
    for at, schema in schemas(document):
        yield from (((*at, "examples"), schema, one) for one in as_list(schema.get("examples")))
        if "default" in schema:
            yield (*at, "default"), schema, schema["default"]
    for operation in document.operations:
        for status, response in document.responses(operation).items():
            yield from _media_examples((*operation.pointer, "responses", status), response)
        yield from _media_examples((*operation.pointer, "requestBody"), document.request(operation))


def _media_examples(at: Pointer, holder: dict[str, Any]) -> Iterator[tuple[Pointer, Any, Any]]:
    for name, media in as_map(holder.get("content")).items():
        schema = as_map(media).get("schema")
        if schema is None or "json" not in name:
            continue
        if "example" in as_map(media):
            yield (*at, "content", name), schema, as_map(media)["example"]
        for one in as_map(as_map(media).get("examples")).values():
            if "value" in as_map(one):
                yield (*at, "content", name), schema, as_map(one)["value"]
