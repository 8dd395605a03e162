"""Reads questions in plain English: which columns they name, and which chart answers them.

A small grammar, not a language model: words that are no column and no key word are passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.data.dashboards.plans import Aggregate, ChartPlan, Measure, default_measure, numeric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.inputs import Grain

_WORD = re.compile(r"[^\W_]+")
AGGREGATES: dict[str, Aggregate] = {
    "average": "mean", "avg": "mean", "mean": "mean", "typical": "mean", "total": "sum", "sum": "sum",
    "count": "count", "number": "count", "many": "count", "rows": "count", "least": "min", "lowest": "min",
    "minimum": "min", "min": "min", "greatest": "max", "highest": "max", "maximum": "max", "max": "max",
}  # fmt: skip
OF_NUMBERS = frozenset(word for word, found in AGGREGATES.items() if found not in {"count", "sum"})
SPREAD = frozenset({"distribution", "histogram", "spread", "distributed", "spreads"})
AGAINST = frozenset(
    {"vs", "versus", "against", "correlation", "correlate", "relate", "relation", "relationship"}
)
PER = frozenset({"by", "per", "over", "each"})
TRENDS = frozenset(
    {"time", "trend", "trends", "development", "daily", "weekly", "monthly", "quarterly", "yearly"}
)
GRAINS: dict[str, Grain] = {
    "day": "day", "daily": "day", "week": "week", "weekly": "week", "month": "month", "monthly": "month",
    "quarter": "quarter", "quarterly": "quarter", "year": "year", "yearly": "year", "annual": "year",
}  # fmt: skip
NOT_DRAWN = frozenset(
    {"median", "percentile", "quantile", "quartile", "variance", "deviation", "std", "mode"}
)
"""Figures no chart here shows; another figure in their place would be a wrong answer."""
MAX_COLOURS = 8
MOST_BARS = 39
_TOP = re.compile(r"\b(?:top|first|largest|biggest)\s+(\d{1,2})\b", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """Lower-case words; 'tempMax' and 'temp_max' give two."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word.casefold() for word in _WORD.findall(spaced)]


def _same(word: str, other: str) -> bool:
    return word == other or _singular(word) == _singular(other)


def _singular(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word.rstrip("s")


def named_columns(question: str, columns: Mapping[str, ChartColumn]) -> list[ChartColumn]:
    """The columns a question names, in its order; the longest name wins where names overlap."""
    asked = words_of(question)
    found: dict[int, tuple[int, ChartColumn]] = {}
    taken: set[int] = set()
    for column in sorted(columns.values(), key=lambda one: -len(words_of(one.name))):
        wanted = words_of(column.name)
        for start in range(len(asked) - len(wanted) + 1):
            places = set(range(start, start + len(wanted)))
            if (
                wanted
                and not places & taken
                and all(_same(asked[start + offset], word) for offset, word in enumerate(wanted))
            ):
                found[start] = (start, column)
                taken |= places
                break
    return [column for _, column in sorted(found.values(), key=lambda one: one[0]) if column.role != "empty"]


def understood(
    question: str,
    columns: Mapping[str, ChartColumn],
    times: Sequence[ChartColumn],
    categories: Sequence[ChartColumn],
) -> ChartPlan | None:
    """The chart that answers the question; None when it names nothing that can be charted."""
    from dataclasses import replace

    plan = _plan(question, columns, times, categories)
    if plan is None:
        return None
    top = _TOP.search(question)
    if top is not None and plan.kind == "bar":
        plan = replace(plan, top=min(max(int(top[1]), 1), MOST_BARS) + 1)  # and one bar for all others
    return replace(plan, asked=question)


def _plan(
    question: str,
    columns: Mapping[str, ChartColumn],
    times: Sequence[ChartColumn],
    categories: Sequence[ChartColumn],
) -> ChartPlan | None:
    named = named_columns(question, columns)
    words = set(words_of(question)) - {word for one in named for word in words_of(one.name)}
    numbers = [one for one in named if one.role == "measure"]
    groups = [one for one in named if one.role in {"category", "label", "identifier"}]
    time = next((one for one in named if one.role == "time"), None)
    counts = any(AGGREGATES.get(word) == "count" for word in words)
    codes = [one for one in groups if one.is_code]
    measured = words & (SPREAD | set(AGGREGATES)) or (words & PER and codes and codes[0] is named[0])
    if codes and not numbers and measured:
        numbers = [numeric(codes[0])]  # whole numbers can be measured as well as grouped
        groups.remove(codes[0])
    if words & NOT_DRAWN or (not numbers and not counts and words & OF_NUMBERS):
        return None
    if words & SPREAD and numbers:
        return ChartPlan("histogram", numbers[0], Measure())
    if time is None and times and (words & TRENDS or (words & set(GRAINS) and (numbers or groups or counts))):
        time = times[0]
    if time is not None:
        colour = next((one for one in groups if one.distinct <= MAX_COLOURS), None)
        return ChartPlan("line", time, _measure(words, numbers), colour, _grain(words))
    if len(numbers) > 1 and (words & AGAINST or not groups):
        return ChartPlan("density", numbers[0], Measure(), numbers[1])
    if not groups and "by" in words and numbers:
        groups = list(categories[:1])
    return _grouped(groups, numbers, words)


def _grouped(
    groups: Sequence[ChartColumn], numbers: Sequence[ChartColumn], words: set[str]
) -> ChartPlan | None:
    if len(groups) > 1:
        return ChartPlan("heat", groups[0], _measure(words, numbers), groups[1])
    if groups:
        return ChartPlan("bar", groups[0], _measure(words, numbers))
    return ChartPlan("histogram", numbers[0], Measure()) if numbers else None


def _grain(words: set[str]) -> Grain:
    for word, grain in GRAINS.items():
        if word in words:
            return grain
    return "auto"


def _measure(words: set[str], numbers: Sequence[ChartColumn]) -> Measure:
    if not numbers:
        return Measure()
    for word, wanted in AGGREGATES.items():
        if word in words:
            return Measure() if wanted == "count" else Measure(wanted, numbers[0])
    return default_measure(numbers[0])
