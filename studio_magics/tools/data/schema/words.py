"""Words inside names: how they are joined, and whether they are one or many."""

import re
from typing import Literal

Style = Literal["snake_case", "camelCase", "PascalCase", "UPPER_CASE", "flat", "other"]

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SAME_IN_PLURAL = frozenset(
    {"news", "series", "species", "data", "status", "address", "analysis", "bonus", "bus"}
)
_STYLES: tuple[tuple[Style, str], ...] = (
    ("flat", r"[a-z][a-z0-9]*"),
    ("snake_case", r"[a-z][a-z0-9]*(_[a-z0-9]+)+"),
    ("UPPER_CASE", r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"),
    ("camelCase", r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)+"),
    ("PascalCase", r"([A-Z][a-z0-9]*)+"),
)


def words_of(name: str) -> list[str]:
    """'customerOrder_ID' → ['customer', 'order', 'id']."""
    return [piece.lower() for piece in _PIECES.findall(name)]


def style_of(name: str) -> Style:
    """How the words of this name are joined; a single lower-case word is 'flat' and fits most styles."""
    for style, pattern in _STYLES:
        if re.fullmatch(pattern, name):
            return style
    return "other"


def singular(word: str) -> str:
    """The singular of an English noun, by the common rules; others come back unchanged."""
    if word in _SAME_IN_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004  - 'ties', 'pies'
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "zes", "sses")):
        return word[:-2]
    return word[:-1]


def is_plural(word: str) -> bool | None:
    """Whether an English noun is a plural; None when it could be either."""
    if word in _SAME_IN_PLURAL or len(word) < 3:  # noqa: PLR2004  - too short to tell
        return None
    return singular(word) != word


def in_style(name: str, style: Style) -> str:
    """The name in another style, for advice."""
    words = words_of(name) or [name]
    if style == "camelCase":
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if style == "PascalCase":
        return "".join(word.capitalize() for word in words)
    joined = "_".join(words)
    return joined.upper() if style == "UPPER_CASE" else joined
