"""The tables of a register."""

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.cyber.risk_register.measures import Spread, impact_scale
from studio_magics.tools.cyber.risk_register.reading import Reading, rounded


def all_tables(reading: Reading) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    first = (_risks(reading),)
    return (
        (*first, _years(reading), *_controls(reading), _scale(reading))
        if reading.has_money
        else (*first, _scale(reading))
    )


def _columns(currency: str, *wanted: tuple[str, ColumnKind]) -> tuple[Column, ...]:
    units = {"money": currency, "percent": "%"}
    return tuple(Column(name=name, kind=kind, unit=units.get(kind, "")) for name, kind in wanted)


def _risks(reading: Reading) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for place, one in enumerate(reading.rated, 1):
        expected = None if one.expected is None else rounded(one.expected)
        treated = None if one.expected_treated is None else rounded(one.expected_treated)
        due = one.risk.treatment.due
        rows.append(
            (
                place, one.id, one.risk.title, one.risk.category, one.risk.owner, one.likelihood,
                one.impact, one.level,
                one.severity, expected, None if one.p95 is None else rounded(one.p95),
                round(100 * one.share, 1),
                round(100 * one.tail_share, 1), treated, one.risk.treatment.strategy,
                due.isoformat() if due else "",
            )
        )  # fmt: skip
    return Table(
        title="Risks",
        columns=_columns(
            reading.register.currency, ("rank", "integer"), ("id", "text"), ("risk", "text"),
            ("category", "text"), ("owner", "text"), ("likelihood", "integer"), ("impact", "integer"),
            ("level", "integer"), ("severity", "text"), ("expected a year", "money"),
            ("1 year in 20", "money"), ("of expected", "percent"), ("of bad years", "percent"),
            ("expected after controls", "money"), ("treatment", "text"),
            ("due", "text"),
        ),
        rows=tuple(rows),
        note=(
            "expected = mean events x mean loss, exact; '1 year in 20' is the 95th percentile of the "
            "simulated years"
        ),
    )  # fmt: skip


def _years(reading: Reading) -> Table:
    names = (
        ("mean", "mean"), ("standard error of the mean", "error"), ("median", "median"),
        ("1 year in 10", "p90"), ("1 year in 20", "p95"), ("1 year in 100", "p99"),
        ("mean of the worst 5 %", "tail_mean"),
    )  # fmt: skip
    rows = [(name, _of(reading.now, key), _of(reading.treated, key)) for name, key in names]
    note = f"{reading.simulation.iterations:,} simulated years, seed {reading.seed}"
    appetite = reading.register.appetite
    if appetite and reading.now.over_appetite is not None and reading.treated.over_appetite is not None:
        over, after = 100 * reading.now.over_appetite, 100 * reading.treated.over_appetite
        note += (
            f"; years over {reading.money(appetite.loss)}: {over:.1f} % now, {after:.1f} % with all controls"
        )
    return Table(
        title="Losses of a year",
        columns=_columns(
            reading.register.currency,
            ("figure", "text"),
            ("now", "money"),
            ("with all planned controls", "money"),
        ),
        rows=tuple(rows),
        note=note,
    )


def _of(spread: Spread, key: str) -> int:
    return rounded(float(getattr(spread, key)))


def _controls(reading: Reading) -> tuple[Table, ...]:
    if not reading.worths:
        return ()
    rows = tuple(
        (
            one.control.name, ", ".join(one.risks), rounded(one.saved), rounded(one.control.cost_per_year),
            rounded(one.net), None if one.return_percent is None else round(one.return_percent),
        )
        for one in reading.worths
    )  # fmt: skip
    table = Table(
        title="What each control is worth",
        columns=_columns(
            reading.register.currency, ("control", "text"), ("risks", "text"), ("saves a year", "money"),
            ("costs a year", "money"), ("net", "money"), ("return", "percent"),
        ),
        rows=rows,
        note=(
            "each alone, exact expectation; together they save less than the sum, because they act on "
            "what is left"
        ),
    )  # fmt: skip
    return (table,)


def _scale(reading: Reading) -> Table:
    likelihood, impact = reading.register.likelihood_scale, impact_scale(reading.register)
    rows = tuple(
        (
            rank,
            "less" if rank == 1 else f"{likelihood[rank - 2]:g} events a year or more",
            "less" if rank == 1 else f"{reading.money(impact[rank - 2])} an event or more",
        )
        for rank in range(1, 6)
    )
    return Table(
        title="Scales",
        columns=_columns(
            reading.register.currency, ("rank", "integer"), ("likelihood", "text"), ("impact", "text")
        ),
        rows=rows,
        note=(
            "level = likelihood x impact: 20 critical, 12 high, 6 medium, below low; ranks that were "
            "given are kept"
        ),
    )
