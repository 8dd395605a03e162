"""Commands and answers as canonical JSON: one text per value, and back again."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

from studio_server.clock import in_utc
from studio_server.ledger import commands, outcomes, values

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE, TIME = "$type", "$time"
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
WORDS = {None: "null", True: "true", False: "false"}
SIMPLE: dict[type[Any], Callable[[Any], str]] = {
    str: encode_basestring_ascii,
    int: int.__repr__,
    bool: WORDS.__getitem__,
    type(None): WORDS.__getitem__,
}
KNOWN: dict[str, type[Any]] = {
    name: found
    for module in (commands, outcomes, values)
    for name, found in vars(module).items()
    if isinstance(found, type) and is_dataclass(found)
}


def to_text(value: object) -> str:
    """The canonical text of a command or answer: sorted keys, no spaces, times in UTC."""
    return _writer(type(value))(value)


def from_text(text: str) -> Any:
    """The value behind its canonical text."""
    return _tuples(json.loads(text, object_hook=_rich))


@cache
def _writer(kind: type[Any]) -> Callable[[Any], str]:
    """How a value of this type is written; looked up once per type."""
    if issubclass(kind, datetime):
        return _time
    if issubclass(kind, StrEnum):
        return encode_basestring_ascii
    if issubclass(kind, tuple):
        return _list
    if is_dataclass(kind):
        return _record_writer(kind)
    return SIMPLE.get(kind, CANONICAL.encode)


def _time(value: datetime) -> str:
    return _utc(in_utc(value))


@lru_cache(maxsize=256)
def _utc(at: datetime) -> str:
    """Kept for the times of one transaction, which its commands share."""
    return f'{{"{TIME}":"{at.isoformat(timespec="microseconds")}"}}'


def _list(value: tuple[object, ...]) -> str:
    return f"[{','.join([to_text(item) for item in value])}]"


def _record_writer(kind: type[Any]) -> Callable[[object], str]:
    """Writes every field but those that came later and have their default: old texts stay what they were.

    `$type` is put in front because it sorts before every name of a field.
    """
    opening = f'{{"{TYPE}":{encode_basestring_ascii(kind.__name__)}'
    told = [
        (f",{encode_basestring_ascii(field.name)}:", field.name, bool(field.metadata), field.default)
        for field in sorted(fields(kind), key=lambda field: field.name)
    ]

    def write(value: object) -> str:
        parts = [opening]
        for key, name, came_later, default in told:
            found: object = getattr(value, name)
            if not came_later or found != default:
                parts.append(key + _writer(type(found))(found))
        return "".join(parts) + "}"

    return write


def _rich(found: dict[str, Any]) -> Any:
    if TIME in found:
        return datetime.fromisoformat(found[TIME])
    if TYPE in found:
        given = {name: _tuples(value) for name, value in found.items() if name != TYPE}
        return KNOWN[found[TYPE]](**given)
    return found


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  - JSON
