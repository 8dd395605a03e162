"""The dated price table: list prices by kind, meter, provider, region and size, and typical discounts."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, cast

from studio_magics.tools.dev.cost.amounts import read_number
from studio_magics.tools.dev.cost.kinds import KINDS

ANY_SIZE = "*"
MAX_TABLE_BYTES = 2_000_000
CURRENCY = "USD"
TERMS = ("1y", "3y")
_ALLOWED_ROW = {"provider", "size", "vcpu", "memory_gib", "cpu", "burstable", "price", "as_of"}


class PriceTableInvalid(ValueError):
    """The price table cannot be used; says where."""

    def __init__(self, where: str, found: str, allowed: str) -> None:
        super().__init__(f"{where}: {found}; allowed: {allowed}")
        self.where = where
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True)
class Tier:
    """The price of a unit up to a monthly quantity; the last tier has no end."""

    up_to: Decimal | None
    price: Decimal


@dataclass(frozen=True)
class Price:
    """One row: what one meter costs for one size in one region."""

    kind: str
    meter: str
    provider: str
    region: str
    size: str
    unit: str
    per: Decimal
    tiers: tuple[Tier, ...]
    as_of: date
    vcpu: Decimal | None = None
    memory_gib: Decimal | None = None
    cpu: str = ""
    is_burstable: bool = False

    @property
    def first_price(self) -> Decimal:
        """The price of the only tier, or of the first that is not free."""
        return next((tier.price for tier in self.tiers if tier.price), self.tiers[-1].price)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes a row unique."""
        return (self.kind, self.meter, self.provider, self.region, self.size)


@dataclass(frozen=True)
class Discount:
    """What a term saves against on demand."""

    share: Decimal
    basis: str


@dataclass(frozen=True)
class PriceTable:
    """All rows of one table."""

    as_of: date
    source: str
    rows: Mapping[tuple[str, str, str, str, str], Price]
    discounts: Mapping[tuple[str, str, str], Discount]

    def find(self, kind: str, meter: str, provider: str, region: str, size: str) -> Price | None:
        """The row of this size, or the one for every size; None when the table has no price."""
        exact = self.rows.get((kind, meter, provider, region, size))
        return exact or self.rows.get((kind, meter, provider, region, ANY_SIZE))

    def discount(self, provider: str, kind: str, term: str) -> Discount | None:
        """The typical saving of a term, None when the table states none."""
        return self.discounts.get((provider, kind, term))

    def providers(self) -> list[str]:
        """All providers with prices."""
        return sorted({row.provider for row in self.rows.values()})

    def regions(self, provider: str) -> list[str]:
        """All regions of a provider with prices."""
        return sorted({row.region for row in self.rows.values() if row.provider == provider})

    def sizes(self, kind: str, provider: str) -> list[str]:
        """All sizes of a kind a provider has anywhere."""
        found = (row for row in self.rows.values() if (row.kind, row.provider) == (kind, provider))
        return sorted({row.size for row in found if row.size != ANY_SIZE})

    def machines(self, kind: str, provider: str, region: str) -> list[Price]:
        """Machine sizes of one kind in one region, cheapest first, ties by name."""
        wanted = (kind, "hours", provider, region)
        rows = [row for row in self.rows.values() if row.key[:4] == wanted and row.vcpu is not None]
        return sorted(rows, key=lambda row: (row.first_price, row.size))

    def overlaid(self, other: "PriceTable") -> "PriceTable":
        """This table with every row and discount of `other` in place of its own."""
        return PriceTable(
            as_of=other.as_of,
            source=f"{other.source}; rows it does not hold: {self.source} ({self.as_of.isoformat()})",
            rows={**self.rows, **other.rows},
            discounts={**self.discounts, **other.discounts},
        )


@cache
def embedded_prices() -> PriceTable:
    """The table that ships with this tool."""
    text = files("studio_magics.tools.dev.cost").joinpath("prices.toml").read_text(encoding="utf-8")
    return read_prices(text)[0]


