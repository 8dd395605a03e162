# ruff: noqa: S608  - conditions are built from quoted names and literals
"""Holds the user's rules against the table: what passes, what fails, in how many rows, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.conditions import Condition, condition_of
from studio_magics.tools.data.quality.expectations import (
    ColumnRule,
    Expectations,
    ExpectationsRejected,
    did_you_mean,
)
from studio_magics.tools.data.quality.observations import (
    Observation,
    percent,
    rows,
    severity_of_share,
    shortened,
)
from studio_magics.tools.data.quality.sql_checks import failing_counts, failing_rows
from studio_magics.tools.tabular import TableSource, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.quality.observations import Dimension
    from studio_magics.tools.data.quality.profile import ColumnProfile

STRUCTURAL = frozenset({"required", "closed", "rows", "key", "unique", "not_null", "type"})
"""Rules whose failure is serious however few rows are concerned."""


STATUS = {True: "passed", False: "failed", None: "not evaluated"}


@dataclass(frozen=True)
class Outcome:
    """What became of one rule."""

    rule: str
    column: str
    expected: str
    passed: bool | None
    """None when the rule could not be evaluated; `note` says why."""
    failing_count: int = 0
    checked_count: int = 0
    examples: tuple[str, ...] = ()
    dimension: Dimension = "validity"
    note: str = ""

    @property
    def share(self) -> float:
        """Failing rows over rows looked at; 1 for a rule about the whole table."""
        if self.passed is not False:
            return 0.0
        return self.failing_count / self.checked_count if self.checked_count else 1.0


@dataclass(frozen=True)
class RuleBook:
    """The rules of one run, and what they are held against."""

    table: TableSource
    profiles: Mapping[str, ColumnProfile]
    expectations: Expectations
    now: datetime
    sample_rows: int

    def refuse_unknown_columns(self) -> None:
        """Refuse a rule on a column that is not there, unless the rules say that it is required or optional.

        Raises:
            ExpectationsRejected: Names the column and the nearest one.
        """
        excused = {*self.expectations.required, *self.expectations.optional}
        for name in (*self.expectations.listed, *self.expectations.key):
            if name not in self.profiles and (name not in excused or name in self.expectations.key):
                raise ExpectationsRejected(
                    found=f"a rule on column '{name}', which the table does not have",
                    allowed=", ".join(list(self.profiles)[:20]),
                    action=did_you_mean(name, self.profiles)
                    + " (or write required: true to make its absence a failure)",
                )

    def outcomes(self) -> list[Outcome]:
        """Evaluate every rule exactly, over all rows.

        Raises:
            ExpectationsRejected: A rule does not go with the type of its column, or a condition is not SQL.
        """
        found = [*self._about_columns(), *self._about_rows()]
        found += [self._column_rule(rule) for rule in self.expectations.rules if self._applies(rule)]
        if self.expectations.key:
            found.append(self._key())
        found += self._checks()
        return found

    def _applies(self, rule: ColumnRule) -> bool:
        return rule.column in self.profiles or rule.column not in self.expectations.optional

    def _about_columns(self) -> Iterator[Outcome]:
        for name in self.expectations.required:
            there = name in self.profiles
            yield Outcome(
                "required", name, "the column exists", there, note="" if there else "the column is missing"
            )
        if self.expectations.closed:
            extra = [name for name in self.profiles if name not in self.expectations.listed]
            note = f"not listed: {', '.join(extra[:10])}" if extra else ""
            yield Outcome(
                "closed",
                "",
                "no column beyond the listed ones",
                not extra,
                len(extra),
                len(self.profiles),
                note=note,
            )

    def _about_rows(self) -> Iterator[Outcome]:
        count = self.table.row_count
        least, most = self.expectations.min_rows, self.expectations.max_rows
        note = f"the table has {rows(count)}"
        if least is not None:
            yield Outcome("rows", "", f"at least {rows(least)}", count >= least, note=note)
        if most is not None:
            yield Outcome("rows", "", f"at most {rows(most)}", count <= most, note=note)

    def _column_rule(self, rule: ColumnRule) -> Outcome:
        profile = self.profiles.get(rule.column)
        if profile is None:
            return Outcome(
                rule.name, rule.column, f"{rule.name} {rule.value}", None, note="the column is missing"
            )
        typed_rule = next(
            (
                one.value
                for one in self.expectations.rules
                if one.column == rule.column and one.name == "type"
            ),
            "",
        )
        condition = condition_of(rule, profile, self.now, expected_type=typed_rule)
        if condition.skipped:
            return Outcome(rule.name, rule.column, condition.expected, None, note=condition.skipped)
        return self._counted(rule, profile, condition)

    def _counted(self, rule: ColumnRule, profile: ColumnProfile, condition: Condition) -> Outcome:
        failing, shown = condition.known_failing, ()
        if failing is None:
            failing = self._failing(rule, condition)
        if failing and condition.fails_sql:
            shown = self._examples(condition.fails_sql, profile.name)
        passed = failing <= condition.tolerated
        return Outcome(
            rule.name,
            rule.column,
            condition.expected,
            passed,
            failing,
            condition.checked_count,
            examples=() if passed else shown,
            dimension=condition.dimension,
            note="" if passed else condition.note,
        )

    def _failing(self, rule: ColumnRule, condition: Condition) -> int:
        import duckdb

        try:
            return self.table.query(
                f"SELECT count(*) FILTER ({condition.fails_sql}) FROM {TableSource.relation}"
            )[0][0]
        except duckdb.Error as error:
            raise ExpectationsRejected(
                found=f"columns.{rule.column}.{rule.name}: {rule.value!r} ({str(error).splitlines()[0]})",
                allowed="a value that can be evaluated; regular expressions in RE2 syntax",
                action="correct the value (RE2 has no look-around and no back-references)",
            ) from error

    def _examples(self, fails_sql: str, column: str) -> tuple[str, ...]:
        number = self.table.row_number_sql
        found = self.table.query(
            f"SELECT {number}, {quoted(column)}::VARCHAR FROM {TableSource.relation} WHERE {fails_sql}"
            f" ORDER BY 1, 2 LIMIT {self.sample_rows}"
        )
        return tuple(_example(row, value) for row, value in found)

    def _key(self) -> Outcome:
        key = self.expectations.key
        columns = ", ".join(quoted(name) for name in key)
        empty = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
        failing = self.table.query(
            f"SELECT coalesce(sum(n) FILTER (n > 1 OR missing), 0)::BIGINT FROM (SELECT count(*) AS n,"
            f" bool_or({empty}) AS missing FROM {TableSource.relation} GROUP BY {columns})"
        )[0][0]
        return Outcome(
            "key",
            ", ".join(key),
            "complete and unique together",
            not failing,
            failing,
            self.table.row_count,
            dimension="uniqueness",
        )

    def _checks(self) -> Iterator[Outcome]:
        for check in self.expectations.checks:
            failing, unknown = failing_counts(self.table, check)
            numbers = failing_rows(self.table, check, self.sample_rows) if failing else []
            yield Outcome(
                "sql",
                "",
                check.name,
                not failing,
                failing,
                self.table.row_count,
                examples=tuple(f"row {number:,}" for number in numbers),
                note=f"unknown for {rows(unknown)} with missing values" if unknown else "",
            )


def _example(row: int | None, value: str | None) -> str:
    shown = "(empty)" if value is None else shortened(value)
    return shown if row is None else f"row {row:,}: {shown}"


def failure_observations(outcomes: list[Outcome]) -> Iterator[Observation]:
    """One observation for each rule that fails."""
    for outcome in outcomes:
        if outcome.passed is not False:
            continue
        subject = f"'{outcome.column}'" if outcome.column else "the table"
        counted = f"{outcome.failing_count:,} of {outcome.checked_count:,} fail ({percent(outcome.share)})"
        parts = [counted if outcome.checked_count else "", outcome.note, "; ".join(outcome.examples)]
        severity: Severity = (
            "high" if outcome.rule in STRUCTURAL else severity_of_share(outcome.share, high=0.05, medium=0)
        )
        yield Observation(
            "expectation-failed",
            severity,
            f"Rule not met: {subject} – {outcome.expected}",
            outcome.column,
            detail=". ".join(part for part in parts if part) + ".",
            action="Correct the data, or the rule if the world has changed.",
            count=outcome.failing_count if outcome.checked_count else None,
            share=outcome.share,
            dimension=outcome.dimension,
        )
