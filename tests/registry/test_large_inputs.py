"""What is too large for a metered run is refused by the price, from the operator's limits alone."""

from dataclasses import replace

import pytest
from studio_server.pricing.burn import Usage, burnt_credits
from studio_server.pricing.estimate import ForecastAboveLimits, price
from studio_server.registry import catalogue
from studio_server.runs.inputs import prepare

NOWHERE = "sha256:" + "0" * 64
STEPS = "".join(f"  - {{name: s{i}, do: tell and log it {i}, who: one, minutes: 5}}\n" for i in range(200))
RISKS = "".join(f"  - {{title: r{i}, frequency: 0.4, loss: {{low: 100, high: 9000}}}}\n" for i in range(200))


def huge(name: str, size_bytes: int = 900_000_000) -> dict:
    """A file of which only the size is known, as when a price is asked."""
    return {"digest": NOWHERE, "name": name, "size_bytes": size_bytes}


INPUTS = {
    "api-designer": {"document": huge("api.json", 40_000_000)},
    "cicd": {"workflow": huge("ci.yml", 8_000_000)},
    "ir-playbook": {"playbook": f"name: Long\nroles: [{{name: one}}]\nsteps:\n{STEPS}", "rehearsals": 5_000},
    "risk-register": {"risks": f"risks:\n{RISKS}", "iterations": 200_000},
    "schema": {"source": huge("huge.csv")},
    "catalog": {"source": huge("huge.csv")},
    "pipelines": {"data": huge("huge.csv"), "pipeline": "steps:\n  - {name: a, sql: SELECT * FROM huge}\n"},
    "dashboards": {"data": huge("huge.csv")},
}


def quoted(name: str, registry: catalogue.Registry):
    """The price of these inputs under the limits of this registry."""
    entry, code, limits = registry.metered(name)
    forecast = prepare(code, INPUTS[name]).forecast
    expected = Usage(forecast.cpu_ms, forecast.wall_ms, forecast.peak_bytes)
    return price(registry.burn, limits, entry.maximum_credits, expected)


def wider(registry: catalogue.Registry, name: str) -> catalogue.Registry:
    """The same catalogue as an operator with much larger machines has it."""
    entry = registry.find(name)
    limits = replace(entry.limits, cpu_ms=900_000, wall_ms=1_800_000, memory_bytes=64_000_000_000)
    most = burnt_credits(registry.burn, limits.usage)
    changed = replace(entry, limits=limits, maximum_credits=most)
    return replace(registry, tools={**registry.tools, entry.id: changed})


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_an_input_that_is_too_large_has_no_price_and_both_figures_are_named(name: str) -> None:
    with pytest.raises(ForecastAboveLimits) as refused:
        quoted(name, catalogue.load())
    assert refused.value.needed > refused.value.allowed


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_an_operators_wider_limits_give_the_same_input_a_price(name: str) -> None:
    registry = wider(catalogue.load(), name)
    entry, code, _ = registry.metered(name)
    assert quoted(name, registry).maximum <= entry.maximum_credits
    assert "server" not in prepare(code, INPUTS[name]).forecast.basis
