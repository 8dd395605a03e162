"""Holds the alert rules against the figures of a run: pass, warn or fail, with the figures that did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.contracts.quantities import number_text
from studio_magics.tools.data.quality.observations import Observation
from studio_magics.tools.data.quality.rule_values import ExpectationsRejected, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.quality.alert_rules import AlertRule
    from studio_magics.tools.data.quality.drift import ColumnDrift, Drift
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.rules import Outcome
    from studio_magics.tools.data.quality.score import Score

State = Literal["pass", "warn", "fail", "not evaluated"]
RANK: Mapping[State, int] = {"fail": 0, "warn": 1, "not evaluated": 2, "pass": 3}
SHOWN = 5


@dataclass(frozen=True)
class AlertFigure:
    """The watched figure of one column, or of the table where the column is empty."""

    column: str
    figure: float
    state: State


@dataclass(frozen=True)
class AlertOutcome:
    """What became of one rule; `figures` holds the alarming ones first."""

    rule: AlertRule
    state: State
    figures: tuple[AlertFigure, ...]
    note: str = ""

    @property
    def told(self) -> str:
        """The alarming figures in words, or what was seen."""
        alarming = [one for one in self.figures if one.state in {"warn", "fail"}]
        chosen = alarming or list(self.figures)
        more = f" and {len(chosen) - SHOWN} more" if len(chosen) > SHOWN else ""
        words = [f"{one.column}: " * bool(one.column) + number_text(one.figure) for one in chosen]
        return ", ".join(words[:SHOWN]) + more or self.note


@dataclass(frozen=True)
class Figures:
    """Everything that can be watched."""

    row_count: int
    columns: Mapping[str, ColumnProfile]
    drift: Drift | None
    score: Score | None
    outcomes: Sequence[Outcome]
    now: datetime

    def of_table(self, metric: str) -> float | None:
        """A figure of the table; None where there is none to tell."""
        drift = self.drift
        if metric == "rows_change_percent":
            return None if drift is None or drift.row_change is None else 100 * drift.row_change
        if drift is not None and metric in {"new_columns", "vanished_columns"}:
            return len(drift.new_columns if metric == "new_columns" else drift.vanished_columns)
        if drift is not None and metric == "changed_types":
            return sum(one.has_other_type for one in drift.columns)
        if metric == "score":
            return self.score.total if self.score else None
        failed = sum(one.passed is False for one in self.outcomes)
        return {"rows": self.row_count, "failed_rules": failed}.get(metric)

    def of_column(self, metric: str, name: str) -> float | None:
        """A figure of one column; None where it has none, such as the mean of texts."""
        if metric in OF_PROFILE:
            return OF_PROFILE[metric](self.columns[name], self.now)
        changed = next((one for one in self.drift.columns if one.name == name), None) if self.drift else None
        return None if changed is None else OF_DRIFT[metric](changed)


def _age(column: ColumnProfile, now: datetime) -> float | None:
    newest = column.dates.newest_past if column.dates else None
    return None if newest is None else (now.replace(tzinfo=None) - newest).total_seconds() / 86_400


OF_PROFILE: Mapping[str, Callable[[ColumnProfile, datetime], float | None]] = {
    "missing_percent": lambda column, _: 100 * column.missing_share,
    "distinct": lambda column, _: column.distinct_count,
    "minimum": lambda column, _: column.numbers.minimum if column.numbers else None,
    "maximum": lambda column, _: column.numbers.maximum if column.numbers else None,
    "mean": lambda column, _: column.numbers.mean if column.numbers else None,
    "age_days": _age,
}


def _mean_change(one: ColumnDrift) -> float | None:
    if not one.before.numbers or not one.now.numbers or not one.before.numbers.mean:
        return None
    before = one.before.numbers.mean
    return 100 * (one.now.numbers.mean - before) / abs(before)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


OF_DRIFT: Mapping[str, Callable[[ColumnDrift], float | None]] = {
    "missing_change": lambda one: 100 * one.missing_change,
    "mean_change_percent": _mean_change,
    "psi": lambda one: one.psi,
    "ks": lambda one: one.ks,
    "outside_percent": lambda one: _percent(one.outside_share),
    "new_values_percent": lambda one: _percent(one.new_value_share),
}


def refuse_unknown_columns(rules: Sequence[AlertRule], names: Sequence[str], earlier: Sequence[str]) -> None:
    """Refuse a rule that watches a column which neither table has.

    Raises:
        ExpectationsRejected: Naming the column and the nearest one.
    """
    for rule in rules:
        for name in rule.columns:
            if name not in names and name not in earlier:
                raise ExpectationsRejected(
                    found=f"alert '{rule.name}' on column '{name}', which the table does not have",
                    allowed=", ".join(names[:20]),
                    action=did_you_mean(name, names),
                )


def evaluate(rules: Sequence[AlertRule], figures: Figures) -> tuple[AlertOutcome, ...]:
    """The outcome of every rule, in the order of the rules."""
    return tuple(_outcome(rule, figures) for rule in rules)


def _outcome(rule: AlertRule, figures: Figures) -> AlertOutcome:
    if rule.scope == "table":
        seen = [("", figures.of_table(rule.metric))]
    else:
        names = rule.columns or tuple(figures.columns)
        gone = [name for name in names if name not in figures.columns]
        if gone:
            return AlertOutcome(rule, "fail", (), f"the column '{gone[0]}' is not there any more")
        seen = [(name, figures.of_column(rule.metric, name)) for name in names]
    told = [AlertFigure(name, value, _state(rule, value)) for name, value in seen if value is not None]
    if not told:
        return AlertOutcome(rule, "not evaluated", (), "there is no such figure in this table")
    told.sort(key=lambda one: (RANK[one.state], one.column))
    return AlertOutcome(rule, told[0].state, tuple(told))


def _state(rule: AlertRule, figure: float) -> State:
    if rule.fail is not None and rule.fail.holds(figure):
        return "fail"
    return "warn" if rule.warn is not None and rule.warn.holds(figure) else "pass"


def alert_observations(outcomes: Sequence[AlertOutcome]) -> Iterator[Observation]:
    """One observation for each rule that warns or fails; alerts never lower the score."""
    for outcome in outcomes:
        if outcome.state not in {"warn", "fail"}:
            continue
        severity: Severity = "high" if outcome.state == "fail" else "medium"
        rule = outcome.rule
        limits = [f"{word} {one.words}" for word, one in (("warns", rule.warn), ("fails", rule.fail)) if one]
        alarming = [one for one in outcome.figures if one.state in {"warn", "fail"}]
        yield Observation(
            f"alert-{outcome.state}",
            severity,
            f"Alert {'fails' if outcome.state == 'fail' else 'warns'}: {rule.name}",
            alarming[0].column if len(alarming) == 1 else "",
            detail=f"{rule.metric} {'; '.join(limits)}. {outcome.told or outcome.note}.",
            action="Look at what delivered this table, or move the limit if the world has changed.",
            count=len(alarming) or None,
        )
