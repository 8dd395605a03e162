"""The user's rules: read from YAML into plain records, each wrong word answered with what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

from studio_magics.tools.data.quality.alert_rules import AlertRule, read_alerts
from studio_magics.tools.data.quality.rule_values import (
    READERS,
    ExpectationsRejected,
    did_you_mean,
    read_count,
    read_flag,
    read_text,
    shown,
    wrong,
)
from studio_magics.tools.data.quality.yaml_text import YamlRefused, load_yaml

MAX_RULES = 200
SECTIONS = ("columns", "key", "rows", "closed", "checks", "alerts")
COLUMN_RULES = (
    "required",
    "type",
    "not_null",
    "max_missing_percent",
    "unique",
    "min",
    "max",
    "allowed",
    "regex",
    "min_length",
    "max_length",
    "max_age_days",
    "not_in_future",
)
RuleName = Literal[
    "type",
    "not_null",
    "max_missing_percent",
    "unique",
    "min",
    "max",
    "allowed",
    "regex",
    "min_length",
    "max_length",
    "max_age_days",
    "not_in_future",
]


@dataclass(frozen=True)
class ColumnRule:
    """One rule about one column."""

    column: str
    name: RuleName
    value: Any


@dataclass(frozen=True)
class SqlCheck:
    """A condition that no row may break."""

    name: str
    sql: str


@dataclass(frozen=True)
class Expectations:
    """All rules of the user."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    rules: tuple[ColumnRule, ...] = ()
    key: tuple[str, ...] = ()
    min_rows: int | None = None
    max_rows: int | None = None
    closed: bool = False
    checks: tuple[SqlCheck, ...] = field(default=())
    alerts: tuple[AlertRule, ...] = ()
    """Figures that are watched; not counted among the rules."""

    @property
    def count(self) -> int:
        """How many rules there are."""
        bounds = (self.min_rows is not None) + (self.max_rows is not None)
        return len(self.required) + len(self.rules) + bool(self.key) + bounds + self.closed + len(self.checks)


def parse_expectations(text: str) -> Expectations:
    """Read the rules; an empty text is no rules.

    Raises:
        ExpectationsRejected: An unknown section, rule or type, a value of the wrong kind, or too many rules.
    """
    if not text.strip():
        return Expectations()
    try:
        loaded = load_yaml(text)
    except YamlRefused as error:
        raise ExpectationsRejected(found=error.found, allowed=error.allowed, action=error.action) from error
    sections = _mapping(loaded, "the expectations", f"a mapping with {', '.join(SECTIONS)}")
    for name in sections:
        _known(name, SECTIONS, "section")
    columns = _mapping(sections.get("columns") or {}, "columns", "a mapping of column name to rules")
    rules = [rule for name, body in columns.items() for rule in _column_rules(str(name), body)]
    rows = _mapping(sections.get("rows") or {}, "rows", "min and max")
    for name in rows:
        _known(name, ("min", "max"), "limit of rows")
    expectations = Expectations(
        required=_names_with(columns, required=True),
        optional=_names_with(columns, required=False),
        listed=tuple(str(name) for name in columns),
        rules=tuple(rules),
        key=_names(sections.get("key"), "key"),
        min_rows=read_count(rows.get("min"), "rows.min"),
        max_rows=read_count(rows.get("max"), "rows.max"),
        closed=read_flag(sections.get("closed", False), "closed"),
        checks=_checks(sections.get("checks")),
        alerts=read_alerts(sections.get("alerts")),
    )
    if expectations.count > MAX_RULES:
        raise ExpectationsRejected(
            found=f"{expectations.count} rules",
            allowed=f"at most {MAX_RULES}",
            action="split them over two runs",
        )
    return expectations


def _mapping(value: object, where: str, allowed: str) -> dict[object, object]:
    if not isinstance(value, dict):
        raise ExpectationsRejected(
            found=f"{where}: {shown(value)}",
            allowed=allowed,
            action="write 'columns:' and indent the names below",
        )
    return cast("dict[object, object]", value)


def _known(word: object, known: tuple[str, ...], what: str) -> None:
    if word not in known:
        raise ExpectationsRejected(
            found=f"unknown {what} '{word}'", allowed=", ".join(known), action=did_you_mean(str(word), known)
        )


def _column_rules(column: str, body: object) -> list[ColumnRule]:
    if body is None:
        return []
    rules: list[ColumnRule] = []
    for name, value in _mapping(
        body, f"columns.{column}", f"a mapping of rules: {', '.join(COLUMN_RULES)}"
    ).items():
        _known(name, COLUMN_RULES, f"rule of '{column}'")
        where = f"columns.{column}.{name}"
        checked = READERS[str(name)](value, where)
        if name != "required" and checked is not False:
            rules.append(ColumnRule(column, cast("RuleName", name), checked))
    return rules


def _names_with(columns: dict[object, object], *, required: bool) -> tuple[str, ...]:
    return tuple(
        str(name)
        for name, body in columns.items()
        if isinstance(body, dict) and cast("dict[str, object]", body).get("required") is required
    )


def _names(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if (
        isinstance(value, list)
        and value
        and all(isinstance(part, str) for part in cast("list[object]", value))
    ):
        return tuple(cast("list[str]", value))
    raise wrong(
        where, cast("object", value), "a column name or a list of column names", "key: [order_id, line]"
    )


def _checks(value: object) -> tuple[SqlCheck, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise wrong(
            "checks",
            value,
            "a list of {name, sql}",
            "checks: [{name: total adds up, sql: total = net + tax}]",
        )
    checks: list[SqlCheck] = []
    for place, item in enumerate(cast("list[object]", value), start=1):
        body = _mapping(item, f"checks[{place}]", "name and sql")
        for name in body:
            _known(name, ("name", "sql"), f"field of checks[{place}]")
        sql = read_text(body.get("sql"), f"checks[{place}].sql")
        checks.append(SqlCheck(read_text(body.get("name", sql), f"checks[{place}].name"), sql))
    return tuple(checks)
