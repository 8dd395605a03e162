"""The catalogue of the benchmarks: everything on sale, a trivial tool, and a plan that never runs dry."""

import sys
from dataclasses import replace
from pathlib import Path

from studio_server.pricing.burn import Burn, burnt_credits
from studio_server.pricing.limits import Limits
from studio_server.registry import catalogue
from studio_server.registry.catalogue import PlanEntry, Registry, ToolEntry

from studio_magics.tools import catalog

TOYS = Path(__file__).parent / "toys"
TRIVIAL = "bench-studio-trivial"
PLENTY = 1_000_000_000
LIMITS = Limits(cpu_ms=30_000, wall_ms=60_000, memory_bytes=1_000_000_000, output_bytes=1_000_000)


def with_trivial_tool() -> Registry:
    """The catalogue that ships with the server and one tool more, which costs next to nothing to run."""
    sys.path.append(str(TOYS))
    catalog.BUILT_IN[TRIVIAL] = "studio_trivial"
    catalog.sources.cache_clear()
    shipped = catalogue.load()
    plan = PlanEntry("free", "Plenty", monthly_credits=PLENTY, daily_cap_credits=PLENTY)
    tools = {**shipped.tools, TRIVIAL: _trivial(shipped.burn)}
    return replace(shipped, tools=tools, plans={"free": plan}, price_version=f"{shipped.price_version}-bench")


def _trivial(burn: Burn) -> ToolEntry:
    return ToolEntry(
        id=TRIVIAL,
        title="Nothing",
        summary="does nothing",
        mode="server",
        risk="low",
        maximum_credits=burnt_credits(burn, LIMITS.usage),
        limits=LIMITS,
        availability="available",
    )
