"""Wires the Risk Register Builder: input, run and result."""

from importlib.metadata import version

from pydantic import Field, JsonValue, model_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput
from studio_magics.tools.cyber.risk_register import exports
from studio_magics.tools.cyber.risk_register.figures import all_figures
from studio_magics.tools.cyber.risk_register.findings import find_all
from studio_magics.tools.cyber.risk_register.measures import rate, spread, worths
from studio_magics.tools.cyber.risk_register.reading import Reading, rounded
from studio_magics.tools.cyber.risk_register.register import FIELD, Register, read_register
from studio_magics.tools.cyber.risk_register.simulation import refuse_too_many, simulate
from studio_magics.tools.cyber.risk_register.table_rows import read_rows
from studio_magics.tools.cyber.risk_register.tables import all_tables
from studio_magics.tools.typed_yaml import Description, read_described
from studio_magics.tools.wording import counted

TOOL_ID = "cyber-studio-risk-register"
VERSION = "1.0.4"
START_CPU_MS = 85
START_BYTES = 24_000_000
NS_PER_EVENT = 45
NS_PER_YEAR = 50
BYTES_PER_EVENT = 45
BYTES_PER_YEAR = 12
TABLE_RISKS = 30
TABLE_EVENTS = 2.0

EXAMPLE = """%%studio run risk-register
name: Web shop
currency: EUR
appetite: {loss: 1000000, probability: 0.1}
risks:
  - {title: Ransomware, owner: CISO, category: malware, frequency: {low: 0.05, likely: 0.2, high: 0.5},
     loss: {low: 100000, high: 3000000}, treatment: {strategy: mitigate, due: 2027-03-31}}
  - {title: Stolen customer data, owner: DPO, category: data, frequency: {low: 0.02, likely: 0.1, high: 0.3},
     loss: {low: 50000, high: 5000000}, treatment: {strategy: transfer}}
  - {title: Invoice fraud, owner: CFO, category: fraud, frequency: {low: 0.5, likely: 2, high: 5},
     loss: {low: 2000, high: 60000}, treatment: {strategy: mitigate}}
  - {title: Cloud outage, category: availability, frequency: {low: 1, likely: 3, high: 8},
     loss: {low: 1000, high: 40000}, treatment: {strategy: accept}}
  - {title: Key person leaves, category: people, likelihood: 3, impact: 2}
controls:
  - {name: Offline backups, cost_per_year: 30000, effects: [{risk: Ransomware, loss: 0.6}]}
  - {name: Second factor, cost_per_year: 20000,
     effects: [{risk: Ransomware, frequency: 0.5}, {risk: Stolen customer data, frequency: 0.4}]}
  - {name: Call back before paying, cost_per_year: 15000, effects: [{risk: Invoice fraud, frequency: 0.7}]}
"""
NOT_CHECKED = (
    "Whether the ranges are right: every figure follows from what was estimated.",
    (
        "Risks are taken as independent; a common cause (one attacker, one provider) makes bad years worse "
        "than shown."
    ),
    "Frequencies and losses are not drawn from any market data; none is shipped.",
    "Controls are taken to work as stated all the time; their failure is not simulated.",
)


