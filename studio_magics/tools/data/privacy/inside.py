"""Finds identifiers inside of free text: patterns with checksums, and Presidio's recognisers for numbers.

No language model is used, so names, places and opinions in a text are not found; the result says so.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.privacy.checksums import CHECKS
from studio_magics.tools.data.privacy.kinds import Kind, kind_of
from studio_magics.tools.data.privacy.kinds import kinds as all_kinds
from studio_magics.tools.data.privacy.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_TEXT_CHARACTERS = 20_000
MOST_EXAMPLES = 3
MAX_RECOGNISED_TEXTS = 3_000
_FIGURE = re.compile(r"[-+]?\d*[.,]\d+")
_ROW = re.compile(r"\s\s|\s-\d")
_BEFORE = re.compile(r"\d$|\d[.,]$")
_AFTER = re.compile(r"\d|[.,]\d|[eE][-+]")
FEWEST_DIGITS = 6
"""No number of a person is shorter."""
SURE_SCORE = 0.5
PHONE_SCORE = 0.4
NATIONAL: dict[str, tuple[str, ...]] = {
    "us": ("UsSsnRecognizer", "UsItinRecognizer"),
    "uk": ("UkNinoRecognizer", "NhsRecognizer"),
    "es": ("EsNifRecognizer", "EsNieRecognizer"),
    "it": ("ItFiscalCodeRecognizer",),
    "in": ("InPanRecognizer", "InAadhaarRecognizer"),
    "au": ("AuTfnRecognizer", "AuMedicareRecognizer"),
    "sg": ("SgFinRecognizer",),
    "fi": ("FiPersonalIdentityCodeRecognizer",),
}
"""Not of Poland: Presidio's check digit of a PESEL is wrong, so ours is used."""
EVERYWHERE = ("PhoneRecognizer", "CreditCardRecognizer", "IbanRecognizer")
"""No recogniser of e-mail or web addresses: they load a list of domains from the network."""
SAME: dict[str, str] = {
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
    "UK_NINO": "uk_nino",
    "UK_NHS": "uk_nhs",
    "US_ITIN": "us_itin",
    "ES_NIF": "es_nif",
    "ES_NIE": "es_nif",
    "IT_FISCAL_CODE": "it_fiscal",
    "IN_PAN": "in_pan",
    "IN_AADHAAR": "in_aadhaar",
    "AU_TFN": "au_tfn",
    "AU_MEDICARE": "au_medicare",
    "SG_NRIC_FIN": "sg_nric",
    "FI_PERSONAL_IDENTITY_CODE": "fi_hetu",
}


@dataclass
class TextFinds:
    """What was found in some texts."""

    searched: int = 0
    texts_with: Counter[str] = field(default_factory=Counter[str])
    """Kind to the number of texts that hold it."""
    by_patterns_alone: int = 0
    """Texts that were searched without the recognisers, because there were too many."""
    first: dict[str, int] = field(default_factory=dict[str, int])
    """Kind to the place of the first text with it, from 1."""
    examples: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def note(self, kind: str, value: str, place: int) -> None:
        """Remember one find, masked."""
        self.first.setdefault(kind, place)
        shown = self.examples.setdefault(kind, [])
        hidden = masked(value, kind)
        if hidden not in shown and len(shown) < MOST_EXAMPLES:
            shown.append(hidden)


def search(texts: Iterable[str], countries: tuple[str, ...], *, by_patterns_alone: bool = False) -> TextFinds:
    """Search every text, in order; a long one only at its beginning."""
    finds = TextFinds()
    for place, text in enumerate(texts, 1):
        finds.searched += 1
        kinds: set[str] = set()
        is_thorough = place <= MAX_RECOGNISED_TEXTS and not by_patterns_alone
        finds.by_patterns_alone += place > MAX_RECOGNISED_TEXTS
        for kind, value in _finds(text[:MAX_TEXT_CHARACTERS], countries, thorough=is_thorough):
            kinds.add(kind)
            finds.note(kind, value, place)
        finds.texts_with.update(kinds)
    return finds


def look_of(values: Sequence[str], countries: tuple[str, ...], most: float) -> Kind | None:
    """The kind that more than this share of the values are wholly, with its checksum."""
    for kind, pattern in _patterns(countries):
        fits = [value for value in values if pattern.fullmatch(value.strip())]
        kept = [value for value in fits if not kind.check or CHECKS[kind.check](value.strip())]
        if len(kept) > most * len(values):
            return kind
    return None


def _finds(text: str, countries: tuple[str, ...], *, thorough: bool) -> Iterator[tuple[str, str]]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in _patterns(countries):
        for match in pattern.finditer(text):
            if kind.check and not CHECKS[kind.check](match[0]):
                continue
            taken.append(match.span())
            yield kind.id, match[0]
    if not thorough or sum(sign.isdigit() for sign in text) < FEWEST_DIGITS:
        return
    for recogniser, least in _recognisers(countries):
        for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():
            start, end = int(result.start), int(result.end)
            is_taken = any(start < stop and begin < end for begin, stop in taken)
            if result.score < least or is_taken or _is_figure(text, start, end):
                continue
            taken.append((start, end))
            yield SAME.get(str(result.entity_type), "passport"), text[start:end]


def _is_figure(text: str, start: int, end: int) -> bool:
    """Whether a find is a part of a number, a decimal itself, or several numbers of one row."""
    if _FIGURE.fullmatch(text[start:end]) or _ROW.search(text[start:end]):
        return True
    return bool(_BEFORE.search(text[max(start - 2, 0) : start]) or _AFTER.match(text[end : end + 2]))


@cache
def _patterns(countries: tuple[str, ...]) -> list[tuple[Kind, re.Pattern[str]]]:
    return [
        (kind, re.compile(kind.inside))
        for kind in all_kinds()
        if kind.inside and kind.country in ("", *countries)
    ]


@cache
def _recognisers(countries: tuple[str, ...]) -> list[tuple[Any, float]]:
    """Presidio's recognisers, each used alone: its engine would want a language model."""
    from presidio_analyzer import predefined_recognizers

    names = [*EVERYWHERE, *(name for country in countries for name in NATIONAL.get(country, ()))]
    found: list[tuple[Any, float]] = []
    for name in names:
        least = PHONE_SCORE if name == "PhoneRecognizer" else SURE_SCORE
        found.append((getattr(predefined_recognizers, name)(), least))
    return found


def title_of(kind: str) -> str:
    """How a kind is called."""
    return kind_of(kind).title
