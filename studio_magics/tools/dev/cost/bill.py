"""Prices an architecture: one exact line per component and meter; what has no price is listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from studio_magics.tools.dev.cost.amounts import exact
from studio_magics.tools.dev.cost.architecture import ON_DEMAND, Component
from studio_magics.tools.dev.cost.kinds import HOURS_PER_MONTH, Meter
from studio_magics.tools.dev.cost.prices import Price, PriceTable, Tier

MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Line:
    """What one meter of one component costs a month."""

    component: Component
    meter: str
    title: str
    unit: str
    quantity: Decimal
    list_price: Decimal
    """Per `per` units: the price of the row, or of the first paid tier."""
    per: Decimal
    discount: Decimal
    """The share taken off by a commitment, 0 to 1."""
    monthly: Decimal
    is_tiered: bool = False


@dataclass(frozen=True)
class Unpriced:
    """Something that will cost money and is not in the total."""

    component: str
    what: str
    reason: str


@dataclass(frozen=True)
class Bill:
    """A month of the whole architecture."""

    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...]

    @property
    def monthly(self) -> Decimal:
        """The exact total of a month."""
        with exact():
            return sum((line.monthly for line in self.lines), Decimal(0))

    def by_component(self) -> dict[str, Decimal]:
        """Exact month per component, in the order of the architecture."""
        return self._totals(lambda line: line.component.name)

    def by_category(self) -> dict[str, Decimal]:
        """Exact month per category, dearest first."""
        totals = self._totals(lambda line: line.component.spec.category)
        return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))

    def _totals(self, key: Callable[[Line], str]) -> dict[str, Decimal]:
        totals: dict[str, Decimal] = {}
        with exact():
            for line in self.lines:
                totals[key(line)] = totals.get(key(line), Decimal(0)) + line.monthly
        return totals


def make_bill(components: Sequence[Component], prices: PriceTable) -> Bill:
    """Price every component; tiers fill up per provider over all its components, in the order given."""
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    used: dict[tuple[str, str, str, str], Decimal] = {}
    with exact():
        for component in components:
            for meter in component.spec.meters:
                if meter.needs and meter.needs not in component.numbers:
                    unpriced.append(Unpriced(component.name, meter.title, f"'{meter.needs}' is not stated"))
                    continue
                row = _row(component, meter, prices)
                if row is None:
                    where = f"{component.provider} {component.region} {component.size}"
                    unpriced.append(Unpriced(component.name, meter.title, f"no price for {where}"))
                    continue
                lines.append(_line(component, meter, row, prices, used))
    return Bill(tuple(lines), tuple(unpriced))


def _row(component: Component, meter: Meter, prices: PriceTable) -> Price | None:
    if component.kind == "other":
        return Price(
            kind="other",
            meter=meter.name,
            provider=component.provider,
            region="",
            size="",
            unit="USD",
            per=Decimal(1),
            tiers=(Tier(None, Decimal(1)),),
            as_of=prices.as_of,
        )
    return prices.find(component.kind, meter.name, component.provider, component.region, component.size)


def _line(
    component: Component,
    meter: Meter,
    row: Price,
    prices: PriceTable,
    used: dict[tuple[str, str, str, str], Decimal],
) -> Line:
    quantity = billed_quantity(component, meter)
    pool = (row.provider, row.kind, row.size, row.meter)
    start = used.get(pool, Decimal(0))
    used[pool] = start + quantity
    share = _discount(component, meter, prices)
    gross = tier_cost(row.tiers, start, quantity) / row.per
    return Line(
        component=component,
        meter=meter.name,
        title=meter.title,
        unit=row.unit,
        quantity=quantity,
        list_price=row.first_price,
        per=row.per,
        discount=share,
        monthly=gross * (1 - share),
        is_tiered=len(row.tiers) > 1,
    )


def billed_quantity(component: Component, meter: Meter) -> Decimal:
    """What is billed in a month; a commitment is billed for every hour, used or not."""
    numbers = component.numbers
    if meter.is_committed and component.commitment != ON_DEMAND:
        numbers = {**numbers, "hours": max(numbers["hours"], HOURS_PER_MONTH)}
    return meter.quantity(numbers)


def _discount(component: Component, meter: Meter, prices: PriceTable) -> Decimal:
    if not meter.is_committed or component.commitment == ON_DEMAND:
        return Decimal(0)
    if component.discount_percent is not None:
        return component.discount_percent / 100
    typical = prices.discount(component.provider, component.kind, component.commitment)
    return typical.share if typical else Decimal(0)


def tier_cost(tiers: tuple[Tier, ...], start: Decimal, quantity: Decimal) -> Decimal:
    """What `quantity` units cost when `start` units were used before them."""
    cost, position, left = Decimal(0), start, quantity
    for tier in tiers:
        room = left if tier.up_to is None else max(min(tier.up_to - position, left), Decimal(0))
        cost += room * tier.price
        position += room
        left -= room
    return cost
