"""Commands and answers as canonical JSON: one text per value, and back again."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, cast

from studio_server.clock import in_utc
from studio_server.ledger import commands, outcomes, values

TYPE, TIME = "$type", "$time"
SIMPLE = frozenset((str, int, bool, type(None)))
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
KNOWN: dict[str, type[Any]] = {
    name: found
    for module in (commands, outcomes, values)
    for name, found in vars(module).items()
    if isinstance(found, type) and is_dataclass(found)
}


def to_text(value: object) -> str:
    """The canonical text of a command or answer: sorted keys, no spaces, times in UTC."""
    return CANONICAL.encode(_plain(value))


def from_text(text: str) -> Any:
    """The value behind its canonical text."""
    return _tuples(json.loads(text, object_hook=_rich))


def _plain(value: object) -> object:
    kind = type(value)
    if kind in SIMPLE:
        return value
    if isinstance(value, datetime):
        return {TIME: in_utc(value).isoformat(timespec="microseconds")}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if is_dataclass(value):
        return {TYPE: kind.__name__, **_told(value, kind)}
    return value


def _told(value: object, kind: type[Any]) -> dict[str, object]:
    """Every field but those that came later and have their default: old texts stay what they were."""
    told: dict[str, object] = {}
    for name, came_later, default in _fields_of(kind):
        found = getattr(value, name)
        if not came_later or found != default:
            told[name] = _plain(found)
    return told


@cache
def _fields_of(kind: type[Any]) -> tuple[tuple[str, bool, object], ...]:
    return tuple((field.name, bool(field.metadata), field.default) for field in fields(kind))


def _rich(found: dict[str, Any]) -> Any:
    if TIME in found:
        return datetime.fromisoformat(found[TIME])
    if TYPE in found:
        given = {name: _tuples(value) for name, value in found.items() if name != TYPE}
        return KNOWN[found[TYPE]](**given)
    return found


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  - JSON
