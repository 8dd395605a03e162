"""Checksums and rules that real identifiers keep; chance keeps them rarely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.data.privacy.national import NATIONAL_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

CARD_LENGTHS = frozenset(range(13, 20))
NHS_WEIGHTS = range(10, 1, -1)
NHS_DIGITS = 10
IBAN_MODULUS = 97
SSN_AREAS_NEVER_GIVEN = frozenset({"000", "666"})


def luhn(text: str) -> bool:
    """Whether the digits keep the rule of payment cards."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if len(digits) not in CARD_LENGTHS or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004  - the sum of its two digits
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether the account number keeps the rule of ISO 13616."""
    plain = text.replace(" ", "").replace("-", "").upper()
    if not plain.isalnum() or not plain.isascii():
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % IBAN_MODULUS == 1


def nhs(text: str) -> bool:
    """Whether the number keeps the rule of the NHS (modulus 11)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if len(digits) != NHS_DIGITS:
        return False
    rest = 11 - sum(weight * digit for weight, digit in zip(NHS_WEIGHTS, digits, strict=False)) % 11
    return digits[-1] == (0 if rest == 11 else rest)  # noqa: PLR2004  - eleven stands for nought


def ssn(text: str) -> bool:
    """Whether the number was ever given out by the US administration."""
    area, group, serial = text.replace(" ", "-").split("-")
    return area not in SSN_AREAS_NEVER_GIVEN and area < "900" and group != "00" and serial != "0000"


CHECKS: dict[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "iban": iban,
    "nhs": nhs,
    "ssn": ssn,
    **NATIONAL_CHECKS,
}
