"""What a month costs by list price, line by line, and how many instances the traffic needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.dev.deployment.sizes import given_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.dev.deployment.app import App
    from studio_magics.tools.dev.deployment.facts import Facts

ANYWHERE = "anywhere"
"""The row for regions without one of their own."""
HOURS = 730
MONTH_DAYS = 30
DAY_SECONDS = 86_400
PEAK = 3
"""The busiest hour has about three times the mean."""
MB_PER_GB = 1_000_000


@dataclass(frozen=True)
class Line:
    """One part of a month's bill."""

    name: str
    quantity: str
    dollars: float


@dataclass(frozen=True)
class Bill:
    """A month on one provider; `lines` are empty where no price is known."""

    provider: str
    region: str
    lines: tuple[Line, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are prices for this region."""
        return bool(self.lines)

    @property
    def dollars(self) -> float:
        """The whole month."""
        return round(sum(line.dollars for line in self.lines), 2)


def peak_instances(app: App) -> int:
    """How many instances the busiest hour needs, each with as many requests at once as described."""
    at_once = app.traffic.requests_per_day / DAY_SECONDS * PEAK * app.traffic.milliseconds / 1_000
    return max(math.ceil(at_once / app.traffic.concurrency), 1)


def bills(app: App, facts: Facts) -> tuple[Bill, ...]:
    """A bill for each target."""
    return tuple(_bill(app, provider, region, facts) for provider, region in app.targets.items())


def _bill(app: App, provider: str, region: str, facts: Facts) -> Bill:
    known = facts.prices.get(provider, {})
    prices = known.get(region) or known.get(ANYWHERE)
    if prices is None:
        return Bill(provider, region, ())
    if provider == "vercel":
        return Bill(provider, region, (Line("seat", "1", prices["seat_month"]), _egress(app, prices)))
    made = _always_on(app, prices) if provider == "aws" else _by_use(app, provider, prices)
    return Bill(provider, region, (*made, _egress(app, prices)))


def _line(name: str, quantity: float, unit: str, price: float) -> Line:
    return Line(name, f"{quantity:,.0f} {unit}", round(quantity * price, 2))


def _always_on(app: App, prices: Mapping[str, float]) -> tuple[Line, ...]:
    """Fargate at its least number: scaling out comes on top, in the hours that need it."""
    cpu, memory = given_size("aws", app.cpu, app.memory_mb)
    many = max(app.least, 1)
    addresses = many + 2
    return (
        _line("processors", cpu * many * HOURS, "vCPU hours", prices["vcpu_hour"]),
        _line("memory", memory * many * HOURS, "GB hours", prices["gb_hour"]),
        _line("load balancer", HOURS, "hours", prices["balancer_hour"]),
        _line("public addresses", addresses * HOURS, "hours", prices["address_hour"]),
    )


def _by_use(app: App, provider: str, prices: Mapping[str, float]) -> tuple[Line, ...]:
    """Active seconds while requests are answered, idle ones for instances that are kept."""
    cpu, memory = given_size(provider, app.cpu, app.memory_mb)
    requests = app.traffic.requests_per_day * MONTH_DAYS
    busy = busy_seconds(app)
    idle = max(app.least * DAY_SECONDS * MONTH_DAYS - busy, 0)
    free_cpu = max(cpu * busy - prices["free_vcpu_seconds"], 0)
    free_memory = max(memory * busy - prices["free_gb_seconds"], 0)
    lines = [
        _line("processors", free_cpu, "vCPU seconds", prices["vcpu_second"]),
        _line("memory", free_memory, "GB seconds", prices["gb_second"]),
    ]
    if app.least:
        lines.append(_line("idle processors", cpu * idle, "vCPU seconds", prices["idle_vcpu_second"]))
        lines.append(_line("idle memory", memory * idle, "GB seconds", prices["idle_gb_second"]))
    many = max(requests - prices["free_requests"], 0) / 1_000_000
    lines.append(Line("requests", f"{many:,.2f} million", round(many * prices["million_requests"], 2)))
    return tuple(lines)


def busy_seconds(app: App) -> float:
    """Seconds a month in which some instance answers: requests that share an instance share its seconds.

    How many share is taken from the mean rate, at most the described concurrency, at least one.
    """
    traffic = app.traffic
    at_once = traffic.requests_per_day / DAY_SECONDS * traffic.milliseconds / 1_000
    sharing = min(max(at_once, 1.0), traffic.concurrency)
    return traffic.requests_per_day * MONTH_DAYS * traffic.milliseconds / 1_000 / sharing


def _egress(app: App, prices: Mapping[str, float]) -> Line:
    gigabytes = app.traffic.requests_per_day * MONTH_DAYS * app.traffic.kilobytes / MB_PER_GB
    paid = max(gigabytes - prices["egress_free_gb"], 0)
    return _line("traffic out", paid, "GB", prices["egress_gb"])
