"""Compares with the OSCAL assessment results of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from studio_magics.tools.cyber.compliance.assessing import Assessment

MAX_BYTES = 30_000_000
ALLOWED = "the assessment-results.oscal.json of an earlier run of this tool"
RANK = {"not-met": 0, "partly": 1, "met": 2}


@dataclass(frozen=True)
class Change:
    """Controls whose status changed since."""

    better: tuple[str, ...]
    worse: tuple[str, ...]


def read_earlier(path: Path) -> Mapping[str, str]:
    """Control → status of then.

    Raises:
        InputRejected: The file is not what this tool wrote.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected("previous", found=f"more than {MAX_BYTES:,} bytes", allowed=ALLOWED)
    try:
        document: Any = load_json(path.read_bytes())
    except IntakeRefused as refused:
        raise InputRejected("previous", found=refused.found, allowed=ALLOWED) from refused
    found: dict[str, str] = {}
    for result in _items(_part(document, "assessment-results"), "results"):
        for finding in _items(result, "findings"):
            status = {
                str(prop.get("value")) for prop in _items(finding, "props") if prop.get("name") == "status"
            }
            target = _part(finding, "target").get("target-id")
            if status and isinstance(target, str):
                found[target.upper()] = status.pop()
    if not found:
        raise InputRejected("previous", found="no findings with a status", allowed=ALLOWED)
    return found


def compare(assessment: Assessment, before: Mapping[str, str]) -> Change:
    """What became better and worse; only controls that were met, partly met or unmet both times."""
    better: list[str] = []
    worse: list[str] = []
    for one in assessment.controls:
        then, now = RANK.get(before.get(one.control.id.upper(), "")), RANK.get(one.status)
        if then is not None and now is not None and then != now:
            (better if now > then else worse).append(one.control.id)
    return Change(tuple(better), tuple(worse))


def _part(value: Any, name: str) -> dict[str, Any]:
    inner = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}


def _items(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    inner = value.get(name)
    listed = cast("list[Any]", inner) if isinstance(inner, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]
