"""Runs yield the processor to the server, also those that open sessions of their own."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from studio_server.runs.executor import meter
from studio_server.runs.executor.fork_server import WISH_AGAIN_SECONDS, ForkServer
from studio_server.runs.executor.local import all_but_one
from studio_server.runs.executor.sandbox import belt
from studio_server.settings import Settings

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
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
        yield from family(int(child))


def members_of_two_sessions(pid):
    """All of a family, once one of them has a session of its own and whoever made it has ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError, ProcessLookupError):
            pids = [*family(pid)]
            if len({os.getsid(one) for one in pids}) > 1:
                return pids
    pytest.fail("no second session")


def all_give_way(pids, niceness=belt.SESSION_NICENESS):
    """Every one of them that is still there does so before patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(stands_in_the_way(pid, niceness) for pid in pids):
        if time.monotonic() > deadline:
            return False
    return True


def stands_in_the_way(pid, niceness):
    try:
        return session_niceness(pid) != niceness
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_every_session_that_a_run_opens_gives_way_to_the_server(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    pids = members_of_two_sessions(running.worker_pid)
    assert all_give_way(pids)
    running.cancel()
    running.wait(PATIENCE_SECONDS)


def test_a_fork_server_gives_way_less_than_a_run(bench, lifeline):
    running = bench.start("ALONE", fifo=str(lifeline.path))
    lifeline.holders(1)
    assert all_give_way([running.launcher_pid], belt.FORK_SERVER_NICENESS)
    assert belt.FORK_SERVER_NICENESS < belt.SESSION_NICENESS
    running.cancel()
    running.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize(("took", "pause"), [(0.0001, 0.025), (0.00125, 0.025), (0.002, 0.04), (1.0, 0.1)])
def test_the_longer_a_sample_takes_the_later_comes_the_next(took, pause):
    assert meter.pause_after(took) == pytest.approx(pause)


def usable():
    return len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("processors", "expected"), [(1, 1), (None, usable()), (usable() + 5, usable())], ids=str
)
def test_runs_are_kept_to_their_processors(make_bench, lifeline, processors, expected):
    running = make_bench(processors=processors).start("ALONE", fifo=str(lifeline.path))
    lifeline.holders(1)
    assert len(os.sched_getaffinity(running.worker_pid)) == expected
    running.cancel()
    running.wait(PATIENCE_SECONDS)


def test_one_processor_is_left_to_others_where_there_are_more():
    assert all_but_one() == max(1, usable() - 1)


def test_a_server_leaves_one_processor_unless_it_is_told_otherwise(tmp_path):
    told = Settings.from_environment({"STUDIO_DATA_DIR": str(tmp_path), "STUDIO_RUN_PROCESSORS": "3"})
    assert told.run_processors == 3
    assert Settings.from_environment({"STUDIO_DATA_DIR": str(tmp_path)}).run_processors == 0
    with pytest.raises(ValueError, match="STUDIO_RUN_PROCESSORS is 'two'; it takes a whole number"):
        Settings.from_environment({"STUDIO_DATA_DIR": str(tmp_path), "STUDIO_RUN_PROCESSORS": "two"})


def sessions_of_a_kernel(monkeypatch, sessions):
    """A meter that watches these sessions, and which processes it asked."""
    asked = []

    def give_way(niceness, pid):
        asked.append(pid)
        return True

    watch = meter.Meter.__new__(meter.Meter)
    watch._tree = SimpleNamespace(sessions=sessions)
    monkeypatch.setattr(belt, "give_way", give_way)
    return watch, asked


def test_a_session_is_asked_at_every_sample_until_it_is_seen_to_yield(monkeypatch):
    """The kernel takes one wish in a tenth of a second from ordinary users, and says EAGAIN to the others."""
    watch, asked = sessions_of_a_kernel(monkeypatch, {7: 7, 9: 11})
    seen = {7: iter((False, False, True)), 11: iter((True, True, True))}
    monkeypatch.setattr(belt, "gives_way", lambda _niceness, pid: next(seen[pid]))
    for _ in range(3):
        watch._let_sessions_give_way()
    assert asked == [7, 7]


def test_where_the_asked_process_has_ended_another_of_its_session_is_asked(monkeypatch):
    watch, asked = sessions_of_a_kernel(monkeypatch, {7: 7})
    monkeypatch.setattr(belt, "gives_way", lambda _niceness, _pid: False)
    watch._let_sessions_give_way()
    watch._tree.sessions = {7: 8}
    watch._let_sessions_give_way()
    assert asked == [7, 8]


def test_what_the_kernel_says_of_a_session_is_read(monkeypatch, tmp_path):
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as other:
        assert not belt.gives_way(belt.SESSION_NICENESS, other.pid)
        assert belt.give_way(belt.SESSION_NICENESS, other.pid)
        assert belt.gives_way(belt.SESSION_NICENESS, other.pid)
        other.stdin.close()
    assert not belt.gives_way(belt.SESSION_NICENESS, 2**22 + 1), "a process that is gone yields to nobody"
    monkeypatch.setattr(belt, "SESSIONS", tmp_path / "none")
    assert belt.gives_way(belt.SESSION_NICENESS, 2**22 + 1), "without groups for sessions there is no wish"


def test_a_fork_server_makes_its_wish_again_until_the_kernel_takes_it(monkeypatch):
    taken = iter((False, True))
    monkeypatch.setattr(belt, "give_way", lambda _niceness: next(taken))
    serving = ForkServer(None, None, os.getpid(), gives_way=False)
    assert serving._patience_seconds() == WISH_AGAIN_SECONDS
    assert serving._patience_seconds() != WISH_AGAIN_SECONDS
    assert serving._patience_seconds() != WISH_AGAIN_SECONDS  # and is not asked a third time
