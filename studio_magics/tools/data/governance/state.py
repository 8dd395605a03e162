"""What came and went since the run before, and the state that the next run compares with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.data.governance.gathering import STATE

if TYPE_CHECKING:
    from datetime import datetime

    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.rules import Violation


@dataclass(frozen=True)
class Change:
    """One thing that is different from the run before."""

    what: str
    subject: str
    before: str
    now: str


def _rights(gathered: Gathered) -> set[str]:
    return {f"{one.who} may {action} {one.dataset}" for one in gathered.said.access for action in one.actions}


def as_state(gathered: Gathered, found: list[Violation], at: datetime) -> bytes:
    """The state as JSON; give it to the next run as `previous`."""
    document = {
        "format": STATE,
        "name": gathered.said.name,
        "made_on": at.date().isoformat(),
        "datasets": {
            name: {"owner": one.owner, "steward": one.steward, "class": one.level}
            for name, one in sorted(gathered.said.datasets.items())
        },
        "rights": sorted(_rights(gathered)),
        "violations": [
            {
                "key": one.key,
                "rule": one.rule,
                "severity": one.severity,
                "subject": one.subject,
                "told": one.told,
                "line": one.line or None,
            }
            for one in found
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def changes(gathered: Gathered, found: list[Violation]) -> list[Change] | None:
    """What is different; None when there is no run before."""
    if gathered.previous is None:
        return None
    before = gathered.previous
    old = {str(one) for one in cast("list[Any]", before.get("rights") or [])}
    now = _rights(gathered)
    told = [Change("right given", one, "", "may") for one in sorted(now - old)]
    told += [Change("right taken away", one, "may", "") for one in sorted(old - now)]
    told += _of_datasets(gathered, cast("dict[str, dict[str, Any]]", before.get("datasets") or {}))
    keys = {str(one.get("key")): one for one in cast("list[dict[str, Any]]", before.get("violations") or [])}
    told += [Change("new violation", one.subject, "", one.told) for one in found if one.key not in keys]
    gone = set(keys) - {one.key for one in found}
    told += [
        Change("violation gone", str(keys[key].get("subject")), str(keys[key].get("told")), "")
        for key in sorted(gone)
    ]
    return told


def _of_datasets(gathered: Gathered, old: dict[str, dict[str, Any]]) -> list[Change]:
    now = gathered.said.datasets
    told = [Change("dataset added", name, "", str(now[name].level)) for name in sorted(set(now) - set(old))]
    told += [
        Change("dataset gone", name, str(old[name].get("class")), "") for name in sorted(set(old) - set(now))
    ]
    for name in sorted(set(now) & set(old)):
        pairs = (("owner", now[name].owner), ("steward", now[name].steward), ("class", str(now[name].level)))
        told += [
            Change(f"{field} changed", name, str(old[name].get(field) or "nobody"), value or "nobody")
            for field, value in pairs
            if str(old[name].get(field) or "") != value
        ]
    return told
