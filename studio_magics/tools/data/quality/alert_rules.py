"""Alert rules of the user: which figure is watched, and from which values on it warns or fails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from studio_magics.tools.data.quality.rule_values import ExpectationsRejected, did_you_mean, shown, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ALERTS = 100
FIELDS = ("name", "metric", "columns", "warn", "fail")
Scope = Literal["table", "column"]
METRICS: Mapping[str, tuple[Scope, bool, str]] = {
    "rows": ("table", False, "rows of the table"),
    "rows_change_percent": ("table", True, "change of the number of rows, in per cent"),
    "new_columns": ("table", True, "columns that the earlier table did not have"),
    "vanished_columns": ("table", True, "columns that only the earlier table had"),
    "changed_types": ("table", True, "columns whose values mean something else now"),
    "score": ("table", False, "the quality score, 0 to 100"),
    "failed_rules": ("table", False, "rules of yours that fail"),
    "missing_percent": ("column", False, "missing values, in per cent of the rows"),
    "missing_change": ("column", True, "change of the missing values, in percentage points"),
    "distinct": ("column", False, "different values"),
    "minimum": ("column", False, "the least number"),
    "maximum": ("column", False, "the greatest number"),
    "mean": ("column", False, "the mean of the numbers"),
    "mean_change_percent": ("column", True, "change of the mean, in per cent"),
    "age_days": ("column", False, "age of the newest past date, in days"),
    "psi": ("column", True, "population stability index"),
    "ks": ("column", True, "Kolmogorov-Smirnov distance, 0 to 1"),
    "outside_percent": ("column", True, "numbers outside the earlier range, in per cent"),
    "new_values_percent": ("column", True, "rows with values that were not there, in per cent"),
}
"""Name → what it is of, whether it needs an earlier table, and what it means."""
NUMBER = r"-?\d+(?:\.\d+)?"
ONE = re.compile(rf"(above|below|at least|at most|not)\s+({NUMBER})\s*%?")
TWO = re.compile(rf"outside\s+({NUMBER})\s+to\s+({NUMBER})\s*%?")
CONDITIONS = "above 5, below 5, at least 5, at most 5, not 0, outside 10 to 20"


@dataclass(frozen=True)
class Condition:
    """When a figure is worth an alarm."""

    words: str
    kind: str
    low: float
    high: float

    def holds(self, figure: float) -> bool:
        """Whether the figure is one to raise the alarm for."""
        if self.kind == "outside":
            return not self.low <= figure <= self.high
        return {
            "above": figure > self.low,
            "below": figure < self.low,
            "at least": figure >= self.low,
            "at most": figure <= self.low,
            "not": figure != self.low,
        }[self.kind]


@dataclass(frozen=True)
class AlertRule:
    """One watched figure; `columns` is empty for every column and for a figure of the table."""

    name: str
    metric: str
    columns: tuple[str, ...]
    warn: Condition | None
    fail: Condition | None

    @property
    def scope(self) -> Scope:
        """What the figure is of."""
        return METRICS[self.metric][0]

    @property
    def needs_earlier(self) -> bool:
        """Whether it compares with an earlier table."""
        return METRICS[self.metric][1]


def read_alerts(value: object) -> tuple[AlertRule, ...]:
    """The alert rules of the section 'alerts'.

    Raises:
        ExpectationsRejected: An unknown field or metric, a condition that cannot be read, or too many.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise wrong("alerts", value, "a list of rules", "alerts: [{metric: rows, fail: below 1000}]")
    found = [_alert(body, f"alerts[{place}]") for place, body in enumerate(cast("list[object]", value), 1)]
    if len(found) > MAX_ALERTS:
        action = "watch several columns with one rule: columns: [a, b]"
        raise ExpectationsRejected(
            found=f"{len(found)} alerts", allowed=f"at most {MAX_ALERTS}", action=action
        )
    return tuple(found)


def _alert(body: object, where: str) -> AlertRule:
    if not isinstance(body, dict):
        raise wrong(where, body, f"a mapping with {', '.join(FIELDS)}", "{metric: psi, fail: above 0.25}")
    fields = cast("dict[object, object]", body)
    for name in fields:
        if name not in FIELDS:
            raise _unknown(f"{where}: unknown field '{name}'", str(name), FIELDS)
    metric = fields.get("metric")
    if not isinstance(metric, str) or metric not in METRICS:
        raise _unknown(f"{where}.metric: {metric!r}", str(metric), tuple(METRICS))
    columns = _columns(fields.get("columns"), metric, where)
    warn, fail = (_condition(fields.get(name), f"{where}.{name}") for name in ("warn", "fail"))
    if warn is None and fail is None:
        raise ExpectationsRejected(
            found=f"{where}: neither warn nor fail", allowed=CONDITIONS, action="add fail: above 5"
        )
    name = fields.get("name") or metric
    if not isinstance(name, str) or len(name) > 200:  # noqa: PLR2004  - one line
        raise wrong(f"{where}.name", name, "a text of at most 200 characters", "name: rows do not halve")
    return AlertRule(name, metric, columns, warn, fail)


def _unknown(found: str, word: str, known: tuple[str, ...]) -> ExpectationsRejected:
    return ExpectationsRejected(found=found, allowed=", ".join(known), action=did_you_mean(word, known))


def _columns(value: object, metric: str, where: str) -> tuple[str, ...]:
    if METRICS[metric][0] == "table":
        if value is not None:
            raise ExpectationsRejected(
                found=f"{where}.columns: {shown(value)}",
                allowed=f"no columns: '{metric}' is of the table",
                action="leave it out",
            )
        return ()
    if value in (None, "*"):
        return ()
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(one, str) for one in cast("list[object]", names)):
        return tuple(cast("list[str]", names))
    raise wrong(f"{where}.columns", value, "names of columns, or '*' for all", "columns: [email, phone]")


def _condition(value: object, where: str) -> Condition | None:
    if value is None:
        return None
    text = value.strip().lower() if isinstance(value, str) else ""
    if match := ONE.fullmatch(text):
        return Condition(text, match[1], float(match[2]), float(match[2]))
    if (match := TWO.fullmatch(text)) and float(match[1]) <= float(match[2]):
        return Condition(text, "outside", float(match[1]), float(match[2]))
    raise wrong(where, value, CONDITIONS, "fail: above 5")
