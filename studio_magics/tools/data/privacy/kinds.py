"""Kinds of personal data, from `kinds.toml`: how they look, how columns are called, and what they weigh.

Articles are of Regulation (EU) 2016/679; in own words.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from studio_magics.tools.pictures import Tone

Group = Literal[
    "special",
    "criminal",
    "secret",
    "government",
    "financial",
    "direct",
    "contact",
    "online",
    "location",
    "quasi",
    "other",
]


@dataclass(frozen=True)
class GroupFacts:
    """How a group is called, drawn and weighed."""

    title: str
    weight: int
    tone: Tone


GROUPS: dict[Group, GroupFacts] = {
    "special": GroupFacts("special category", 6, "bad"),
    "criminal": GroupFacts("criminal record", 6, "bad"),
    "secret": GroupFacts("secret", 6, "bad"),
    "government": GroupFacts("government identifier", 5, "poor"),
    "financial": GroupFacts("financial", 5, "poor"),
    "direct": GroupFacts("direct identifier", 4, "fair"),
    "contact": GroupFacts("contact", 4, "fair"),
    "online": GroupFacts("online identifier", 3, "second"),
    "location": GroupFacts("location", 3, "second"),
    "quasi": GroupFacts("quasi-identifier", 2, "plain"),
    "other": GroupFacts("other", 1, "quiet"),
}
ARTICLES: dict[Group, str] = {"special": "Art. 9", "criminal": "Art. 10", "secret": "Art. 32"}


@dataclass(frozen=True)
class Kind:
    """One kind of personal data; the fields are explained in `kinds.toml`."""

    id: str
    title: str
    group: Group
    words: tuple[str, ...] = ()
    pattern: str = ""
    inside: str = ""
    check: str = ""
    needs_name: bool = False
    ccpa: str = ""
    ccpa_sensitive: bool = False
    country: str = ""

    @property
    def facts(self) -> GroupFacts:
        """How its group is called, drawn and weighed."""
        return GROUPS[self.group]

    @property
    def article(self) -> str:
        """The article of the GDPR that matters most for it."""
        return ARTICLES.get(self.group, "Art. 4(1)")


@cache
def _document() -> dict[str, Any]:
    text = files("studio_magics.tools.data.privacy").joinpath("kinds.toml").read_text("utf-8")
    return tomllib.loads(text)


def law_as_of() -> str:
    """The day to which the articles and categories were read."""
    return str(_document()["as_of"])


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order of the file."""
    entries: list[dict[str, Any]] = _document()["kind"]
    found: list[Kind] = []
    for entry in entries:
        values: dict[str, Any] = {**entry, "words": tuple(entry.get("words", ()))}
        for field in ("pattern", "inside"):
            values[field] = _unspaced(values.get(field, ""))
        found.append(Kind(**values))
    return tuple(found)


def _unspaced(pattern: str) -> str:
    """A pattern of several lines as one: RE2 knows no (?x)."""
    if not pattern.startswith("(?x)"):
        return pattern
    return re.sub(r"(?<!\\)\s+", "", pattern.removeprefix("(?x)")).replace("\\ ", " ")


def kind_of(identifier: str) -> Kind:
    """The kind of this identifier."""
    return next(kind for kind in kinds() if kind.id == identifier)


def words_of(column: str) -> list[str]:
    """The words of a column name in lower case: 'dateOfBirth' gives date, of, birth."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", column)
    return [word for word in re.split(r"[\W_]+", spaced.lower()) if word]


def named(column: str, language: str) -> Kind | None:
    """The kind a column is called after; the entry with most words wins, then the graver kind."""
    words = words_of(column)
    languages: dict[str, list[str]] = _document()["languages"]
    foreign = {word for code, found in languages.items() if code != language for word in found}
    best: tuple[int, int, Kind] | None = None
    for kind in kinds():
        for entry in kind.words:
            if entry in foreign or not _holds(words, entry):
                continue
            rank = (len(entry.split("_")), kind.facts.weight)
            if best is None or rank > best[:2]:
                best = (*rank, kind)
    return best[2] if best else None


def _holds(words: list[str], entry: str) -> bool:
    bare = [word.rstrip("0123456789") for word in words]
    joined = "_".join(bare)
    if "_" not in entry:
        return entry in words or entry in bare or (len(words) == 1 and joined.rstrip("s") == entry)
    return f"_{entry}_" in f"_{joined}_" or joined == entry.replace("_", "")


def is_code(name: str, called: Kind) -> bool:
    """Whether a column of numbers can stand for places: 'region_id' can, 'city_mpg' is measured there."""
    words = [word for word in words_of(name) if word not in {"id", "code", "no", "nr", "number", "key"}]
    return not words or words[-1] in called.words
