"""Finds out which column means what, by its name or by what the person says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular import quoted, text_literal
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.tabular import TableColumn, TableSource

NAMES: Mapping[str, Mapping[str, str]] = {
    "incidents": {
        "id": (
            "id incident incidentid incidentnumber ticket ticketid issuekey issueid number key case caseid "
            "sysid"
        ),
        "severity": "severity priority sev level criticality urgency cvss cvssscore cvssbasescore",
        "occurred": "occurred occurredat started startedat start began compromised firstactivity",
        "detected": (
            "detected detectedat detection found reported reportedat opened "
            "openedat created createdat syscreatedon alerted"
        ),
        "acknowledged": (
            "acknowledged acknowledgedat firstacknowledged ack firstresponse firstresponded assigned "
            "assignedat triaged responded workstart"
        ),
        "contained": "contained containedat mitigated mitigatedat",
        "resolved": "resolved resolvedat solved solvedat closed closedat recovered ended resolution",
        "category": "category type issuetype tickettype kind class classification",
        "asset": "asset host hostname system service device configurationitem cmdbci affectedci ci",
    },
    "patches": {
        "id": "id cve vulnerability vuln finding advisory plugin patch",
        "severity": "severity priority sev level risk cvss cvssscore cvssbasescore cvssv3 cvssv3base cvss3",
        "found": (
            "found foundat firstfound firstdetected firstdiscovered firstobserved firstseen discovered "
            "detected published opened openedat created createdat syscreatedon released"
        ),
        "fixed": (
            "fixed fixedat lastfixed patched patchedat closed closedat resolved resolvedat remediated "
            "remediatedat installed"
        ),
        "asset": "asset host hostname system service device image",
    },
    "coverage": {
        "control": "control measure tool capability agent training",
        "covered": "covered present installed enabled done completed status ok",
        "asset": "asset host hostname system person user employee device",
    },
}
"""Table → meaning → names of columns that mean it, small letters and digits only."""
MOMENTS: Mapping[str, tuple[str, ...]] = {
    "incidents": ("occurred", "detected", "acknowledged", "contained", "resolved"),
    "patches": ("found", "fixed"),
    "coverage": (),
}
"""Table → meanings that are times; 'Assigned' with names and 'Resolution' with words are none."""
DATED = "[0-9]{1,4}[-/. ][0-9\\p{L}]{1,9}[-/. ]|[0-9]{1,2},? [0-9]{4}"
"""What every date has in it."""
DATES, UNCLEAR, WORDS = 0, 1, 2
"""What a column holds, by how well it fits a time; an empty one is unclear."""
ENDINGS = ("date", "time", "datetime", "on", "utc", "timeutc", "dateutc")
REQUIRED = {"incidents": ("detected",), "patches": ("found", "fixed"), "coverage": ("control", "covered")}


def find_columns(table: TableSource, kind: str, said: Mapping[str, str]) -> dict[str, TableColumn]:
    """Meaning → column, for what was found; what the person says goes first.

    Raises:
        InputRejected: A needed column was not found, or one that was named does not exist.
    """
    by_name = {column.name: column for column in table.columns}
    found: dict[str, TableColumn] = {}
    for meaning, names in NAMES[kind].items():
        chosen = said.get(f"{kind}.{meaning}") or said.get(meaning)
        if chosen is not None and chosen in by_name:
            found[meaning] = by_name[chosen]
        elif f"{kind}.{meaning}" in said:
            raise InputRejected("columns", found=f"no column '{said[f'{kind}.{meaning}'][:60]}' in {kind}",
                                allowed=nearest(said[f"{kind}.{meaning}"], list(by_name)))  # fmt: skip
        else:
            named = _by_word(names.split(), table.columns, list(found.values()))
            if meaning in MOMENTS[kind]:
                named = _dated_first(table, named, needed=meaning in REQUIRED[kind])
            if named:
                found[meaning] = named[0]
    for meaning in REQUIRED[kind]:
        if meaning not in found:
            raise InputRejected(
                kind,
                found=f"no column for '{meaning}' among {', '.join(list(by_name)[:12])}",
                allowed=", ".join(NAMES[kind][meaning].split()[:6]),
                action=f'columns={{"{kind}.{meaning}": "the name of your column"}}',
            )
    return found


def refuse_strange(said: Mapping[str, str]) -> None:
    """Refuse meanings that no table has.

    Raises:
        InputRejected: Names the meaning.
    """
    known = [meaning for names in NAMES.values() for meaning in names]
    known += [f"{kind}.{meaning}" for kind, names in NAMES.items() for meaning in names]
    for meaning in said:
        if meaning not in known:
            raise InputRejected(
                "columns", found=f"the meaning '{meaning[:60]}'", allowed=nearest(meaning, known)
            )


def _by_word(
    names: Sequence[str], columns: Sequence[TableColumn], taken: Sequence[TableColumn]
) -> list[TableColumn]:
    """The columns of these names, best first."""
    plain = {_plain(column.name): column for column in reversed(columns)}
    found: list[TableColumn] = []
    for name in names:
        for form in (name, *(f"{name}{end}" for end in ENDINGS), f"date{name}", f"time{name}"):
            column = plain.get(form)
            if column is not None and column not in taken and column not in found:
                found.append(column)
    return found


def _plain(name: str) -> str:
    """Small letters and digits; 'Custom field (Detected)' of Jira is 'detected'."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).removeprefix("customfield")


def _dated_first(table: TableSource, named: Sequence[TableColumn], *, needed: bool) -> list[TableColumn]:
    """Columns with dates before others; one of words alone is none, unless it is needed and told of then."""
    ranked = [(_rank(table, column), column) for column in named]
    kept = [pair for pair in ranked if needed or pair[0] != WORDS]
    return [column for _, column in sorted(kept, key=lambda pair: pair[0])]


def _rank(table: TableSource, column: TableColumn) -> int:
    if column.kind in {"date", "timestamp"}:
        return DATES
    if column.kind != "text":
        return UNCLEAR
    value = quoted(column.name)
    sql = f"""SELECT count(*) FILTER (WHERE trim({value}) <> ''),
        count(*) FILTER (WHERE regexp_matches({value}, {text_literal(DATED)})),
        count(*) FILTER (WHERE regexp_matches({value}, '[0-9]')) FROM {table.relation}"""  # noqa: S608  - names are quoted
    given, dated, with_digits = table.query(sql)[0]
    return DATES if dated else UNCLEAR if with_digits or not given else WORDS
