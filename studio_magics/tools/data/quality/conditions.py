# ruff: noqa: S608  - conditions are built from quoted names and literals
"""Turns a rule about one column into SQL that finds the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from studio_magics.contracts.quantities import number_text
from studio_magics.tools.data.quality.expectations import ColumnRule, ExpectationsRejected
from studio_magics.tools.tabular import TableSource, quoted, text_literal, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.tools.data.quality.observations import Dimension
    from studio_magics.tools.data.quality.profile import ColumnProfile

NUMBERS = frozenset({"integer", "number"})
_CASTS = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
MOMENTS = frozenset({"date", "timestamp"})
_WIDER = {
    "integer": {"integer"},
    "number": {"integer", "number"},
    "date": {"date"},
    "timestamp": {"date", "timestamp"},
}


@dataclass(frozen=True)
class Condition:
    """What must not be true of any row, and what is said about it."""

    expected: str
    fails_sql: str = ""
    checked_count: int = 0
    dimension: Dimension = "validity"
    tolerated: float = 0
    """So many failing rows still pass."""
    known_failing: int | None = None
    """Failing rows, where the profile has counted them already."""
    note: str = ""
    skipped: str = ""
    """Why the rule cannot be evaluated here."""


def condition_of(rule: ColumnRule, profile: ColumnProfile, now: datetime, *, expected_type: str) -> Condition:
    """The condition for one rule.

    Raises:
        ExpectationsRejected: The rule does not go with the type of the column.
    """
    subject = _Subject(rule, profile, now, expected_type)
    return _BUILDERS[rule.name](subject)


@dataclass(frozen=True)
class _Subject:
    """A rule, its column, and what both builders and refusals need."""

    rule: ColumnRule
    profile: ColumnProfile
    now: datetime
    expected_type: str

    @property
    def column(self) -> str:
        return quoted(self.profile.name)

    @property
    def value(self) -> Any:
        return self.rule.value

    def breaking(self, condition: str, expected: str, dimension: Dimension = "validity") -> Condition:
        """Rows with a value for which the condition is true."""
        fails = f"({self.profile.present_sql} AND ({condition}))"
        return Condition(expected, fails, self.profile.present_count, dimension)

    def unsuitable(self, allowed: str, kinds: frozenset[str]) -> Condition:
        """Refuse the rule, or skip it when a type rule reports the same trouble already.

        Raises:
            ExpectationsRejected: The rule does not go with the type of the column.
        """
        if self.profile.present_count == 0 or self.expected_type in kinds:
            cause = (
                "it has no values"
                if self.profile.present_count == 0
                else f"its values are {self.profile.reading}"
            )
            return Condition(f"{self.rule.name} {self.value}", skipped=f"not evaluated: {cause}")
        raise ExpectationsRejected(
            found=f"the rule {self.rule.name}: {self.value!r} on '{self.profile.name}',"
            f" a column of {self.profile.reading}",
            allowed=allowed,
            action="choose another rule for this column, or correct its type",
        )


def _bound(subject: _Subject) -> Condition:
    sign, word = ("<", "at least") if subject.rule.name == "min" else (">", "at most")
    if isinstance(subject.value, datetime):
        if subject.profile.reading not in MOMENTS:
            return subject.unsuitable("a number for numbers, a date for dates", MOMENTS)
        literal, shown = f"TIMESTAMP '{subject.value.isoformat(sep=' ')}'", f"{subject.value:%Y-%m-%d %H:%M}"
    else:
        if subject.profile.reading not in NUMBERS:
            return subject.unsuitable("min and max on numbers and dates", NUMBERS)
        literal, shown = f"{subject.value!r}", number_text(subject.value)
    return subject.breaking(
        f"({subject.profile.typed_sql}) {sign} {literal}", f"{word} {shown.removesuffix(' 00:00')}"
    )


def _not_null(subject: _Subject) -> Condition:
    profile = subject.profile
    return Condition(
        "no missing values",
        f"NOT coalesce({profile.present_sql}, false)",
        profile.row_count,
        "completeness",
        known_failing=profile.missing_count,
    )


def _max_missing(subject: _Subject) -> Condition:
    profile = subject.profile
    return Condition(
        f"at most {subject.value:g} % missing",
        f"NOT coalesce({profile.present_sql}, false)",
        profile.row_count,
        "completeness",
        tolerated=subject.value / 100 * profile.row_count,
        known_failing=profile.missing_count,
    )


def _unique(subject: _Subject) -> Condition:
    column, present = subject.column, subject.profile.present_sql
    repeated = (
        f"SELECT {column} FROM {TableSource.relation} WHERE {present} GROUP BY {column} HAVING count(*) > 1"
    )
    return subject.breaking(f"{column} IN ({repeated})", "no value twice", "uniqueness")


def _allowed(subject: _Subject) -> Condition:
    values = cast("tuple[object, ...]", subject.value)
    expected = "one of " + ", ".join(str(value) for value in values[:8]) + (" …" if len(values) > 8 else "")  # noqa: PLR2004  - one line
    if subject.profile.reading in NUMBERS:
        if not all(isinstance(value, int | float) for value in values):
            return subject.unsuitable("numbers for a column of numbers", NUMBERS)
        listed = ", ".join(repr(float(cast("float", value))) for value in values)
        return subject.breaking(f"({subject.profile.typed_sql})::DOUBLE NOT IN ({listed})", expected)
    listed = ", ".join(text_literal(_as_text(value)) for value in values)
    return subject.breaking(f"{subject.column}::VARCHAR NOT IN ({listed})", expected)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _regex(subject: _Subject) -> Condition:
    if subject.profile.kind not in {"text", "integer", "boolean", "date"}:
        return subject.unsuitable("regex on text, integers and dates", frozenset({"text"}))
    pattern = text_literal(subject.value)
    condition = f"NOT regexp_full_match({subject.column}::VARCHAR, {pattern})"
    return subject.breaking(condition, f"matches {subject.value} as a whole")


def _length(subject: _Subject) -> Condition:
    if subject.profile.kind not in {"text", "integer"}:
        return subject.unsuitable("min_length and max_length on text and integers", frozenset({"text"}))
    sign, word = ("<", "at least") if subject.rule.name == "min_length" else (">", "at most")
    condition = f"length({subject.column}::VARCHAR) {sign} {subject.value}"
    return subject.breaking(condition, f"{word} {subject.value} characters")


def _max_age(subject: _Subject) -> Condition:
    dates = subject.profile.dates
    if dates is None:
        return subject.unsuitable("max_age_days on dates", MOMENTS)
    oldest_allowed = subject.now.replace(tzinfo=None) - timedelta(days=subject.value)
    fresh = dates.newest_past is not None and dates.newest_past >= oldest_allowed
    return Condition(
        f"newest value at most {subject.value:g} days old",
        dimension="timeliness",
        known_failing=0 if fresh else 1,
        note=f"The newest value that is not in the future is {dates.newest_past}",
    )


def _not_in_future(subject: _Subject) -> Condition:
    if subject.profile.reading not in MOMENTS:
        return subject.unsuitable("not_in_future on dates", MOMENTS)
    moment = subject.now.replace(tzinfo=None).isoformat(sep=" ")
    return subject.breaking(f"({subject.profile.typed_sql}) > TIMESTAMP '{moment}'", "not later than the run")


def _type(subject: _Subject) -> Condition:
    profile, wanted = subject.profile, str(subject.value)
    expected = f"type {wanted}"
    if not profile.present_count:
        return Condition(expected, known_failing=0)
    if wanted == "text":
        fits = profile.kind == "text" or not profile.declared
        return Condition(
            expected, checked_count=profile.present_count, known_failing=0 if fits else profile.present_count
        )
    if wanted == "integer" and profile.reading == "number":
        whole = f"coalesce(({profile.typed_sql}) <> floor({profile.typed_sql}), true)"
        return subject.breaking(whole, expected)
    if profile.reading in _WIDER.get(wanted, {wanted}) and not (
        profile.declared and profile.is_stored_as_text
    ):
        return subject.breaking(f"({profile.typed_sql}) IS NULL", expected)
    if profile.kind == "text" and wanted in _CASTS and not profile.declared:
        return subject.breaking(f"TRY_CAST({trimmed(subject.column)} AS {_CASTS[wanted]}) IS NULL", expected)
    return Condition(
        expected,
        checked_count=profile.present_count,
        known_failing=profile.present_count,
        note=f"the values are {profile.reading}, stored as {profile.type}",
    )


_BUILDERS: dict[str, Callable[[_Subject], Condition]] = {
    "type": _type,
    "not_null": _not_null,
    "max_missing_percent": _max_missing,
    "unique": _unique,
    "min": _bound,
    "max": _bound,
    "allowed": _allowed,
    "regex": _regex,
    "min_length": _length,
    "max_length": _length,
    "max_age_days": _max_age,
    "not_in_future": _not_in_future,
}
