"""How two schemas differ, for what is sent (request) and what is received (response)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from studio_magics.tools.dev.api_designer.document import references
from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.api_designer.document import Document

MAX_DEPTH = 40
MAX_CHANGES = 400
"""Of one pair of schemas; more are no longer read by anybody."""
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
KINDS = frozenset({"null", "boolean", "object", "array", "number", "string", "integer"})


@dataclass(frozen=True)
class SchemaChange:
    """One difference inside a schema."""

    code: str
    effect: Literal["breaking", "risky", "compatible"]
    place: str
    said: str


class SchemaComparison:
    """Compares schemas of two documents; a pair met again on the way down is not followed again."""

    def __init__(self, before: Document, after: Document) -> None:
        self._before = before
        self._after = after
        self._done: dict[tuple[int, int, str], tuple[SchemaChange, ...]] = {}
        self._open: set[tuple[int, int, str]] = set()
        self.is_cut = False
        """Whether something was too deep, or too much, to be followed to its end."""

    def compare(self, old: Any, new: Any, direction: str, place: str = "") -> Iterator[SchemaChange]:
        """All differences from this place on."""
        before, after = self._before.followed(old), self._after.followed(new)
        key = (id(before), id(after), direction)
        if key in self._open:
            return
        if len(self._open) >= MAX_DEPTH:
            self.is_cut = True
            return
        if key not in self._done:
            self._open.add(key)
            found = tuple(islice(self._compared(before, after, direction), MAX_CHANGES + 1))
            self.is_cut = self.is_cut or len(found) > MAX_CHANGES
            self._done[key] = found[:MAX_CHANGES]
            self._open.discard(key)
        for one in self._done[key]:
            inner = f"{place}.{one.place}".replace(".[]", "[]").strip(".") if one.place else place
            yield SchemaChange(one.code, one.effect, inner, one.said)

    def _compared(self, old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
        if old == new and next(references(old), None) is None:
            return
        yield from _kinds(old, new, direction)
        yield from _values(old, new, direction)
        yield from _bounds(old, new, direction)
        yield from self._properties(old, new, direction)
        if "items" in old and "items" in new:
            yield from self.compare(old["items"], new["items"], direction, "[]")
        yield from self._combined(old, new, direction)

    def _properties(self, old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
        before, after = as_map(old.get("properties")), as_map(new.get("properties"))
        needed_before, needed_after = set(as_list(old.get("required"))), set(as_list(new.get("required")))
        sends = direction == "request"
        for name, schema in before.items():
            if name not in after:
                if sends:
                    closed = new.get("additionalProperties") is False
                    said = "is gone, and is refused now" if closed else "is gone: it is ignored, or refused"
                    yield SchemaChange("property-removed", "breaking" if closed else "risky", name, said)
                else:
                    yield SchemaChange("property-removed", "breaking", name, "is gone")
                continue
            if sends and name in needed_after - needed_before:
                yield SchemaChange("property-required", "breaking", name, "became required")
            if not sends and name in needed_before - needed_after:
                yield SchemaChange("property-optional", "breaking", name, "is no longer always there")
            yield from self.compare(schema, after[name], direction, name)
        for name in after:
            if name not in before:
                yield _added(name, needed=name in needed_after, sends=sends)

    def _combined(self, old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
        for key in ("allOf", "anyOf", "oneOf"):
            before, after = as_list(old.get(key)), as_list(new.get(key))
            if len(before) == len(after):
                for number, (one, other) in enumerate(zip(before, after, strict=True), 1):
                    yield from self.compare(
                        one, other, direction, f"{key} {number}" if len(before) > 1 else ""
                    )
            elif before or after:
                yield _alternatives(key, len(before), len(after), direction)


def _added(name: str, *, needed: bool, sends: bool) -> SchemaChange:
    if sends and needed:
        return SchemaChange("property-added-required", "breaking", name, "is new and must be sent")
    return SchemaChange("property-added", "compatible", name, "is new")


def _alternatives(key: str, before: int, after: int, direction: str) -> SchemaChange:
    more = after > before
    bad = more == (key == "allOf") if direction == "request" else more != (key == "allOf")
    said = f"{key} had {before} parts and has {after}"
    return SchemaChange("alternatives-changed", "breaking" if bad else "risky", "", said)


def kinds_of(schema: dict[str, Any]) -> frozenset[str]:
    """The types a schema allows; every one where it says nothing."""
    kind = schema.get("type")
    written = as_list(kind) if isinstance(kind, list) else [kind] if isinstance(kind, str) else []
    return frozenset(str(one) for one in written)


def _kinds(old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
    before, after = kinds_of(old), kinds_of(new)
    if before != after and (before or after):
        lost = _not_in(before or KINDS, after or KINDS)
        gained = _not_in(after or KINDS, before or KINDS)
        bad = lost if direction == "request" else gained
        said = f"its type was {_named(before)} and is {_named(after)}"
        code = "nullable-changed" if before ^ after == frozenset({"null"}) else "type-changed"
        yield SchemaChange(code, "breaking" if bad else "compatible", "", said)
    one, other = as_text(old.get("format")), as_text(new.get("format"))
    if one != other:
        effect = (
            "compatible"
            if (direction == "request") != bool(other) and bool(one) != bool(other)
            else "breaking"
        )
        said = f"its format was {one or 'not given'} and is {other or 'not given'}"
        yield SchemaChange("format-changed", effect, "", said)


def _not_in(kinds: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Those not allowed by the others; a whole number is a number."""
    return frozenset(
        one for one in kinds if one not in others and not (one == "integer" and "number" in others)
    )


