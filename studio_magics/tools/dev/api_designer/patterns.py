"""A text that fits a regular expression, for examples; simple expressions only, the rest give nothing."""

# The parser of `re` is private and untyped; whatever it cannot tell ends in an empty text.
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Its nodes are tuples of anything.
# pyright: reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import re
from typing import Any

MAX_PATTERN = 500
MAX_TEXT = 2_000
CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
PREFERRED = "aA1-_. /"


class _Untellable(Exception):
    """The expression has a part that no text is made for."""


def text_for(pattern: str, least: int = 0) -> str:
    """A text that fits the whole pattern, as long as asked where repeats allow; else empty."""
    if len(pattern) > MAX_PATTERN:
        return ""
    for spare in (0, least):
        made = _made(pattern, spare)
        if made and len(made) >= least:
            return made
    return ""


def _made(pattern: str, spare: int) -> str:
    from re import _parser  # pyright: ignore[reportAttributeAccessIssue]  - see above

    try:
        made = "".join(_text(part, spare) for part in _parser.parse(pattern))
        return made if len(made) <= MAX_TEXT and re.search(pattern, made) else ""
    except (re.error, _Untellable, OverflowError, RecursionError):
        return ""


def _text(part: tuple[Any, Any], spare: int) -> str:
    kind, value = str(part[0]), part[1]
    if kind in {"AT", "ASSERT_NOT", "ANY"}:
        return "a" if kind == "ANY" else ""
    if kind == "LITERAL":
        return chr(value)
    if kind == "IN":
        return _of_set(value)
    if kind in {"SUBPATTERN", "BRANCH"}:
        inner = value[3] if kind == "SUBPATTERN" else value[1][0]
        return "".join(_text(one, spare) for one in inner)
    if kind in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        low, high, inner = value
        count = min(int(high), max(int(low), spare, 0 if low == 0 and not spare else 1), MAX_TEXT)
        once = "".join(_text(one, 0) for one in inner)
        if len(once) * count > MAX_TEXT:
            raise _Untellable(kind)
        return once * count
    raise _Untellable(kind)


def _of_set(members: Any) -> str:
    """A sign of a character class."""
    negated = str(members[0][0]) == "NEGATE"
    for sign in PREFERRED:
        if any(_holds(member, sign) for member in members) != negated:
            return sign
    if negated:
        raise _Untellable("NEGATE")
    kind, value = members[0]
    if str(kind) == "LITERAL":
        return chr(value)
    if str(kind) == "RANGE":
        return chr(value[0])
    raise _Untellable(str(kind))


def _holds(member: tuple[Any, Any], sign: str) -> bool:
    kind, value = str(member[0]), member[1]
    if kind == "LITERAL":
        return chr(value) == sign
    if kind == "RANGE":
        return value[0] <= ord(sign) <= value[1]
    if kind == "CATEGORY":
        known = CATEGORIES.get(str(value))
        return sign == known or (known == "a" and (sign.isalnum() or sign == "_"))
    return False
