"""Commands and answers as canonical JSON: one text per value, and back again."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from studio_server.clock import in_utc
from studio_server.ledger import commands, outcomes, values

TYPE, TIME = "$type", "$time"
KNOWN: dict[str, type[Any]] = {
    name: found
    for module in (commands, outcomes, values)
    for name, found in vars(module).items()
    if isinstance(found, type) and is_dataclass(found)
}


def to_text(value: object) -> str:
    """The canonical text of a command or answer: sorted keys, no spaces, times in UTC."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> Any:
    """The value behind its canonical text."""
    return _tuples(json.loads(text, object_hook=_rich))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {TIME: in_utc(value).isoformat(timespec="microseconds")}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if is_dataclass(value):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {TYPE: type(value).__name__, **plain}
    return value


def _rich(found: dict[str, Any]) -> Any:
    if TIME in found:
        return datetime.fromisoformat(found[TIME])
    if TYPE in found:
        given = {name: _tuples(value) for name, value in found.items() if name != TYPE}
        return KNOWN[found[TYPE]](**given)
    return found


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  - JSON
