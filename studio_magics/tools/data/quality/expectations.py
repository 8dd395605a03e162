"""The user's rules: read from YAML into plain records, each wrong word answered with what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality.yaml_text import YamlRefused, load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_RULES = 200
MAX_ALLOWED = 1_000
MAX_TEXT = 2_000
TYPES = ("integer", "number", "text", "boolean", "date", "timestamp")
SECTIONS = ("columns", "key", "rows", "closed", "checks")
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
Bound = int | float | str | datetime


class ExpectationsRejected(InputRejected, ValueError):
    """The rules cannot be used as written; also a ValueError, so that an input model reports it by field."""

    def __init__(self, *, found: str, allowed: str, action: str) -> None:
        super().__init__("expectations", found=found, allowed=allowed, action=action)

    def __str__(self) -> str:
        return f"{self.found}; allowed: {self.allowed}; next: {self.action}"


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

    @property
    def count(self) -> int:
        """How many rules there are."""
        bounds = (self.min_rows is not None) + (self.max_rows is not None)
        return len(self.required) + len(self.rules) + bool(self.key) + bounds + self.closed + len(self.checks)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """An action that offers the nearest known word, or lists the first few."""
    known = list(known)
    near = get_close_matches(word.lower(), [name.lower() for name in known], n=1, cutoff=0.6)
    if near:
        return f"did you mean '{next(name for name in known if name.lower() == near[0])}'?"
    return f"use one of: {', '.join(known[:12])}" + (" …" if len(known) > 12 else "")  # noqa: PLR2004  - as many as are listed


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
        min_rows=_count(rows.get("min"), "rows.min"),
        max_rows=_count(rows.get("max"), "rows.max"),
        closed=_flag(sections.get("closed", False), "closed"),
        checks=_checks(sections.get("checks")),
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
            found=f"{where}: {_shown(value)}",
            allowed=allowed,
            action="write 'columns:' and indent the names below",
        )
    return cast("dict[object, object]", value)


def _known(word: object, known: tuple[str, ...], what: str) -> None:
    if word not in known:
        raise ExpectationsRejected(
            found=f"unknown {what} '{word}'", allowed=", ".join(known), action=did_you_mean(str(word), known)
        )


def _shown(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 60 else written[:59] + "…"  # noqa: PLR2004  - one line of a message


def _wrong(where: str, value: object, allowed: str, example: str) -> ExpectationsRejected:
    return ExpectationsRejected(
        found=f"{where}: {_shown(value)}", allowed=allowed, action=f"for example {example}"
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
        checked = _READERS[str(name)](value, where)
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
    raise _wrong(
        where, cast("object", value), "a column name or a list of column names", "key: [order_id, line]"
    )


def _checks(value: object) -> tuple[SqlCheck, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _wrong(
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
        sql = _text(body.get("sql"), f"checks[{place}].sql")
        checks.append(SqlCheck(_text(body.get("name", sql), f"checks[{place}].name"), sql))
    return tuple(checks)


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, value, "true or false", f"{where.rsplit('.', 1)[-1]}: true")
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise _wrong(where, value, "a number of at least 0", f"{where.rsplit('.', 1)[-1]}: 5")
    return value


def _percent(value: object, where: str) -> float:
    if _number(value, where) > 100:  # noqa: PLR2004  - per cent
        raise _wrong(where, value, "0 to 100", "max_missing_percent: 1.5")
    return cast("float", value)


def _count(value: object, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(where, value, "a whole number of at least 0", f"{where.rsplit('.', 1)[-1]}: 100")
    return value


def _bound(value: object, where: str) -> Bound:
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  - moments in the table are UTC without a zone
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(where, value, "a number or a date", f"{where.rsplit('.', 1)[-1]}: 0 or 2024-01-31")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise _wrong(where, value, f"a text of 1 to {MAX_TEXT:,} characters", "regex: '[A-Z]{2}[0-9]+'")
    return value


def _type(value: object, where: str) -> str:
    if value not in TYPES:
        action = did_you_mean(str(value), TYPES)
        raise ExpectationsRejected(found=f"{where}: {_shown(value)}", allowed=", ".join(TYPES), action=action)
    return cast("str", value)


def _allowed(value: object, where: str) -> tuple[object, ...]:
    values = cast("list[object]", value) if isinstance(value, list) else []
    if not 0 < len(values) <= MAX_ALLOWED or not all(
        isinstance(one, str | int | float | bool) for one in values
    ):
        allowed = f"a list of 1 to {MAX_ALLOWED:,} texts or numbers"
        raise _wrong(where, cast("object", value), allowed, "allowed: [new, paid, shipped]")
    return tuple(values)


_READERS = {
    "required": _flag,
    "type": _type,
    "not_null": _flag,
    "max_missing_percent": _percent,
    "unique": _flag,
    "min": _bound,
    "max": _bound,
    "allowed": _allowed,
    "regex": _text,
    "min_length": _count,
    "max_length": _count,
    "max_age_days": _number,
    "not_in_future": _flag,
}
