"""The two pictures of a bill: what it consists of, and what the what-ifs change."""

from collections.abc import Sequence
from decimal import Decimal

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.cost.amounts import dollars, percent, signed_dollars
from studio_magics.tools.dev.cost.bill import Bill
from studio_magics.tools.dev.cost.whatif import Outcome
from studio_magics.tools.pictures import Bar, Segment, bar_chart
from studio_magics.tools.wording import counted

MAX_BARS = 20


def breakdown(bill: Bill, note: str) -> Figure:
    """Components as bars, dearest first; the smallest are drawn together."""
    totals = sorted(bill.by_component().items(), key=lambda pair: (-pair[1], pair[0]))
    shown, rest = totals[:MAX_BARS], totals[MAX_BARS:]
    if rest:
        shown.append((f"{len(rest)} smaller", sum((cost for _, cost in rest), Decimal(0))))
    month = bill.monthly
    bars = [
        Bar(name, (Segment(float(cost)),), f"{dollars(cost)} · {percent(cost, month)} %")
        for name, cost in shown
    ]
    told = ", ".join(f"{name} {dollars(cost)}" for name, cost in shown[:5])
    size = counted(len(bars), "component")
    return Figure(
        title="Cost of a month by component",
        alt_text=f"Bars of {size}, dearest first: {told}. Together {dollars(month)} a month.",
        svg=bar_chart(f"Month by component: {dollars(month)}", bars, note=note),
    )


def comparison(bill: Bill, outcomes: Sequence[Outcome], note: str) -> Figure:
    """The month as described and under each what-if, with what is saved or added."""
    now = bill.monthly
    bars = [
        Bar("as described", (Segment(float(now)),), dollars(now)),
        *(_bar(now, item) for item in outcomes),
    ]
    told = "; ".join(f"{item.scenario.name} {_difference(item)}" for item in outcomes)
    return Figure(
        title="What-ifs compared",
        alt_text=f"Bars of the month as described, {dollars(now)}, and under each what-if: {told}.",
        svg=bar_chart(
            "Month under each what-if",
            bars,
            legend=(("cost", "plain"), ("saved", "good"), ("added", "bad"), ("not comparable", "quiet")),
            note=note,
        ),
    )


def _bar(now: Decimal, outcome: Outcome) -> Bar:
    month = outcome.bill.monthly
    figure = f"{dollars(month)} ({_difference(outcome)})"
    if outcome.difference is None:
        return Bar(
            outcome.scenario.name, (Segment(float(month), "quiet"),), f"over {dollars(month)} (incomplete)"
        )
    tone = "good" if outcome.difference < 0 else "bad"
    parts = (Segment(float(min(now, month))), Segment(float(abs(outcome.difference)), tone))
    return Bar(outcome.scenario.name, parts, figure)


def _difference(outcome: Outcome) -> str:
    return "incomplete" if outcome.difference is None else signed_dollars(outcome.difference)
