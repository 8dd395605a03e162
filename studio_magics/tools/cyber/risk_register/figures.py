"""The pictures of a register: loss exceedance curve, heat map, and what drives the mean and the bad years."""

from pydantic import JsonValue

from studio_magics.contracts.results import Figure, Severity
from studio_magics.tools.cyber.risk_register.measures import BANDS, exceedance
from studio_magics.tools.cyber.risk_register.reading import Reading
from studio_magics.tools.pictures import SEVERITY, Bar, Segment, bar_chart
from studio_magics.tools.pictures.curves import Curve, Guide, line_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix

MAX_BARS = 15
VEGA = "https://vega.github.io/schema/vega-lite/v5.json"
NOW, TREATED = "as it is", "with all planned controls"


def all_figures(reading: Reading) -> tuple[Figure, ...]:
    """The curve first, where there is money in the register."""
    if not reading.has_money:
        return (_heat_map(reading),)
    return (_curve(reading), _heat_map(reading), _drivers(reading))


def short_money(amount: float) -> str:
    """'250k', '1.2M', '3B'."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if float(f"{abs(amount) / size:.3g}") >= 1:
            return f"{amount / size:.3g}{unit}"
    return f"{amount:.3g}"


def _curve(reading: Reading) -> Figure:
    curves = [Curve(NOW, tuple(exceedance(reading.simulation.now)), "bad")]
    if reading.register.controls:
        curves.append(Curve(TREATED, tuple(exceedance(reading.simulation.treated)), "good", dashed=True))
    appetite = reading.register.appetite
    guides: list[Guide] = []
    if appetite is not None:
        guides = [
            Guide("x", appetite.loss, f"appetite {short_money(appetite.loss)}", "plain"),
            Guide("y", appetite.probability, f"{appetite.probability:.0%} of years", "plain"),
        ]
    currency = reading.register.currency
    title = f"Loss exceedance of a year ({currency})"
    spread = reading.now
    return Figure(
        title="Loss exceedance curve",
        alt_text=(
            "Share of years that lose more than an amount: half lose more than "
            f"{reading.money(spread.median)}, one in "
            f"twenty more than {reading.money(spread.p95)}, one in a hundred more than "
            f"{reading.money(spread.p99)}."
        ),
        svg=line_chart(
            title,
            curves,
            x_title=f"loss of a year in {currency}, each step ten times as much",
            y_title="share of years that lose more",
            guides=guides,
            x_text=short_money,
            y_text=lambda share: f"{share:.0%}",
            is_log_x=True,
            y_to=1.0,
            note=f"{reading.simulation.iterations:,} simulated years, seed {reading.seed}",
        ),
        vega_lite=_vega(curves, currency),
    )


def _vega(curves: list[Curve], currency: str) -> dict[str, JsonValue]:
    values: list[JsonValue] = [
        {"loss": round(x, 2), "share": round(y, 6), "case": curve.name}
        for curve in curves
        for x, y in curve.points
    ]
    return {
        "$schema": VEGA,
        "title": "Loss exceedance curve",
        "data": {"values": values},
        "mark": {"type": "line", "tooltip": True},
        "encoding": {
            "x": {
                "field": "loss",
                "type": "quantitative",
                "scale": {"type": "log"},
                "title": f"loss of a year ({currency})",
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "axis": {"format": "%"},
                "title": "share of years that lose more",
            },
            "color": {"field": "case", "type": "nominal", "title": None},
        },
    }


def _heat_map(reading: Reading) -> Figure:
    cells: dict[tuple[int, int], MatrixCell] = {}
    for likelihood in range(1, 6):
        for impact in range(1, 6):
            here = [one for one in reading.rated if (one.likelihood, one.impact) == (likelihood, impact)]
            severity: Severity = next(name for least, name in BANDS if likelihood * impact >= least)
            tone = "good" if severity == "low" else SEVERITY[severity]
            told = f"likelihood {likelihood}, impact {impact} ({severity}): "
            told += "; ".join(f"{one.id} {one.risk.title}" for one in here) or "nothing"
            cells[5 - likelihood, impact - 1] = MatrixCell(tuple(one.id for one in here), tone, told)
    listed = "; ".join(
        f"{one.id} {one.risk.title} at likelihood {one.likelihood}, impact {one.impact}"
        for one in reading.rated[:20]
    )
    likely = ("almost certain 5", "likely 4", "possible 3", "unlikely 2", "rare 1")
    harm = ("1 minor", "2 small", "3 serious", "4 major", "5 severe")
    return Figure(
        title="Heat map",
        alt_text=f"Risks by likelihood and impact: {listed}.",
        svg=matrix(
            f"{reading.register.name}: heat map", likely, harm, cells, row_title="likelihood",
            column_title="impact",
            note="Green low, yellow medium, orange high, red critical.",
        ),
    )  # fmt: skip


def _drivers(reading: Reading) -> Figure:
    every = [one for one in reading.rated if one.expected is not None]
    rated = every[:MAX_BARS]
    note = "Share of the expected loss, and of the losses in the worst 5 % of years"
    note += f"; the {len(rated)} largest of {len(every)}" if len(every) > len(rated) else ""
    whole = sum(one.expected or 0.0 for one in reading.rated)
    bars: list[Bar] = []
    for one in rated:
        saved = (one.expected or 0.0) - (one.expected_treated or 0.0)
        parts = (Segment(one.expected_treated or 0.0, "plain"), Segment(saved, "good"))
        figure = f"{short_money(one.expected or 0.0)} · {one.share:.0%} · bad years {one.tail_share:.0%}"
        bars.append(Bar(f"{one.id} {one.risk.title}", parts, figure))
    return Figure(
        title="What drives the losses",
        alt_text="Expected loss of a year by risk: " + "; ".join(f"{bar.name} {bar.figure}" for bar in bars),
        svg=bar_chart(
            f"Expected loss of a year: {reading.money(whole)}",
            bars,
            legend=[("stays", "plain"), ("taken away by planned controls", "good")],
            note=note,
            width=720,
        ),
    )
