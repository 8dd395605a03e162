"""Check digits of national identifiers, as their states publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
FISCAL_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
TFN_WEIGHTS = (1, 4, 3, 7, 5, 8, 6, 9, 10)
MEDICARE_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9)
NRIC_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
NRIC_LETTERS = {"S": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
NRIC_OFFSETS = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}
HETU_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
VERHOEFF_STEPS = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
MONTHS = 12
DAYS = 31


def nif(text: str) -> bool:
    """Whether the letter of a Spanish NIF or NIE follows from its number."""
    plain = text.replace("-", "").upper()
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and NIF_LETTERS[int(number) % len(NIF_LETTERS)] == plain[-1]


def fiscal(text: str) -> bool:
    """Whether the last letter of an Italian tax code follows from the others."""
    *signs, last = text.upper()
    values = [int(sign) if sign.isdigit() else ord(sign) - ord("A") for sign in signs]
    total = sum(value if place % 2 else FISCAL_ODD[value] for place, value in enumerate(values))
    return chr(ord("A") + total % 26) == last


def pesel(text: str) -> bool:
    """Whether a Polish number has a day of birth and keeps its check digit."""
    digits = _digits(text)
    month, day = (digits[2] * 10 + digits[3]) % 20, digits[4] * 10 + digits[5]
    return 1 <= month <= MONTHS and 1 <= day <= DAYS and _weighed(digits, PESEL_WEIGHTS) % 10 == 0


def aadhaar(text: str) -> bool:
    """Whether an Indian number keeps the rule of Verhoeff; one that reads the same backwards is none."""
    digits = _digits(text)
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _turned(check, _stepped(digit, place % 8))
    return check == 0 and digits != digits[::-1]


def tfn(text: str) -> bool:
    """Whether an Australian tax file number keeps its check digit."""
    digits = _digits(text)
    return any(digits) and _weighed(digits, TFN_WEIGHTS) % 11 == 0


def medicare(text: str) -> bool:
    """Whether an Australian Medicare number keeps its check digit."""
    digits = _digits(text)
    return _weighed(digits, MEDICARE_WEIGHTS) % 10 == digits[8]


def nric(text: str) -> bool:
    """Whether the last letter of a Singapore NRIC or FIN follows from the number."""
    plain = text.upper()
    total = _weighed(_digits(plain), NRIC_WEIGHTS) + NRIC_OFFSETS[plain[0]]
    letters = NRIC_LETTERS[{"T": "S", "G": "F"}.get(plain[0], plain[0])]
    place = 10 - total % 11 if plain[0] == "M" else total % 11
    return letters[place] == plain[-1]


def hetu(text: str) -> bool:
    """Whether a Finnish code has a day of birth and keeps its check sign."""
    day, month, number = int(text[:2]), int(text[2:4]), int(text[:6] + text[7:10])
    return 1 <= day <= DAYS and 1 <= month <= MONTHS and HETU_SIGNS[number % 31] == text[10].upper()


def _digits(text: str) -> list[int]:
    return [int(sign) for sign in text if sign.isdigit()]


def _weighed(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(weight * digit for weight, digit in zip(weights, digits, strict=False))


def _stepped(digit: int, times: int) -> int:
    """Verhoeff's permutation, applied so often."""
    for _ in range(times):
        digit = VERHOEFF_STEPS[digit]
    return digit


def _turned(one: int, other: int) -> int:
    """The product in the symmetry group of a pentagon, of which Verhoeff's table consists."""
    turn = (one % 5 + (other if one < 5 else -other) % 5) % 5  # noqa: PLR2004  - five turns, then five mirrors
    return turn + (5 if (one >= 5) != (other >= 5) else 0)  # noqa: PLR2004  - as above


NATIONAL_CHECKS: dict[str, Callable[[str], bool]] = {
    "nif": nif,
    "fiscal": fiscal,
    "pesel": pesel,
    "aadhaar": aadhaar,
    "tfn": tfn,
    "medicare": medicare,
    "nric": nric,
    "hetu": hetu,
}
