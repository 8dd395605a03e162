import os

import pytest
from studio_server.runs.executor.process_tree import Mapped, Process, mapped
from studio_server.runs.executor.protocol import Measurement

START_MS = 300
"""More than the start of any worker costs, on a busy machine: libraries are there already."""
MEGABYTE = 1 << 20


def test_a_busy_loop_is_measured_with_the_start_of_its_worker(bench):
    start = bench.run("TRIVIAL").measured.cpu_ms
    used = bench.run("BURN", cpu_ms=800).measured.cpu_ms
    assert start < START_MS
    assert 800 + start * 0.5 <= used <= 800 + start * 2 + 100


@pytest.mark.measures_time
@pytest.mark.parametrize(("tool", "children"), [("BURN", 4), ("SESSIONS", 4)])
def test_the_same_work_is_billed_within_five_percent_in_whatever_processes_it_is_done(bench, tool, children):
    alone = bench.run("BURN", cpu_ms=1_600).measured.cpu_ms
    elsewhere = bench.run(tool, cpu_ms=1_600, children=children).measured.cpu_ms
    assert abs(elsewhere - alone) <= 0.05 * alone


@pytest.mark.measures_time
@pytest.mark.parametrize("without", [{"control group"}, {"control group", "exact clock"}])
def test_the_bill_does_not_depend_on_which_clock_a_machine_has(make_bench, without):
    bench = make_bench(without=without)
    alone = bench.run("BURN", cpu_ms=1_000).measured.cpu_ms
    together = bench.run("BURN", cpu_ms=1_000, children=2).measured.cpu_ms
    assert 1_000 <= alone <= 1_150
    assert abs(together - alone) <= 0.05 * alone


def test_memory_that_a_file_in_memory_holds_is_billed(bench):
    outcome = bench.run("SHM", size=40)
    assert outcome.measured.peak_bytes >= 40 * MEGABYTE


@pytest.mark.measures_time
def test_children_that_nobody_waits_for_are_billed(bench):
    start = bench.run("TRIVIAL").measured.cpu_ms
    assert bench.run("DISOWN", cpu_ms=500, children=2).measured.cpu_ms >= 900 + start * 0.5


@pytest.mark.measures_time
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


def test_pages_that_a_run_copies_at_its_very_end_are_billed(bench):
    """Copies of what was shared leave the size of a process as it is, and no sample may fall behind them."""
    trivial = bench.run("TRIVIAL").measured.peak_bytes
    assert bench.run("TOUCH").measured.peak_bytes >= trivial + 3 * MEGABYTE


@pytest.mark.parametrize("collected", [False, True])
def test_a_process_that_ended_since_it_was_seen_adds_no_memory(collected):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if collected:
        os.waitpid(child, 0)
    assert mapped(Process(child, 0, 0, 0, resident_bytes=90 * MEGABYTE, address_bytes=0)) == Mapped(0, 0, 0)
    if not collected:
        os.waitpid(child, 0)


def test_a_process_that_lives_is_weighed_by_its_shares():
    here = mapped(Process(os.getpid(), 0, 0, 0, resident_bytes=1, address_bytes=0))
    assert here.proportional_bytes >= here.private_bytes > MEGABYTE


def test_memory_time_is_peak_times_wall():
    assert Measurement(cpu_ms=1, wall_ms=20, peak_bytes=3).byte_ms == 60
