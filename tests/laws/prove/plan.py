"""What one run is asked for: words like `N=long SIMULATION=20000000 SEED=7 ONLY=kills,races_sqlite`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.laws.prove.laws import LAWS, LONG_SECONDS, SHORT_SECONDS, Law

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_SEED = 20_261_121
SETTINGS = ("N", "SEED", "ONLY", "LIMIT", "PAGE")
WORDS = {*SETTINGS, *(law.name.upper() for law in LAWS), *(law.family.upper() for law in LAWS)}


class UnknownWord(ValueError):
    """A word of the command line says nothing to the runner."""

    def __init__(self, word: str) -> None:
        super().__init__(
            f"{word!r} is not understood; words are NAME=VALUE with NAME of {', '.join(sorted(WORDS))}"
        )


@dataclass(frozen=True)
class Case:
    """One law with the count, the seed and the seconds it gets."""

    law: Law
    count: int
    seed: int
    limit_seconds: float


@dataclass(frozen=True)
class Plan:
    """All cases of one run; `page` tells whether docs/proof.md is written."""

    cases: tuple[Case, ...]
    page: bool


def understood(words: Iterable[str]) -> Plan:
    """The plan that words ask for.

    Raises:
        UnknownWord: a name or a value is not known.
    """
    values = dict(_pair(word) for word in words)
    long = values.get("N", "short") == "long"
    if values.get("N", "short") not in {"short", "long"}:
        raise UnknownWord(f"N={values['N']}")
    limit = float(values.get("LIMIT", LONG_SECONDS if long or _counts(values) else SHORT_SECONDS))
    seed = int(values.get("SEED", DEFAULT_SEED))
    cases = tuple(Case(law, _count(law, values, long=long), seed, limit) for law in _chosen(values))
    return Plan(cases, page=values.get("PAGE", "yes") != "no")


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    number = name not in {"N", "ONLY", "PAGE"}
    if name not in WORDS or not value or (number and not value.isdecimal()):
        raise UnknownWord(word)
    return name, value


def _counts(values: Mapping[str, str]) -> bool:
    return any(name not in SETTINGS for name in values)


def _chosen(values: Mapping[str, str]) -> list[Law]:
    """The laws that ONLY names; without it those with an explicit count, or all."""
    named = {name.lower() for name in values.get("ONLY", "").split(",") if name}
    unknown = named - {word.lower() for word in WORDS}
    if unknown:
        raise UnknownWord(f"ONLY={','.join(sorted(unknown))}")
    if not named and values.get("N") is None:
        named = {name.lower() for name in values if name not in SETTINGS}
    return [law for law in LAWS if not named or law.name in named or law.family in named]


def _count(law: Law, values: Mapping[str, str], *, long: bool) -> int:
    fallback = law.long if long else law.short
    return int(values.get(law.name.upper(), values.get(law.family.upper(), fallback)))
