"""What can be bought once: credits, or dollars for model calls. Read from data, checked once."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from studio_server.ledger import Asset
from studio_server.registry.catalogue import RegistryInvalid

CURRENCIES = ("gbp", "usd")
"""Both have two decimals; any other currency is refused, never guessed."""
LASTS_DAYS = 365
LARGEST_PRICE_MINOR = 99_999_999
COMPARED = {Asset.CREDIT: 100, Asset.USD: 1_000_000}
"""Prices of packs are compared for so many units: 100 credits, or one dollar."""


@dataclass(frozen=True)
class Pack:
    """One thing on sale; `units` are whole credits or millionths of a dollar, the price pence or cents."""

    id: str
    title: str
    asset: Asset
    units: int
    price_minor: int
    currency: str
    lasts_days: int = LASTS_DAYS

    @property
    def unit_price_minor(self) -> int:
        """What 100 credits, or one dollar, cost in it, in pence or cents; half a penny is rounded up."""
        return (2 * self.price_minor * COMPARED[self.asset] + self.units) // (2 * self.units)


class PackUnknown(LookupError):
    """No pack has this id."""

    def __init__(self, pack_id: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no pack '{pack_id}'")
        self.pack_id, self.known = pack_id, tuple(known)


@dataclass(frozen=True)
class Packs:
    """Every pack, in the order of the data."""

    entries: tuple[Pack, ...]

    def find(self, pack_id: str) -> Pack:
        """The pack of this id.

        Raises:
            PackUnknown: There is none.
        """
        for pack in self.entries:
            if pack.id == pack_id:
                return pack
        raise PackUnknown(pack_id, (pack.id for pack in self.entries))

    def saving_percent(self, pack: Pack) -> int:
        """How much less a unit costs than in the first pack of its kind and currency, in whole percent."""
        first = next(
            each for each in self.entries if (each.asset, each.currency) == (pack.asset, pack.currency)
        )
        dear, cheap = first.price_minor * pack.units, pack.price_minor * first.units
        return (dear - cheap) * 100 // dear

    def is_best_value(self, pack: Pack) -> bool:
        """Whether no other pack of its kind and currency has a cheaper unit, and it saves something."""
        alike = [each for each in self.entries if (each.asset, each.currency) == (pack.asset, pack.currency)]
        is_least = all(pack.price_minor * each.units <= each.price_minor * pack.units for each in alike)
        return is_least and self.saving_percent(pack) > 0


def load() -> Packs:
    """The packs that ship with the server.

    Raises:
        RegistryInvalid: Listing every contradiction found.
    """
    text = files("studio_server.registry").joinpath("packs.toml").read_text("utf-8")
    return assemble(tomllib.loads(text))


def assemble(data: Mapping[str, Any]) -> Packs:
    """Packs from parsed data.

    Raises:
        RegistryInvalid: Listing every contradiction found.
    """
    packs = tuple(_pack(row) for row in data["pack"])
    faults = [fault for pack in packs for fault in _faults(pack)]
    if len({pack.id for pack in packs}) < len(packs):
        faults.append("a pack is listed twice")
    if faults:
        raise RegistryInvalid(faults)
    return Packs(packs)


def _pack(row: Mapping[str, Any]) -> Pack:
    terms: dict[str, Any] = {**row, "asset": Asset(row["asset"])}
    return Pack(**terms)


def _faults(pack: Pack) -> Iterable[str]:
    if pack.currency not in CURRENCIES:
        yield f"the pack {pack.id} is sold in '{pack.currency}', not in {' or '.join(CURRENCIES)}"
    if min(pack.units, pack.lasts_days) < 1 or not 1 <= pack.price_minor <= LARGEST_PRICE_MINOR:
        yield f"the pack {pack.id} has no usable price, amount or duration"
