"""What is worth acting on in a bill."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.cost.amounts import cents, dollars, exact, percent, plain
from studio_magics.tools.dev.cost.architecture import ON_DEMAND, Component
from studio_magics.tools.dev.cost.bill import MONTHS_PER_YEAR, Bill, make_bill
from studio_magics.tools.dev.cost.kinds import HOURS_PER_MONTH
from studio_magics.tools.dev.cost.prices import Price, PriceTable

OLD_AFTER_DAYS = 180
CONCENTRATED_PERCENT = 50
EGRESS_PERCENT = 30
ALWAYS_ON_SHARE = Decimal("0.9")
HEADROOM = Decimal("0.7")
"""A machine is chosen so that the stated peak fills at most this share of it."""
LEAST_SAVING_USD = Decimal(1)
_SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True)
class Reading:
    """Everything a rule may look at."""

    components: tuple[Component, ...]
    bill: Bill
    prices: PriceTable
    today: date
    budget_usd: Decimal | None
    asks_redundancy: bool


def find_all(reading: Reading) -> tuple[Finding, ...]:
    """All findings, most severe first, then by what they are worth."""
    rules = (_budget, _unpriced, _egress, _redundancy, _idle_commitment, _overprovisioned)
    rules += (_cheaper, _commitment, _largest, _old_prices)
    found = [finding for rule in rules for finding in rule(reading)]
    return tuple(sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _budget(reading: Reading) -> Iterator[Finding]:
    budget, month = reading.budget_usd, reading.bill.monthly
    if budget is not None and month > budget:
        yield Finding(
            code="over-budget",
            severity="high",
            title=f"The month costs {dollars(month - budget)} more than the budget of {dollars(budget)}",
            detail=f"{dollars(month)} a month at list prices, {percent(month, budget)} % of the budget.",
            action="See the findings on savings below and the what-ifs.",
        )


def _unpriced(reading: Reading) -> Iterator[Finding]:
    gaps = reading.bill.unpriced
    if gaps:
        yield Finding(
            code="unpriced",
            severity="medium",
            title=f"{len(gaps)} {'item is' if len(gaps) == 1 else 'items are'} not in the total",
            where=", ".join(dict.fromkeys(gap.component for gap in gaps))[:300],
            detail="The total is a lower bound; the table 'Not priced' gives each reason.",
            action="State the usage, or pass a price file with the missing rows.",
            count=len(gaps),
        )


def _largest(reading: Reading) -> Iterator[Finding]:
    totals, month = reading.bill.by_component(), reading.bill.monthly
    if len(totals) < 3 or month == 0:  # noqa: PLR2004  - of two, one is always the larger half
        return
    name = max(totals, key=lambda key: totals[key])
    share = percent(totals[name], month)
    if share >= CONCENTRATED_PERCENT:
        yield Finding(
            code="cost-concentrated",
            severity="info",
            title=f"'{name}' alone is {share} % of the month",
            where=name,
            detail=f"{dollars(totals[name])} of {dollars(month)} a month.",
            action="Start saving there; other changes matter less.",
        )


def _egress(reading: Reading) -> Iterator[Finding]:
    lines = [line for line in reading.bill.lines if line.component.kind == "egress"]
    month = reading.bill.monthly
    with exact():
        sent = sum((line.monthly for line in lines), Decimal(0))
        quantity = sum((line.quantity for line in lines), Decimal(0))
    if month and percent(sent, month) >= EGRESS_PERCENT:
        yield Finding(
            code="egress-dominates",
            severity="medium",
            title=f"Data sent to the internet is {percent(sent, month)} % of the month",
            where=", ".join(line.component.name for line in lines),
            detail=f"{plain(quantity)} GB cost {dollars(sent)} a month.",
            action="Consider a content network, compression, or serving from where the readers are.",
        )


def _redundancy(reading: Reading) -> Iterator[Finding]:
    if not reading.asks_redundancy:
        return
    for component in reading.components:
        single = component.numbers.get("count") == 1 and component.kind in {"vm", "nat-gateway"}
        alone = component.numbers.get("count") == 1 and component.kind in {"database", "cache"}
        if single or (alone and component.numbers.get("copies") == 1):
            field = "copies" if alone else "count"
            more = replace(component, numbers={**component.numbers, field: Decimal(2)})
            price = _month(more, reading.prices) - _month(component, reading.prices)
            yield Finding(
                code="no-redundancy",
                severity="high" if alone else "medium",
                title=f"'{component.name}' has no second {'copy' if alone else 'instance'}",
                where=component.name,
                detail=f"{field}: 2 costs {dollars(price)} a month more.",
                action=f"Set {field}: 2 if an outage of this part is not acceptable.",
            )


def _idle_commitment(reading: Reading) -> Iterator[Finding]:
    for component in _machines(reading):
        if component.commitment == ON_DEMAND:
            continue
        free = replace(component, commitment=ON_DEMAND)
        with exact():
            saving = _month(component, reading.prices) - _month(free, reading.prices)
        if saving >= LEAST_SAVING_USD:
            yield Finding(
                code="idle-commitment",
                severity="medium",
                title=f"'{component.name}' runs too few hours for its commitment",
                where=component.name,
                detail=(
                    f"A commitment is billed for all {plain(HOURS_PER_MONTH)} hours; on demand,"
                    f" {plain(component.numbers['hours'])} hours cost {dollars(saving)} a month less."
                ),
                action="Use on-demand for this component.",
            )


def _overprovisioned(reading: Reading) -> Iterator[Finding]:
    for component in _machines(reading):
        own, better = _machine(component, reading.prices), None
        peaks = [component.numbers.get(f"peak_{name}_percent") for name in ("cpu", "memory")]
        if own is None or peaks[0] is None or peaks[1] is None:
            continue
        with exact():
            need = [_needed(own.vcpu, peaks[0]), _needed(own.memory_gib, peaks[1])]
        better = _cheapest(component, own, reading.prices, need[0], need[1])
        saving = _saving(component, better, reading.prices)
        if (
            better
            and saving >= LEAST_SAVING_USD
            and (better.vcpu, better.memory_gib) != (own.vcpu, own.memory_gib)
        ):
            yield _saving_finding(
                component, better, saving, code="over-provisioned", severity="medium",
                why=f"Stated peaks are {plain(peaks[0])} % CPU and {plain(peaks[1])} % memory;"
                f" {better.size} has {_shape(better)} and is at most {int(HEADROOM * 100)} % full.",
            )  # fmt: skip


def _cheaper(reading: Reading) -> Iterator[Finding]:
    for component in _machines(reading):
        own = _machine(component, reading.prices)
        if own is None or own.vcpu is None or own.memory_gib is None:
            continue
        options = [
            row
            for row in reading.prices.machines(component.kind, component.provider, component.region)
            if (row.vcpu, row.memory_gib) == (own.vcpu, own.memory_gib)
            and (own.is_burstable or not row.is_burstable)
        ]
        better = options[0]
        saving = _saving(component, better, reading.prices)
        if saving >= LEAST_SAVING_USD:
            care = (
                ""
                if better.cpu == own.cpu
                else f" It is {better.cpu}, not {own.cpu}: images must be built for it."
            )
            yield _saving_finding(
                component, better, saving, code="cheaper-equivalent", severity="low",
                why=f"Same {_shape(better)} in the same region.{care}",
            )  # fmt: skip


def _commitment(reading: Reading) -> Iterator[Finding]:
    for component in _machines(reading):
        term = reading.prices.discount(component.provider, component.kind, "1y")
        always_on = component.numbers["hours"] >= ALWAYS_ON_SHARE * HOURS_PER_MONTH
        if component.commitment != ON_DEMAND or term is None or not always_on:
            continue
        committed = replace(component, commitment="1y", discount_percent=None)
        with exact():
            saving = _month(component, reading.prices) - _month(committed, reading.prices)
        if saving >= LEAST_SAVING_USD:
            yield Finding(
                code="commitment-saves",
                severity="low",
                title=f"A one-year commitment for '{component.name}' would save {dollars(saving)} a month",
                where=component.name,
                detail=f"At a typical {plain(term.share * 100)} % ({term.basis}); it binds for a year.",
                action="Commit only what is certain to run all year.",
            )


def _old_prices(reading: Reading) -> Iterator[Finding]:
    as_of = reading.prices.as_of
    if (reading.today - as_of).days > OLD_AFTER_DAYS:
        yield Finding(
            code="prices-old",
            severity="low",
            title=f"The list prices are of {as_of.isoformat()}, more than {OLD_AFTER_DAYS} days ago",
            detail="Providers change prices without notice; this tool never asks them.",
            action="Check the largest lines, or pass a newer price file as 'prices'.",
        )


def _machines(reading: Reading) -> list[Component]:
    return [component for component in reading.components if component.spec.is_machine]


def _machine(component: Component, prices: PriceTable) -> Price | None:
    return prices.find(component.kind, "hours", component.provider, component.region, component.size)


def _needed(capacity: Decimal | None, peak_percent: Decimal) -> Decimal:
    return (capacity or Decimal(0)) * peak_percent / 100 / HEADROOM


def _cheapest(
    component: Component, own: Price, prices: PriceTable, vcpu: Decimal, memory_gib: Decimal
) -> Price | None:
    """The cheapest machine of the same processor and sort that holds the need."""
    for row in prices.machines(component.kind, component.provider, component.region):
        same = row.cpu == own.cpu and row.is_burstable == own.is_burstable
        if same and (row.vcpu or 0) >= vcpu and (row.memory_gib or 0) >= memory_gib:
            return row
    return None


def _month(component: Component, prices: PriceTable) -> Decimal:
    return make_bill([component], prices).monthly


def _saving(component: Component, better: Price | None, prices: PriceTable) -> Decimal:
    if better is None or better.size == component.size:
        return Decimal(0)
    with exact():
        return _month(component, prices) - _month(replace(component, size=better.size), prices)


def _shape(row: Price) -> str:
    return f"{plain(row.vcpu or Decimal(0))} vCPU and {plain(row.memory_gib or Decimal(0))} GiB"


def _saving_finding(
    component: Component, better: Price, saving: Decimal, *, code: str, severity: str, why: str
) -> Finding:
    yearly = dollars(cents(saving * MONTHS_PER_YEAR))
    return Finding.model_validate(
        {
            "code": code,
            "severity": severity,
            "title": f"{better.size} instead of {component.size} saves {dollars(saving)} a month",
            "where": component.name,
            "detail": f"{why} {yearly} a year at list prices.",
            "action": f"Try size: {better.size} for '{component.name}' as a what-if.",
        }
    )
