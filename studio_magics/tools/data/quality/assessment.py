"""The whole assessment of one table, stage by stage; everything the report and the pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality import alerts, drift
from studio_magics.tools.data.quality.counting import Counter
from studio_magics.tools.data.quality.drift_checks import drift_observations
from studio_magics.tools.data.quality.expectations import Expectations, did_you_mean, parse_expectations
from studio_magics.tools.data.quality.observations import Observation, ranked
from studio_magics.tools.data.quality.outliers import (
    Fences,
    can_be_judged,
    find_outliers,
    outlier_observation,
)
from studio_magics.tools.data.quality.range_checks import RangeChecks
from studio_magics.tools.data.quality.rules import Outcome, RuleBook, failure_observations
from studio_magics.tools.data.quality.score import Score, score_of
from studio_magics.tools.data.quality.table_checks import duplicate_observations, key_observations, staleness
from studio_magics.tools.data.quality.text_checks import TextChecks
from studio_magics.tools.data.quality.value_checks import ValueChecks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.quality.inputs import QualityInput
    from studio_magics.tools.data.quality.observations import Dimension
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.snapshot import Snapshot
    from studio_magics.tools.tabular import TableSource

MAX_COLUMNS = 300


@dataclass(frozen=True)
class Assessment:
    """What is known about the table when all stages are done."""

    columns: tuple[ColumnProfile, ...]
    observations: tuple[Observation, ...]
    """Ranked, most severe first."""
    outcomes: tuple[Outcome, ...]
    fences: dict[str, Fences]
    score: Score | None
    """None for a table without rows: there is nothing to rate."""
    date_column: str
    not_checked: tuple[str, ...]
    drift: drift.Drift | None = None
    """None when no earlier table was given."""
    alerts: tuple[alerts.AlertOutcome, ...] = ()


@dataclass
class Assessor:
    """Runs the stages; each reports its progress before it starts."""

    table: TableSource
    inputs: QualityInput
    context: RunContext
    earlier: Snapshot | None = None

    def assess(self) -> Assessment:
        """Profile, check and rate the table.

        Raises:
            InputRejected: An option or rule names a column that is not there or does not fit.
        """
        expectations = parse_expectations(self.inputs.expectations)
        self._refuse_unknown_options()
        if len(self.table.columns) > MAX_COLUMNS:
            found = f"{len(self.table.columns)} columns"
            action = "select the columns that matter"
            raise InputRejected("data", found=found, allowed=f"at most {MAX_COLUMNS}", action=action)
        columns = self._profiles()
        book = RuleBook(
            self.table,
            {column.name: column for column in columns},
            expectations,
            self.context.now,
            self.inputs.sample_rows,
        )
        book.refuse_unknown_columns()
        names = [column.name for column in columns]
        alerts.refuse_unknown_columns(
            expectations.alerts, names, list(self.earlier.columns) if self.earlier else []
        )
        self.context.progress(0.7, "checking your rules")
        outcomes = tuple(book.outcomes())
        fences = self._fences(columns)
        observations = [*self._observations(columns, expectations), *failure_observations(list(outcomes))]
        observations += [self._outliers(column, fences) for column in columns if column.name in fences]
        date_column = self._date_column(columns)
        observations += self._stale(columns, date_column)
        score = None
        if self.table.row_count:
            score = score_of(observations, self._rated(columns, expectations, date_column))
        changed = self._drift(columns)
        told = self._alerts(columns, expectations, changed, score, outcomes)
        if changed is not None:
            observations += drift_observations(changed, show_values=self.inputs.sample_rows > 0)
        observations += alerts.alert_observations(told)
        return Assessment(
            columns,
            tuple(ranked(observations)),
            outcomes,
            fences,
            score,
            date_column,
            (*self._not_checked(columns, expectations, date_column), *_not_compared(changed)),
            changed,
            told,
        )

    def _drift(self, columns: tuple[ColumnProfile, ...]) -> drift.Drift | None:
        if self.earlier is None:
            return None
        self.context.progress(0.85, "comparing with the earlier table")
        return drift.compare(self.table, columns, self.earlier)

    def _alerts(
        self,
        columns: tuple[ColumnProfile, ...],
        expectations: Expectations,
        changed: drift.Drift | None,
        score: Score | None,
        outcomes: tuple[Outcome, ...],
    ) -> tuple[alerts.AlertOutcome, ...]:
        named = {column.name: column for column in columns}
        figures = alerts.Figures(self.table.row_count, named, changed, score, outcomes, self.context.now)
        return alerts.evaluate(expectations.alerts, figures)

    def _refuse_unknown_options(self) -> None:
        names = [column.name for column in self.table.columns]
        asked = [("key", name) for name in self.inputs.key]
        asked += [("date_column", self.inputs.date_column)] if self.inputs.date_column else []
        for field, name in asked:
            if name not in names:
                raise InputRejected(
                    field,
                    found=f"no column '{name}'",
                    allowed=", ".join(names[:20]),
                    action=did_you_mean(name, names),
                )

    def _profiles(self) -> tuple[ColumnProfile, ...]:
        counter = Counter(self.table, self.context.now, self.inputs.missing_tokens)
        found: list[ColumnProfile] = []
        total = len(self.table.columns)
        for place, column in enumerate(self.table.columns):
            self.context.progress(0.3 + 0.35 * place / total, f"counting column {place + 1} of {total}")
            found.append(counter.profile(column))
        return tuple(found)

    def _fences(self, columns: tuple[ColumnProfile, ...]) -> dict[str, Fences]:
        self.context.progress(0.75, "looking for outliers")
        found = (find_outliers(self.table, column, self.inputs.outlier_factor) for column in columns)
        return {fences.column: fences for fences in found if fences}

    def _outliers(self, column: ColumnProfile, fences: dict[str, Fences]) -> Observation:
        show = self.inputs.sample_rows > 0
        return outlier_observation(column, fences[column.name], self.inputs.outlier_factor, show=show)

    def _observations(
        self, columns: tuple[ColumnProfile, ...], expectations: Expectations
    ) -> Iterator[Observation]:
        if not self.table.row_count:
            yield Observation(
                "empty-table",
                "critical",
                "The table has a header and no rows",
                detail=f"{len(columns)} columns are named; nothing else could be checked.",
                action="Check the query or the filter behind the export.",
            )
            return
        self.context.progress(0.8, "looking for repeated rows")
        yield from duplicate_observations(self.table, columns)
        key = self.inputs.key or expectations.key
        if key:
            yield from key_observations(self.table, key, self.inputs.sample_rows)
        for column in columns:
            yield from ValueChecks(column, self.inputs.sample_rows).observations()
            yield from RangeChecks(column).observations()
            yield from TextChecks(column, self.inputs.sample_rows).observations()

    def _date_column(self, columns: tuple[ColumnProfile, ...]) -> str:
        dated = [column.name for column in columns if column.dates]
        if self.inputs.date_column:
            if self.inputs.date_column not in dated and self.table.row_count:
                raise InputRejected(
                    "date_column",
                    found=f"'{self.inputs.date_column}' holds no dates that can be read without guessing",
                    allowed=", ".join(dated) or "a column of dates such as 2024-12-31",
                    action="write the dates as 2024-12-31, or name another column",
                )
            return self.inputs.date_column
        return dated[0] if len(dated) == 1 else ""

    def _stale(self, columns: tuple[ColumnProfile, ...], date_column: str) -> list[Observation]:
        limit = self.inputs.max_age_days
        if limit is None:
            return []
        if not date_column and self.table.row_count:
            dated = [column.name for column in columns if column.dates]
            raise InputRejected(
                "max_age_days",
                found="no single date column to hold it against",
                allowed=", ".join(dated) or "a table with a column of dates",
                action=f"add date_column: {dated[0]}" if dated else "leave max_age_days out",
            )
        found = (staleness(one, self.context.now, limit) for one in columns if one.name == date_column)
        return [one for one in found if one]

    def _rated(
        self, columns: tuple[ColumnProfile, ...], expectations: Expectations, date_column: str
    ) -> dict[Dimension, list[str]]:
        """Who could have failed in which dimension."""
        names = [column.name for column in columns]
        aged = [rule.column for rule in expectations.rules if rule.name == "max_age_days"]
        if self.inputs.max_age_days is not None and date_column:
            aged.append(date_column)
        unique = [rule.column for rule in expectations.rules if rule.name == "unique"]
        key = ", ".join(self.inputs.key or expectations.key)
        return {
            "completeness": names,
            "validity": ["the table", *(column.name for column in columns if column.present_count)],
            "uniqueness": list(dict.fromkeys(["the table", *([key] if key else []), *unique])),
            "consistency": [
                column.name for column in columns if column.kind == "text" and column.present_count
            ],
            "timeliness": list(dict.fromkeys(aged)),
        }

    def _not_checked(
        self, columns: tuple[ColumnProfile, ...], expectations: Expectations, date_column: str
    ) -> Iterator[str]:
        flat = [
            column.name
            for column in columns
            if column.numbers and column.distinct_count > 1 and not can_be_judged(column)
        ]
        if flat:
            yield (
                f"Outliers in {_listed(flat)}: fewer than 30 values or 10 different ones, or at "
                "least half of the "
                "values are equal, so there is no spread to measure against."
            )
        nested = [column.name for column in columns if column.kind == "other"]
        if nested:
            yield f"The inside of {_listed(nested)}: nested, binary or time-of-day values were only counted."
        guessing = [column.name for column in columns if column.text and column.text.guessed_count]
        if guessing:
            yield (
                f"Age, gaps and future dates of {_listed(guessing)} where day and month cannot be told apart "
                "without guessing."
            )
        if self.inputs.max_age_days is None and not any(
            rule.name == "max_age_days" for rule in expectations.rules
        ):
            subject = f"'{date_column}'" if date_column else "the data"
            yield f"Whether {subject} is fresh enough: no max_age_days was given, so timeliness is not rated."
        if not self.inputs.key and not expectations.key:
            yield "Whether rows are unique by key: no key was given; only entirely equal rows were counted."
        if not expectations.count:
            yield "Rules of your own: none were given. expectations.yaml holds suggestions to start from."
        yield "Whether values are true: a plausible value can still be wrong."
        if self.earlier is None:
            yield "Relations to other tables, and drift: no earlier table was given (previous)."
        else:
            yield "Relations to other tables, and drift of columns together: each was compared alone."


def _not_compared(changed: drift.Drift | None) -> Iterator[str]:
    if changed is not None and changed.not_compared:
        yield (
            f"The spread of {_listed(list(changed.not_compared))}: keys, texts with more than 50 different "
            "values, and columns with fewer than 20 values are not compared."
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")  # noqa: PLR2004  - one line
