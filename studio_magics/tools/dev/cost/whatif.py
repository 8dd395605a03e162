"""What a change would cost, and which single input moves the total most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cost.amounts import exact, percent
from studio_magics.tools.dev.cost.architecture import ON_DEMAND, Architecture, Change, Component, Scenario
from studio_magics.tools.dev.cost.bill import Bill, make_bill
from studio_magics.tools.dev.cost.prices import PriceTable

MAX_SENSITIVE_COMPONENTS = 30


@dataclass(frozen=True)
class Outcome:
    """A scenario beside the architecture as described."""

    scenario: Scenario
    bill: Bill
    changed: tuple[str, ...]
    """Names of the components that became different."""
    difference: Decimal | None
    """Dollars a month; None when the scenario leaves something unpriced that has a price now."""
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Sensitivity:
    """How the month moves when one input grows."""

    component: str
    field: str
    value: Decimal
    difference: Decimal
    of_total_percent: Decimal


def try_scenario(scenario: Scenario, architecture: Architecture, base: Bill, prices: PriceTable) -> Outcome:
    """Price the architecture with the change.

    Raises:
        InputRejected: The change concerns no component.
    """
    before = architecture.components
    after = tuple(_changed(component, scenario, prices) for component in before)
    changed = tuple(old.name for old, new in zip(before, after, strict=True) if old != new)
    if not changed:
        raise InputRejected(
            "what_if",
            found=f"'{scenario.name}' ({scenario.change.described()}) changes no component",
            allowed="a change some component can take",
        )
    bill = make_bill(after, prices)
    had = {(gap.component, gap.what) for gap in base.unpriced}
    missing = tuple(gap.component for gap in bill.unpriced if (gap.component, gap.what) not in had)
    with exact():
        difference = None if missing else bill.monthly - base.monthly
    return Outcome(scenario, bill, changed, difference, missing)


def _changed(component: Component, scenario: Scenario, prices: PriceTable) -> Component:
    if scenario.components and component.name not in scenario.components:
        return component
    if scenario.kind is not None and component.kind != scenario.kind:
        return component
    change = scenario.change
    can_commit = any(meter.is_committed for meter in component.spec.meters)
    known_size = change.size in prices.sizes(component.kind, component.provider)
    known_region = change.region in prices.regions(component.provider)
    return replace(
        component,
        commitment=change.commitment if change.commitment and can_commit else component.commitment,
        region=change.region if change.region and known_region and component.region else component.region,
        size=change.size if change.size and known_size else component.size,
        numbers=_numbers(component, change),
    )


def _numbers(component: Component, change: Change) -> dict[str, Decimal]:
    numbers = dict(component.numbers)
    if change.count is not None and "count" in numbers:
        numbers["count"] = change.count
    if change.hours is not None and "hours" in numbers:
        numbers["hours"] = change.hours
    if change.usage_percent is not None:
        factor = 1 + change.usage_percent / 100
        for field in component.spec.fields:
            if field.is_usage and field.name in numbers:
                numbers[field.name] = numbers[field.name] * factor
    return numbers


def sensitivities(
    components: Sequence[Component], base: Bill, prices: PriceTable, step_percent: int
) -> list[Sensitivity]:
    """The month's change for each input grown by `step_percent`, largest first.

    Only the dearest components are tried; hours of a committed machine move nothing and are left out.
    """
    total, by_component = base.monthly, base.by_component()
    dearest = sorted(by_component, key=lambda name: (-by_component[name], name))[:MAX_SENSITIVE_COMPONENTS]
    found: list[Sensitivity] = []
    for index, component in enumerate(components):
        if component.name not in dearest:
            continue
        for field in component.spec.fields:
            value = component.numbers.get(field.name, Decimal(0))
            if (
                not field.is_billed
                or value == 0
                or (field.name == "hours" and component.commitment != ON_DEMAND)
            ):
                continue
            with exact():
                grown = {**component.numbers, field.name: value * (1 + Decimal(step_percent) / 100)}
                trial = [*components[:index], replace(component, numbers=grown), *components[index + 1 :]]
                moved = make_bill(trial, prices).monthly - total
            found.append(Sensitivity(component.name, field.name, value, moved, percent(moved, total)))
    return sorted(found, key=lambda item: (-item.difference, item.component, item.field))
