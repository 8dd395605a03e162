"""Wires the Cost Calculator: input, run and result."""

from decimal import Decimal
from importlib.metadata import version
from typing import Literal

from pydantic import Field, JsonValue

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Figure, Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput
from studio_magics.tools.dev.cost import exports, figures
from studio_magics.tools.dev.cost.amounts import dollars, exact, plain
from studio_magics.tools.dev.cost.architecture import (
    Architecture,
    Change,
    Scenario,
    read_architecture,
)
from studio_magics.tools.dev.cost.bill import MONTHS_PER_YEAR, Bill, make_bill
from studio_magics.tools.dev.cost.findings import Reading, find_all
from studio_magics.tools.dev.cost.prices import (
    MAX_TABLE_BYTES,
    PriceTable,
    PriceTableInvalid,
    embedded_prices,
    read_prices,
)
from studio_magics.tools.dev.cost.tables import all_tables, money, yearly
from studio_magics.tools.dev.cost.whatif import Outcome, sensitivities, try_scenario

TOOL_ID = "dev-studio-cost"
VERSION = "1.0.0"
MAX_TEXT = 200_000
MAX_SHOWN_SENSITIVITIES = 15
START_CPU_MS = 50
START_BYTES = 13_000_000
BYTES_PER_LINE = 20_000

EXAMPLE = """%%studio run cost
name: Web shop
defaults: {provider: aws, region: us-east-1}
components:
  - {name: web, kind: vm, size: m5.large, count: 3}
  - {name: shop db, kind: database, size: db.m6g.large, copies: 2, storage_gb: 200}
  - {name: pictures, kind: object-storage, gb: 5000, writes: 1000000, reads: 20000000}
  - {name: downloads, kind: egress, gb: 4000}
  - {name: entrance, kind: load-balancer, size: application, gb: 4000}
what_if:
  - {name: commit for a year, change: {commitment: 1y}}
  - {name: web in Ireland, components: [web], change: {region: eu-west-1}}
  - {name: half again the traffic, change: {usage: +50 %}}
"""
NOT_CHECKED = (
    "Taxes, support plans, negotiated discounts, credits and promotional free tiers are not included.",
    "Licences, snapshots, backups, monitoring and traffic between zones or regions are not included.",
    "GB is counted as providers bill it (most mean GiB); no currency is converted.",
)


class CostInput(ToolInput):
    """An architecture in YAML, and what to ask about it."""

    architecture: str = Field(
        min_length=1,
        max_length=MAX_TEXT,
        description="YAML with 'components' (kind, size, count, hours or usage), 'defaults' and 'what_if'",
    )
    prices: InputFile | None = Field(
        default=None, description="Price file (TOML) whose rows replace the embedded list prices"
    )
    what_if_commitment: Literal["on-demand", "1y", "3y"] | None = Field(
        default=None, description="Add a what-if: this commitment for every machine"
    )
    what_if_region: str | None = Field(
        default=None, max_length=80, description="Add a what-if: everything of that provider in this region"
    )
    what_if_usage_percent: int | None = Field(
        default=None, ge=-100, le=10_000, description="Add a what-if: usage changed by this many per cent"
    )
    sensitivity_percent: int = Field(
        default=10, ge=1, le=100, description="Step of the sensitivity table in per cent"
    )
    budget_usd_per_month: Decimal | None = Field(
        default=None, ge=0, le=10**12, description="Budget in US dollars a month; above it there is a finding"
    )
    check_redundancy: bool = Field(default=False, description="Look for parts without a second copy")


def forecast(inputs: CostInput) -> Forecast:
    """A start, and a little for each component; runs in the kernel for 0."""
    lines = inputs.architecture.count("\n") + 1
    cpu_ms = START_CPU_MS + lines
    basis = f"{lines} lines of YAML"
    peak = START_BYTES + BYTES_PER_LINE * lines
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms, peak_bytes=peak, basis=basis)


def run(inputs: CostInput, context: RunContext) -> ToolResult:
    """Price the architecture, its what-ifs and its sensitivities."""
    context.progress(0.05, "reading prices")
    prices = _prices(inputs, context)
    context.progress(0.15, "reading the architecture")
    architecture = read_architecture(inputs.architecture, prices)
    bill = make_bill(architecture.components, prices)
    context.progress(0.35, "trying what-ifs")
    scenarios = (*architecture.scenarios, *_asked(inputs, prices))
    outcomes = [try_scenario(scenario, architecture, bill, prices) for scenario in scenarios]
    context.progress(0.55, "measuring sensitivity")
    moves = sensitivities(architecture.components, bill, prices, inputs.sensitivity_percent)
    context.progress(0.85, "writing the result")
    reading = Reading(
        architecture.components,
        bill,
        prices,
        context.now.date(),
        inputs.budget_usd_per_month,
        inputs.check_redundancy,
    )
    return ToolResult(
        headline=_headline(architecture, bill, prices),
        summary=_summary(bill, outcomes, prices),
        findings=find_all(reading),
        tables=all_tables(
            bill,
            architecture.components,
            outcomes,
            moves[:MAX_SHOWN_SENSITIVITIES],
            prices,
            step_percent=inputs.sensitivity_percent,
        ),
        figures=_figures(bill, outcomes, prices),
        artefacts=_artefacts(architecture, bill, outcomes, prices, context),
        not_checked=(
            f"Prices are list prices as of {prices.as_of.isoformat()}: {prices.source}.",
            *NOT_CHECKED,
        ),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={"PyYAML": version("PyYAML")},
            data_as_of={"list prices": prices.as_of.isoformat()},
        ),
    )


