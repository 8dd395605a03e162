"""Rules to start from, written as YAML: what holds today, with a little room."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_magics.tools.data.quality.assessment import Assessment
    from studio_magics.tools.data.quality.profile import ColumnProfile

MAX_CATEGORIES = 10
LEAST_ROWS_EACH = 5
HEADER = """\
# Rules suggested from {name} ({rows:,} rows); they hold for this file.
# Read them, delete what is chance, then run %%studio run quality --data …  with these lines below.
# Rules of a column: {rules}
"""


def suggested_yaml(name: str, row_count: int, assessment: Assessment, *, show_values: bool) -> str:
    """The suggestions as a text that the tool reads back."""
    import yaml

    from studio_magics.tools.data.quality.expectations import COLUMN_RULES

    columns = {
        column.name: _rules(column, named_date=column.name == assessment.date_column, show_values=show_values)
        for column in assessment.columns
    }
    rules: dict[str, Any] = {"columns": columns}
    if row_count:
        rules = {"rows": {"min": max(1, row_count // 2)}, **rules}
    header = HEADER.format(name=" ".join(name.split()), rows=row_count, rules=", ".join(COLUMN_RULES))
    dumped = yaml.safe_dump(rules, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
    return header + dumped


def _rules(column: ColumnProfile, *, named_date: bool, show_values: bool) -> dict[str, Any]:
    rules: dict[str, Any] = {"required": True}
    if not column.present_count:
        return rules
    clean = not (column.text and column.text.misfit_count) and not column.is_stored_as_text
    if column.reading != "other" and clean:
        rules["type"] = column.reading
    if not column.missing_count:
        rules["not_null"] = True
    else:
        rules["max_missing_percent"] = min(100.0, round(100 * column.missing_share * 1.5 + 0.5, 1))
    whole = column.kind in {"integer", "text"} and column.reading in {"integer", "text"}
    if whole and column.distinct_count == column.row_count > LEAST_ROWS_EACH:
        rules["unique"] = True
    if show_values:
        rules |= _categories(column) or _bounds(column)
    if column.dates and named_date and not column.dates.future_count:
        rules["not_in_future"] = True
    return rules


GREATEST_BOUND = 1e15
"""Above it, infinity included, a round bound is no longer an exact number."""


def _bounds(column: ColumnProfile) -> dict[str, Any]:
    """A lower bound of zero where nothing is negative, and an upper one only for shares and percentages."""
    facts = column.numbers
    if facts is None or facts.negative_count:
        return {}
    if facts.maximum <= 1 and column.reading == "number":
        return {"min": 0, "max": 1}
    bounds: dict[str, Any] = {"min": 0}
    if 0 < facts.maximum < GREATEST_BOUND:
        bounds["max"] = _room_above(facts.maximum)
    return bounds


def _room_above(value: float) -> int | float:
    """About twice the value, rounded to one figure: 13,748 becomes 30,000."""
    step = 10.0 ** floor(log10(value))
    rounded = (floor(2 * value / step) + 1) * step
    return int(rounded) if rounded >= 1 else float(f"{rounded:.1g}")


def _categories(column: ColumnProfile) -> dict[str, Any]:
    usual = column.row_count >= LEAST_ROWS_EACH * column.distinct_count
    if column.kind not in {"text", "integer"} or column.is_stored_as_text:
        return {}
    if column.distinct_count > MAX_CATEGORIES or not usual:
        return {}
    if column.kind == "integer":
        return {"allowed": sorted(int(value.text) for value in column.top)}
    odd = {value.text for group in (column.text.variants if column.text else ()) for value in group[1:]}
    return {"allowed": sorted(value.text for value in column.top if value.text not in odd)}
