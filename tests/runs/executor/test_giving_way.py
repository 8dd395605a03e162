"""Runs yield the processor to the server, also those that open sessions of their own."""

import time
from pathlib import Path

import pytest
from studio_server.runs.executor import meter
from studio_server.runs.executor.offspring import children_of
from studio_server.runs.executor.sandbox import belt

from tests.runs.executor.conftest import PATIENCE_SECONDS

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel shares out by process, not by session"
)


def session_niceness(pid):
    """As the kernel tells it: `/autogroup-12 nice 10`."""
    return int(Path(f"/proc/{pid}/autogroup").read_text("ascii").split()[-1])


def family(pid):
    """A process and all below it."""
    yield pid
    for child in children_of(pid):
        yield from family(child)


def all_give_way(pids):
    """Every one of them does so before patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(session_niceness(pid) != belt.SESSION_NICENESS for pid in pids):
        if time.monotonic() > deadline:
            return False
    return True


def test_every_session_that_a_run_opens_gives_way_to_the_server(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    pids = [*family(running.worker_pid)]
    sessions = {Path(f"/proc/{pid}/autogroup").read_text("ascii").split()[0] for pid in pids}
    assert len(sessions) >= 2
    assert all_give_way(pids)
    running.cancel()
    running.wait(PATIENCE_SECONDS)


def test_a_fork_server_gives_way_less_than_a_run(bench, lifeline):
    running = bench.start("ALONE", fifo=str(lifeline.path))
    lifeline.holders(1)
    assert session_niceness(running.launcher_pid) == belt.FORK_SERVER_NICENESS < belt.SESSION_NICENESS
    running.cancel()
    running.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize(("took", "pause"), [(0.0001, 0.025), (0.00125, 0.025), (0.002, 0.04), (1.0, 0.1)])
def test_the_longer_a_sample_takes_the_later_comes_the_next(took, pause):
    assert meter.pause_after(took) == pytest.approx(pause)