def _prices(inputs: CostInput, context: RunContext) -> PriceTable:
    if inputs.prices is None:
        return embedded_prices()
    if inputs.prices.size_bytes > MAX_TABLE_BYTES:
        raise InputRejected(
            "prices",
            found=f"{inputs.prices.size_bytes:,} bytes",
            allowed=f"at most {MAX_TABLE_BYTES:,} bytes",
        )
    try:
        table, replaces = read_prices(context.path(inputs.prices).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputRejected("prices", found="bytes that are not UTF-8", allowed="TOML in UTF-8") from error
    except PriceTableInvalid as error:
        raise InputRejected("prices", found=f"{error.where}: {error.found}", allowed=error.allowed) from error
    return table if replaces else embedded_prices().overlaid(table)


def _asked(inputs: CostInput, prices: PriceTable) -> list[Scenario]:
    """The what-ifs given as options."""
    found: list[Change] = []
    if inputs.what_if_commitment is not None:
        found.append(Change(commitment=inputs.what_if_commitment))
    if inputs.what_if_region is not None:
        known = sorted({region for provider in prices.providers() for region in prices.regions(provider)})
        if inputs.what_if_region not in known:
            raise InputRejected("what_if_region", found=inputs.what_if_region, allowed=", ".join(known))
        found.append(Change(region=inputs.what_if_region))
    if inputs.what_if_usage_percent is not None:
        found.append(Change(usage_percent=Decimal(inputs.what_if_usage_percent)))
    return [Scenario(change.described(), change) for change in found]


def _headline(architecture: Architecture, bill: Bill, prices: PriceTable) -> str:
    with exact():
        year = bill.monthly * MONTHS_PER_YEAR
    least = "at least " if bill.unpriced else ""
    return (
        f"{architecture.name}: {least}{dollars(bill.monthly)} a month, {dollars(year)} a year"
        f" at list prices of {prices.as_of.isoformat()}"
    )


def _summary(bill: Bill, outcomes: list[Outcome], prices: PriceTable) -> dict[str, JsonValue]:
    month = bill.monthly
    return {
        "currency": "USD",
        "monthly": money(month),
        "yearly": yearly(month),
        "monthly_exact": plain(month),
        "by_category": {name: money(cost) for name, cost in bill.by_category().items()},
        "by_component": {name: money(cost) for name, cost in bill.by_component().items()},
        "unpriced": len(bill.unpriced),
        "what_if": {
            item.scenario.name: None if item.difference is None else money(item.difference)
            for item in outcomes
        },
        "prices_as_of": prices.as_of.isoformat(),
    }


def _figures(bill: Bill, outcomes: list[Outcome], prices: PriceTable) -> tuple[Figure, ...]:
    note = f"List prices of {prices.as_of.isoformat()}, US dollars, without tax"
    drawn = (figures.breakdown(bill, note),)
    return (*drawn, figures.comparison(bill, outcomes, note)) if outcomes else drawn


def _artefacts(
    architecture: Architecture, bill: Bill, outcomes: list[Outcome], prices: PriceTable, context: RunContext
) -> tuple[Artefact, ...]:
    exchange = exports.as_json(architecture.name, bill, outcomes, prices)
    return (
        context.add_artefact(
            "cost.json", "application/json", exchange, title="Cost in the shape of Infracost"
        ),
        context.add_artefact("cost.csv", "text/csv", exports.as_csv(bill), title="Cost, one row per line"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Cost Calculator",
    places=frozenset({"kernel"}),
    input_model=CostInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Prices a cloud architecture written in YAML: machines, databases, caches, volumes, object stores, "
        "traffic, load balancers, functions, Kubernetes and your own figures. Returns the month and the year "
        "per component and category, what-ifs, what moves the total most, savings to try, and cost.json "
        "and cost.csv. Uses dated list prices kept in the tool; asks no network. Runs in the kernel for 0."
    ),
    cell_field="architecture",
    libraries=("PyYAML",),
)
