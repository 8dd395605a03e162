"""The short table that is kept with the sources: docs/benchmarks.md, written by the run it tells of."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from benchmarks.results import Figure, Plan, Result, Yardstick

HEAD = """# Benchmarks

Written by `make bench`; do not edit. Candidates alternate within one run, figures are medians, ratios are
medians of the ratios of each round. Times of another machine mean little; **ratios** say more, though they do
not carry over exactly either. *Goal* is for a quiet machine, *floor* must hold on a busy one. How each is
measured: `benchmarks/README.md`.
"""


def text(results: Sequence[Result], plan: Plan, machine: Mapping[str, str], at: datetime) -> str:
    """The whole page."""
    facts = "\n".join(f"- {name}: {fact}" for name, fact in machine.items())
    run = f"{at:%Y-%m-%d}, {plan.rounds} rounds of {plan.seconds:g} s per candidate."
    parts = [HEAD, run, "", facts, "", _goals(results), *(section(result) for result in results)]
    return "\n".join(parts)


def _goals(results: Sequence[Result]) -> str:
    rows = [
        f"| {one.name} | {one.what} | {with_unit(one.value, one.unit)} | {bound(one, one.goal)}"
        f" | {bound(one, one.floor)} |"
        for result in results
        for one in result.yardsticks
    ]
    return "\n".join(
        ["| | what | measured | goal | floor |", "| --- | --- | ---: | ---: | ---: |", *rows, ""]
    )


def section(result: Result) -> str:
    """One benchmark: its notes, what its books said, every figure."""
    checked = (
        "No books are involved."
        if result.violations is None
        else f"Books checked at the end: {result.effects} acts, {result.violations} violations."
    )
    table = [
        "| candidate | measure | value | least | most | samples |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    rows = [_row(figure) for figure in result.figures]
    return "\n".join([f"## {result.name}", "", *result.notes, checked, "", *table, *rows, ""])


def _row(figure: Figure) -> str:
    values = " | ".join(_number(value) for value in (figure.least, figure.most))
    value = with_unit(figure.value, figure.unit)
    return f"| {figure.candidate} | {figure.measure} | {value} | {values} | {figure.samples} |"


def bound(yardstick: Yardstick, limit: float | None) -> str:
    """A goal or a floor with its direction; empty where there is none."""
    if limit is None:
        return ""
    sign = "≥" if yardstick.better == "higher" else "≤"
    return f"{sign} {with_unit(limit, yardstick.unit)}"


def with_unit(value: float, unit: str) -> str:
    """A figure as the tables show it."""
    return f"{_number(value)} {'×' if unit == 'x' else unit}"


def _number(value: float) -> str:
    """Three digits that mean something; whole numbers from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
