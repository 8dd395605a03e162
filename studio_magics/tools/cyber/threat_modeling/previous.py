"""Compares with the threats.json of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_magics.tools.cyber.threat_modeling.threats import Threat

FORMAT = "studio-threats-1"
MAX_BYTES = 20_000_000
ALLOWED = "the threats.json of an earlier run of this tool"


@dataclass(frozen=True)
class Comparison:
    """Open threats that came and went."""

    new: tuple[str, ...]
    closed: tuple[str, ...]


def read_open(path: Path) -> frozenset[str]:
    """Identifiers of the threats that were open.

    Raises:
        InputRejected: The file is not what this tool wrote.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected("previous", found=f"more than {MAX_BYTES:,} bytes", allowed=ALLOWED)
    try:
        written = load_json(path.read_bytes())
    except IntakeRefused as refused:
        raise InputRejected("previous", found=refused.found, allowed=ALLOWED) from refused
    document = cast("dict[str, Any]", written) if isinstance(written, dict) else {}
    listed = document.get("threats")
    if document.get("format") != FORMAT or not isinstance(listed, list):
        raise InputRejected("previous", found="another kind of JSON", allowed=ALLOWED)
    rows = [cast("dict[str, Any]", row) for row in cast("list[Any]", listed) if isinstance(row, dict)]
    return frozenset(str(row.get("id")) for row in rows if row.get("status") == "open")


def compare(threats: Sequence[Threat], before: frozenset[str]) -> Comparison:
    """What is open now and was not, and the other way round."""
    now = {one.id for one in threats if one.status == "open"}
    return Comparison(new=tuple(sorted(now - before)), closed=tuple(sorted(before - now)))
