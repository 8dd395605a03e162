"""Reads the value of each rule, and says what it should have been."""

from __future__ import annotations

from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from studio_magics.tools.base import InputRejected

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ALLOWED = 1_000
MAX_TEXT = 2_000
LARGEST = 10**300
LONGEST_DAYS = 36_500
TYPES = ("integer", "number", "text", "boolean", "date", "timestamp")
Bound = int | float | str | datetime


class ExpectationsRejected(InputRejected):
    """The rules cannot be used as written."""

    def __init__(self, *, found: str, allowed: str, action: str) -> None:
        super().__init__("expectations", found=found, allowed=allowed, action=action)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """An action that offers the nearest known word, or lists the first few."""
    known = list(known)
    near = get_close_matches(word.lower(), [name.lower() for name in known], n=1, cutoff=0.6)
    if near:
        return f"did you mean '{next(name for name in known if name.lower() == near[0])}'?"
    return f"use one of: {', '.join(known[:12])}" + (" …" if len(known) > 12 else "")  # noqa: PLR2004  - as many as are listed


def shown(value: object) -> str:
    """The value as one line of a message."""
    written = repr(value)
    return written if len(written) <= 60 else written[:59] + "…"  # noqa: PLR2004  - one line of a message


def wrong(where: str, value: object, allowed: str, example: str) -> ExpectationsRejected:
    """The refusal of one value, with what is allowed and an example."""
    return ExpectationsRejected(
        found=f"{where}: {shown(value)}", allowed=allowed, action=f"for example {example}"
    )


def read_flag(value: object, where: str) -> bool:
    """True or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise wrong(where, value, "true or false", f"{where.rsplit('.', 1)[-1]}: true")
    return value


def _number(value: object, where: str) -> float:
    if not _is_number(value) or cast("float", value) < 0:
        raise wrong(where, value, "a number of at least 0", f"{where.rsplit('.', 1)[-1]}: 5")
    return cast("float", value)


def _is_number(value: object) -> bool:
    """A finite number of usual size; `.nan`, `.inf` and numbers of a thousand digits are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _age(value: object, where: str) -> float:
    days = _number(value, where)
    if days > LONGEST_DAYS:
        raise wrong(where, value, f"at most {LONGEST_DAYS:,} days", "max_age_days: 2")
    return days


def _percent(value: object, where: str) -> float:
    if _number(value, where) > 100:  # noqa: PLR2004  - per cent
        raise wrong(where, value, "0 to 100", "max_missing_percent: 1.5")
    return cast("float", value)


def read_count(value: object, where: str) -> int | None:
    """A whole number of at least 0, or None where nothing was written."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong(where, value, "a whole number of at least 0", f"{where.rsplit('.', 1)[-1]}: 100")
    return value


def _bound(value: object, where: str) -> Bound:
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  - moments in the table are UTC without a zone
    if not _is_number(value):
        raise wrong(where, value, "a number or a date", f"{where.rsplit('.', 1)[-1]}: 0 or 2024-01-31")
    return cast("Bound", value)


def read_text(value: object, where: str) -> str:
    """A text that is not blank and not too long."""
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise wrong(where, value, f"a text of 1 to {MAX_TEXT:,} characters", "regex: '[A-Z]{2}[0-9]+'")
    return value


def _type(value: object, where: str) -> str:
    if value not in TYPES:
        action = did_you_mean(str(value), TYPES)
        raise ExpectationsRejected(found=f"{where}: {shown(value)}", allowed=", ".join(TYPES), action=action)
    return cast("str", value)


def _allowed(value: object, where: str) -> tuple[object, ...]:
    values = cast("list[object]", value) if isinstance(value, list) else []
    if not 0 < len(values) <= MAX_ALLOWED or not all(
        isinstance(one, str | bool) or _is_number(one) for one in values
    ):
        allowed = f"a list of 1 to {MAX_ALLOWED:,} texts or numbers"
        raise wrong(where, cast("object", value), allowed, "allowed: [new, paid, shipped]")
    return tuple(values)


READERS = {
    "required": read_flag,
    "type": _type,
    "not_null": read_flag,
    "max_missing_percent": _percent,
    "unique": read_flag,
    "min": _bound,
    "max": _bound,
    "allowed": _allowed,
    "regex": read_text,
    "min_length": read_count,
    "max_length": read_count,
    "max_age_days": _age,
    "not_in_future": read_flag,
}