def _named(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"


def _values(old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
    before, after = _allowed(old), _allowed(new)
    sends = direction == "request"
    if before is None and after is None:
        return
    if before is None or after is None:
        said = "only listed values are allowed now" if after is not None else "any value is allowed now"
        bad = (after is not None) == sends
        yield SchemaChange("enum-added" if after is not None else "enum-removed", _effect(bad), "", said)
        return
    lost, gained = [one for one in before if one not in after], [one for one in after if one not in before]
    if lost:
        said = f"no longer among its values: {_listed(lost)}"
        yield SchemaChange("enum-narrowed", _effect(sends), "", said)
    if gained:
        said = f"new among its values: {_listed(gained)}"
        yield SchemaChange("enum-widened", "compatible" if sends else "risky", "", said)


def _allowed(schema: dict[str, Any]) -> list[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return [json.dumps(one, default=str) for one in as_list(values)] if isinstance(values, list) else None


def _listed(values: list[str]) -> str:
    return ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")  # noqa: PLR2004  - as many as a line bears


def _effect(bad: bool) -> Literal["breaking", "compatible"]:
    return "breaking" if bad else "compatible"


def _bounds(old: dict[str, Any], new: dict[str, Any], direction: str) -> Iterator[SchemaChange]:
    for key in (*UPPER, *LOWER):
        one, other = old.get(key), new.get(key)
        if one == other or not _numeric(one) or not _numeric(other):
            continue
        tighter = other is not None and (one is None or ((other < one) == (key in UPPER)))
        said = f"{key} was {_bound(one)} and is {_bound(other)}"
        code = "limit-tightened" if tighter else "limit-loosened"
        yield SchemaChange(code, _effect(tighter == (direction == "request")), "", said)
    if old.get("pattern") != new.get("pattern"):
        said = f"its pattern was {_bound(old.get('pattern'))} and is {_bound(new.get('pattern'))}"
        loosened = new.get("pattern") is None and direction == "request"
        yield SchemaChange("pattern-changed", "compatible" if loosened else "risky", "", said)
    closes = old.get("additionalProperties", True) is not False and new.get("additionalProperties") is False
    if direction == "request" and closes and old.get("properties"):
        yield SchemaChange("closed", "breaking", "", "properties that are not declared are refused now")


def _numeric(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _bound(value: Any) -> str:
    return "not given" if value is None else str(value)
