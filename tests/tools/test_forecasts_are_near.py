"""When a measured run counts as near its forecast, with the machine's slowness told by hand."""

import pytest
from fakes import measuring

from studio_magics.tools.base import Forecast

MEGABYTE = 1_000_000
FORECAST = Forecast(cpu_ms=100, wall_ms=120, peak_bytes=60 * MEGABYTE, basis="told")


def near(monkeypatch: pytest.MonkeyPatch, *, cpu_ms: int, slow: float, peak: int = 60 * MEGABYTE) -> bool:
    monkeypatch.setattr(measuring, "slowness", lambda: slow)
    try:
        measuring.assert_near(FORECAST, cpu_ms, peak)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    ("cpu_ms", "slow", "expected"),
    [(100, 1, True), (400, 1, True), (401, 1, False), (800, 2, True), (801, 2, False), (24, 3, False)],
)
def test_only_a_machine_that_is_slow_now_may_take_more_than_four_times_as_long(
    monkeypatch: pytest.MonkeyPatch, cpu_ms: int, slow: float, expected: bool
) -> None:
    assert near(monkeypatch, cpu_ms=cpu_ms, slow=slow) is expected


@pytest.mark.parametrize("megabytes", [10, 130])
def test_memory_does_not_depend_on_how_slow_the_machine_is(
    monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    assert not near(monkeypatch, cpu_ms=100, slow=9, peak=megabytes * MEGABYTE)


@pytest.mark.measures_time
def test_the_machine_is_asked_by_a_run_of_its_own() -> None:
    assert measuring.slowness() >= 1