def read_prices(text: str) -> tuple[PriceTable, bool]:
    """Read a price file; also tells whether it wants to replace the embedded table as a whole.

    Raises:
        PriceTableInvalid: The text is not TOML, or a row is not complete and exact.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PriceTableInvalid("price file", str(error), "TOML 1.0") from error
    _only(
        data, {"schema", "currency", "as_of", "source", "replace_all", "same_price", "commitments", "group"}
    )
    if data.get("currency", CURRENCY) != CURRENCY:
        raise PriceTableInvalid("currency", repr(data["currency"]), CURRENCY)
    as_of = _date("as_of", data.get("as_of"))
    rows: dict[tuple[str, str, str, str, str], Price] = {}
    for row in _rows(data, as_of):
        if row.key in rows:
            raise PriceTableInvalid("row", f"a second price for {' '.join(row.key)}", "one price each")
        rows[row.key] = row
    table = PriceTable(as_of, str(data.get("source", "price file of the caller")), rows, _discounts(data))
    return table, data.get("replace_all") is True


def _only(found: Mapping[str, Any], allowed: set[str], where: str = "price file") -> None:
    unknown = sorted(set(found) - allowed)
    if unknown:
        raise PriceTableInvalid(where, f"unknown key '{unknown[0]}'", ", ".join(sorted(allowed)))


def _date(where: str, value: object) -> date:
    try:
        if isinstance(value, date):
            return date(value.year, value.month, value.day)
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise PriceTableInvalid(where, repr(value), "a date such as 2025-06-30") from error


def _amount(where: str, value: object) -> Decimal:
    amount = read_number(value) if isinstance(value, str) else None
    if amount is None or amount < 0:
        raise PriceTableInvalid(
            where, repr(value), 'a price of 0 or more as quoted text, for example "0.096"'
        )
    return amount


def _tables(value: object, where: str) -> list[dict[str, Any]]:
    found = cast("list[Any]", value if isinstance(value, list) else [None])
    if not all(isinstance(item, dict) for item in found):
        raise PriceTableInvalid(where, repr(found)[:60], "a list of tables")
    return found


def _rows(data: Mapping[str, Any], as_of: date) -> Iterator[Price]:
    same = cast("dict[str, dict[str, str]]", data.get("same_price", {}))
    for number, group in enumerate(_tables(data.get("group", []), "group"), 1):
        where = f"group {number}"
        _only(group, {"kind", "meter", "unit", "per", "rows", "as_of"}, where)
        kind, meter = str(group.get("kind")), str(group.get("meter"))
        meters = [found.name for found in KINDS[kind].meters] if kind in KINDS else []
        if meter not in meters:
            raise PriceTableInvalid(where, f"'{kind}' billed by '{meter}'", "a kind and meter of this tool")
        if _amount(where, group.get("per", "1")) == 0:
            raise PriceTableInvalid(where, "per = 0", "a quantity above 0")
        day = _date(where, group["as_of"]) if "as_of" in group else as_of
        for entry in _tables(group.get("rows", []), where):
            for row in _regions(entry, group, day, f"{where} ({kind} {meter})"):
                yield row
                for region, like in same.get(row.provider, {}).items():
                    if like == row.region and region not in entry["price"]:
                        yield replace(row, region=region)


def _regions(entry: Mapping[str, Any], group: Mapping[str, Any], day: date, where: str) -> Iterator[Price]:
    _only(entry, _ALLOWED_ROW, where)
    provider, size, per_region = entry.get("provider"), entry.get("size"), entry.get("price")
    if not (isinstance(provider, str) and isinstance(size, str) and isinstance(per_region, dict)):
        raise PriceTableInvalid(where, "an incomplete row", "provider, size and a price per region")
    here = f"{where} {provider} {size}"
    for region, value in cast("dict[str, Any]", per_region).items():
        yield Price(
            kind=str(group["kind"]),
            meter=str(group["meter"]),
            provider=provider,
            region=region,
            size=size,
            unit=str(group.get("unit", "")),
            per=_amount(here, group.get("per", "1")),
            tiers=_tiers(f"{here} {region}", value),
            as_of=_date(here, entry["as_of"]) if "as_of" in entry else day,
            vcpu=_optional(here, entry.get("vcpu")),
            memory_gib=_optional(here, entry.get("memory_gib")),
            cpu=str(entry.get("cpu", "")),
            is_burstable=entry.get("burstable") is True,
        )


def _optional(where: str, value: object) -> Decimal | None:
    return None if value is None else _amount(where, value)


def _tiers(where: str, value: object) -> tuple[Tier, ...]:
    if not isinstance(value, list):
        return (Tier(None, _amount(where, value)),)
    pairs = cast("list[list[Any]]", value)
    if not pairs or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004  - a tier is a limit and a price
        raise PriceTableInvalid(where, repr(pairs)[:60], '["up to", "price"] pairs')
    tiers = tuple(
        Tier(None if limit == "" else _amount(where, limit), _amount(where, price)) for limit, price in pairs
    )
    limits = [tier.up_to for tier in tiers[:-1]]
    rising = all(a is not None and b is not None and a < b for a, b in pairwise(limits))
    if tiers[-1].up_to is not None or None in limits or not rising:
        raise PriceTableInvalid(where, "limits out of order", 'rising limits; the last one is ""')
    return tiers


def _discounts(data: Mapping[str, Any]) -> dict[tuple[str, str, str], Discount]:
    section = cast("dict[str, Any]", data.get("commitments", {}))
    found: dict[tuple[str, str, str], Discount] = {}
    for row in _tables(section.get("rows", []), "commitments"):
        _only(row, {"provider", "kind", "term", "discount", "basis"}, "commitments")
        share = _amount("commitments", row.get("discount"))
        if row.get("term") not in TERMS or share >= 1 or row.get("kind") not in KINDS:
            raise PriceTableInvalid("commitments", repr(row)[:80], "a known kind, 1y or 3y, a share below 1")
        key = (str(row.get("provider")), str(row["kind"]), str(row["term"]))
        found[key] = Discount(share, str(row.get("basis", "")))
    return found
