"""The access list: CSV as systems and spreadsheets export it, into grants."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.governance.inputs import Grant

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_GRANTS = 20_000
NEEDED = ("who", "dataset", "action")
DELIMITERS = (",", ";", "\t", "|")
DAYS_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
DATES = "a date such as 2025-01-31 or 31.01.2025"


def grants_of(text: str) -> list[Grant]:
    """One grant for each line; blanks, upper case of columns and actions, and times of day do not matter.

    Raises:
        InputRejected: A column is missing, a line cannot be read, or there are too many.
    """
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    names = [str(name).strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise InputRejected(
            "access_list",
            found=f"no column {', '.join(missing)}",
            allowed="who, dataset, action, and granted, used",
            action="export the list with these columns",
        )
    grants: list[Grant] = []
    for number, row in enumerate(reader, 2):
        if len(grants) >= MAX_GRANTS:
            raise InputRejected("access_list", found="more lines", allowed=f"at most {MAX_GRANTS:,}")
        grants.append(
            _grant(
                number,
                {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if name},
            )
        )
    return grants


def _delimiter(text: str) -> str:
    """The sign that cuts the first line into the columns that are needed; else a comma."""
    head = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").split("\n", 1)[0].lower()
    for sign in DELIMITERS:
        if set(NEEDED) <= {part.strip(' "\r') for part in head.split(sign)}:
            return sign
    return ","


def _grant(number: int, values: Mapping[str, str]) -> Grant:
    actions = tuple(part.strip().lower() for part in re.split(r"[,;|/]", values["action"]) if part.strip())
    try:
        return Grant.model_validate(
            {
                "who": values["who"],
                "dataset": values["dataset"],
                "actions": actions or (values["action"],),
                "granted": _day(number, "granted", values.get("granted", "")),
                "used": _day(number, "used", values.get("used", "")),
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputRejected(
            "access_list",
            found=f"line {number}: {first['loc'][0]} '{str(first['input'])[:60]}'",
            allowed=first["msg"].removeprefix("Input should be "),
            action="correct the line",
        ) from error


def _day(number: int, column: str, written: str) -> date | None:
    """The day of a date or moment; one with slashes is refused, for nobody can say which is the month."""
    if not written:
        return None
    try:
        hit = DAYS_FIRST.match(written)
        return date(int(hit[3]), int(hit[2]), int(hit[1])) if hit else datetime.fromisoformat(written).date()
    except ValueError:
        raise InputRejected(
            "access_list",
            found=f"line {number}: {column} '{written[:60]}'",
            allowed=DATES,
            action="correct the line",
        ) from None
