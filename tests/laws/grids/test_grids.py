"""Days and months of every zone tile time; what recurs keeps to its anchor."""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from studio_server.clock import to_microseconds
from studio_server.ledger.windows import months_after

from tests.laws.grids import run as grids
from tests.laws.grids.run import Case, clock_changes, wrong, zones
from tests.laws.model.calendar import date_of, day_of, months_later

SEED = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
CASES = int(os.environ.get("STUDIO_GRID", "6000"))


def test_windows_and_renewals_are_those_of_the_slow_calendar_in_every_zone() -> None:
    print(f"STUDIO_SEED={SEED}")
    tally = grids(CASES, SEED)
    assert tally.findings == []
    assert tally.count == CASES


@pytest.mark.parametrize("date", [1, 28, 29, 30, 31])
@pytest.mark.parametrize("zone", ["UTC", "America/Santiago", "Pacific/Apia", "Asia/Beirut"])
def test_an_anchor_is_clamped_to_short_months_and_never_drifts(zone: str, date: int) -> None:
    anchor = datetime(2024, 1, date, 0, 30, tzinfo=UTC)
    for months in range(-24, 400):
        expected = months_later(zone, to_microseconds(anchor), months)
        assert to_microseconds(months_after(anchor, months, zone)) == expected


def test_the_slow_calendar_counts_days_as_everybody_does() -> None:
    for day in range(day_of(1970, 1, 1), day_of(2061, 1, 1)):
        shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
        assert date_of(day) == (shown.year, shown.month, shown.day)


def test_the_grid_knows_skipped_midnights_and_skipped_days() -> None:
    assert len(zones()) > 400
    assert clock_changes("America/Santiago", 2024)
    assert clock_changes("Pacific/Apia", 2011)
    assert (
        wrong(Case("Pacific/Apia", to_microseconds(datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC)), 12)) == []
    )


def test_windows_in_utc_for_everybody_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _findings_with(monkeypatch, "day_window", lambda cut, now, _: cut(now, "UTC"))


def test_a_renewal_that_is_chained_from_the_one_before_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def chained(after: Any, anchor: datetime, months: int, zone: str) -> datetime:
        for _ in range(abs(months)):
            anchor = after(anchor, 1 if months > 0 else -1, zone)
        return anchor

    assert _findings_with(monkeypatch, "months_after", chained)


def _findings_with(monkeypatch: pytest.MonkeyPatch, name: str, other: Any) -> list[str]:
    module = sys.modules["tests.laws.grids.run"]
    real = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: other(real, *given))
    return grids(3_000, 1).findings
