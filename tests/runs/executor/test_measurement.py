import pytest
from studio_server.runs.executor.protocol import Measurement

START_MS = 900
"""More than the start of any worker costs, on a busy machine."""
MEGABYTE = 1 << 20


def test_a_busy_loop_is_measured_with_the_start_of_its_worker(bench):
    start = bench.run("TRIVIAL").measured.cpu_ms
    used = bench.run("BURN", cpu_ms=800).measured.cpu_ms
    assert start < START_MS
    assert 800 + start * 0.5 <= used <= 800 + start * 2 + 100


def test_one_process_and_four_children_are_billed_alike(bench):
    alone = bench.run("BURN", cpu_ms=1_000).measured.cpu_ms
    together = bench.run("BURN", cpu_ms=1_000, children=4).measured.cpu_ms
    assert abs(together - alone) <= 0.25 * alone


def test_children_that_nobody_waits_for_are_billed(bench):
    start = bench.run("TRIVIAL").measured.cpu_ms
    assert bench.run("DISOWN", cpu_ms=500, children=2).measured.cpu_ms >= 900 + start * 0.5


@pytest.mark.parametrize("children", [1, 3])
def test_peak_memory_is_the_sum_over_the_processes(bench, children):
    start = bench.run("TRIVIAL").measured.peak_bytes
    outcome = bench.run("HOLD", megabytes=90 // children, children=children, seconds=0.3)
    held = outcome.measured.peak_bytes - start
    assert 75 * MEGABYTE <= held <= 135 * MEGABYTE


def test_pages_that_forked_children_share_are_counted_once(bench):
    """Three idle children of a worker of 30 MB do not make 120 MB: what was loaded is free."""
    outcome = bench.run("HOLD", megabytes=1, children=3, seconds=0.3)
    assert outcome.measured.peak_bytes < 24 * MEGABYTE


def test_memory_time_is_peak_times_wall():
    assert Measurement(cpu_ms=1, wall_ms=20, peak_bytes=3).byte_ms == 60
