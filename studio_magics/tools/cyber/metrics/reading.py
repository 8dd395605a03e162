"""Everything that findings, tables, pictures and files are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from studio_magics.tools.cyber.metrics.measures import Backlog, Coverage, Duration
    from studio_magics.tools.cyber.metrics.targets import Targets


@dataclass(frozen=True)
class Reading:
    """All figures of a run."""

    durations: tuple[Duration, ...]
    backlogs: Mapping[str, Backlog]
    """'incidents' and 'patches', where given."""
    coverage: tuple[Coverage, ...]
    came_back: tuple[int, int]
    """Cases that came back, of how many that name what and where."""
    rows: Mapping[str, int]
    wrong: Mapping[str, int]
    """Table → rows whose end was before their start."""
    far_ahead: Mapping[str, int]
    """Table → times far ahead of the run, which were taken as empty."""
    missing: tuple[str, ...]
    """Figures for which there was no column."""
    columns: Mapping[str, Mapping[str, str]]
    read_as: Mapping[str, Mapping[str, str]]
    """Table → meaning → how its dates were read."""
    targets: Targets
    as_of: datetime
    period: str


def told_hours(hours: float) -> str:
    """'45 min', '3.5 h', '12 d'."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    if hours < 48:  # noqa: PLR2004  - two days are still told in hours
        return f"{hours:.3g} h"
    return f"{hours / 24:.3g} d"