class RiskRegisterInput(ToolInput):
    """A register in YAML, and optionally risks from a table."""

    risks: Description | dict[str, JsonValue] = Field(
        default="name: Risk register",
        description=(
            "YAML (or the same as a dict): 'risks' with frequency (low, likely, high events a year) "
            "and loss (low, high: "
            "90 % of events lie between), or likelihood and impact from 1 to 5; 'controls' with "
            "cost_per_year and "
            "effects; 'appetite', 'currency', scales"
        ),
    )
    table: InputFile | None = Field(
        default=None,
        description=(
            "More risks, one a row: CSV, Parquet or a data frame with title, owner, frequency_low, "
            "frequency_likely, "
            "frequency_high, loss_low, loss_high, or likelihood and impact"
        ),
    )
    iterations: int = Field(default=20_000, ge=1_000, le=200_000, description="Simulated years")
    seed: int = Field(
        default=20_260_101, ge=0, le=2**32 - 1, description="The same seed gives the same years"
    )

    @model_validator(mode="after")
    def _read_early(self) -> "RiskRegisterInput":
        """Refuse a wrong register when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        if self.table is None:
            read_register(self.risks)
        else:
            read_described(self.risks, Register, field=FIELD)
        return self


def forecast(inputs: RiskRegisterInput) -> Forecast:
    """A start, the years, and the loss events to be drawn."""
    risks = read_described(inputs.risks, Register, field=FIELD).value.risks
    rated = [risk for risk in risks if risk.frequency is not None]
    more = TABLE_RISKS if inputs.table is not None else 0
    a_year = sum(risk.frequency.mean for risk in rated if risk.frequency is not None) + more * TABLE_EVENTS
    years, events = inputs.iterations * (len(rated) + more), a_year * inputs.iterations
    largest = max((risk.frequency.mean for risk in rated if risk.frequency is not None), default=TABLE_EVENTS)
    cpu_ms = START_CPU_MS + round((events * NS_PER_EVENT + years * NS_PER_YEAR) / 1e6)
    peak = START_BYTES + years * BYTES_PER_YEAR + round(largest * inputs.iterations * BYTES_PER_EVENT)
    basis = f"{inputs.iterations:,} years of {counted(len(rated) + more, 'risk')}, {events:,.0f} events"
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms, peak_bytes=peak, basis=basis)


def run(inputs: RiskRegisterInput, context: RunContext) -> ToolResult:
    """Read, simulate, rate, draw and write."""
    context.progress(0.02, "reading the register")
    rows = None if inputs.table is None else read_rows(context.path(inputs.table))
    register = read_register(inputs.risks, rows)
    refuse_too_many([risk for risk in register.risks if risk.frequency is not None], inputs.iterations)
    context.progress(0.1, "simulating years")
    reading = _read(inputs, register, context)
    context.progress(0.8, "drawing")
    figures = all_figures(reading)
    context.progress(0.9, "writing the result")
    return ToolResult(
        headline=_headline(reading),
        summary=_summary(reading),
        findings=find_all(reading),
        tables=all_tables(reading),
        figures=figures,
        artefacts=_artefacts(reading, context),
        not_checked=NOT_CHECKED,
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in ("numpy", "PyYAML")},
        ),
    )


def _read(inputs: RiskRegisterInput, register: Register, context: RunContext) -> Reading:
    appetite = None if register.appetite is None else register.appetite.loss
    simulation = simulate(
        register,
        iterations=inputs.iterations,
        seed=inputs.seed,
        progress=lambda share: context.progress(0.1 + 0.6 * share, "simulating years"),
    )
    return Reading(
        register=register,
        simulation=simulation,
        now=spread(simulation.now, appetite),
        treated=spread(simulation.treated, appetite),
        rated=tuple(rate(register, simulation)),
        worths=tuple(worths(register)),
        today=context.now.date(),
        seed=inputs.seed,
    )


def _headline(reading: Reading) -> str:
    name, count = reading.register.name, len(reading.rated)
    if not reading.has_money:
        worst = sum(1 for one in reading.rated if one.severity in {"critical", "high"})
        told = f"{name}: {counted(count, 'risk')}, {worst} of them critical or high"
        return f"{told}; no ranges in money were given"
    told = f"{name}: {counted(count, 'risk')}, {reading.money(reading.expected)} expected loss a year"
    over = reading.now.over_appetite
    tail = f"1 year in 20 loses more than {reading.money(reading.now.p95)}"
    return f"{told}; {tail}" + ("" if over is None else f"; {over:.0%} of years are over the appetite")


def _summary(reading: Reading) -> dict[str, JsonValue]:
    levels = ("critical", "high", "medium", "low")
    return {
        "risks": len(reading.rated),
        "by_severity": {name: sum(1 for one in reading.rated if one.severity == name) for name in levels},
        "currency": reading.register.currency,
        "expected_loss": rounded(reading.expected),
        "expected_loss_with_controls": rounded(reading.expected_treated),
        "loss_1_year_in_20": rounded(reading.now.p95),
        "loss_1_year_in_100": rounded(reading.now.p99),
        "share_over_appetite": reading.now.over_appetite,
        "iterations": reading.simulation.iterations,
        "seed": reading.seed,
    }


def _artefacts(reading: Reading, context: RunContext) -> tuple[Artefact, ...]:
    keep = context.add_artefact
    plan = exports.oscal_json(reading, context.now)
    return (
        keep(
            "risk-register.oscal.json",
            "application/oscal+json",
            plan,
            title="OSCAL plan of action and milestones",
        ),
        keep(
            "risk-register.csv", "text/csv", exports.register_csv(reading), title="Register, one row per risk"
        ),
        keep("risk-figures.json", "application/json", exports.figures_json(reading), title="All figures"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Risk Register Builder",
    places=frozenset({"kernel", "server"}),
    input_model=RiskRegisterInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads risks with ranges for frequency and loss (or ranks from 1 to 5), controls with cost and "
        "effect, and an "
        "appetite, in YAML or as a table. Simulates years (PERT frequency, Poisson counts, lognormal "
        "losses) and returns "
        "the loss exceedance curve against the appetite, a heat map, risks ranked by expected loss and "
        "by their share of "
        "bad years, what each control is worth, overdue and ownerless risks, and files: OSCAL plan of "
        "action and "
        "milestones, CSV and JSON. The same seed gives the same years."
    ),
    cell_field="risks",
    libraries=("numpy", "PyYAML"),
)
