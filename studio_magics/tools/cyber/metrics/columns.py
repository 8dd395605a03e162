"""Finds out which column means what, by its name or by what the person says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.tabular import TableColumn, TableSource

NAMES: Mapping[str, Mapping[str, str]] = {
    "incidents": {
        "id": "id incident incidentid ticket ticketid number key case caseid",
        "severity": "severity priority sev level criticality",
        "occurred": "occurred occurredat started startedat start began compromised firstactivity",
        "detected": (
            "detected detectedat detection found reported reportedat opened "
            "openedat created createdat alerted"
        ),
        "acknowledged": "acknowledged acknowledgedat ack assigned assignedat triaged responded",
        "contained": "contained containedat mitigated mitigatedat",
        "resolved": "resolved resolvedat closed closedat recovered ended resolution",
        "category": "category type kind class classification",
        "asset": "asset host hostname system service device ci",
    },
    "patches": {
        "id": "id cve vulnerability vuln finding advisory plugin patch",
        "severity": "severity priority sev level risk",
        "found": "found foundat discovered detected firstseen published opened created released",
        "fixed": "fixed fixedat patched patchedat closed resolved remediated remediatedat installed",
        "asset": "asset host hostname system service device image",
    },
    "coverage": {
        "control": "control measure tool capability agent training",
        "covered": "covered present installed enabled done completed status ok",
        "asset": "asset host hostname system person user employee device",
    },
}
"""Table → meaning → names of columns that mean it, small letters and digits only."""
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
            column = _by_word(names.split(), table.columns, list(found.values()))
            if column is not None:
                found[meaning] = column
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
) -> TableColumn | None:
    plain = {re.sub(r"[^a-z0-9]", "", column.name.lower()): column for column in reversed(columns)}
    for name in names:
        for form in (name, f"{name}date", f"{name}time", f"date{name}", f"time{name}", f"{name}on"):
            column = plain.get(form)
            if column is not None and column not in taken:
                return column
    return None
