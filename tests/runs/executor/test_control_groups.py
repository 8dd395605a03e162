"""Control groups are made before it is known which run they are for, and none is left behind."""

import os
import signal
import time
from pathlib import Path

import pytest
from studio_server.runs.executor import confining
from studio_server.runs.executor.offspring import group_name
from studio_server.runs.executor.sandbox import groups

from tests.runs.executor.conftest import PATIENCE_SECONDS

pytestmark = pytest.mark.skipif(
    "control group" in confining.found().missing, reason="this machine has no control group"
)


def folders(meter):
    return [Path(folder) / group_name(meter) for folder in groups.parents().folders.values()]


def children(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)
    return found


@pytest.fixture
def waiting(bench):
    """The fork server, and the meter that waits for a run with its group made."""
    running = bench.start("TRIVIAL")
    running.wait(PATIENCE_SECONDS)

    def ready():
        return [pid for pid in children(running.launcher_pid) if all(map(Path.exists, folders(pid)))]

    [meter] = wait_until(ready)
    return running.launcher_pid, meter


def is_left(meter):
    return any(map(Path.exists, folders(meter)))


def test_a_run_that_only_waits_has_its_processes_in_its_group(waiting):
    _, meter = waiting
    [first] = wait_until(lambda: children(meter))
    [worker] = wait_until(lambda: children(first))
    for folder in folders(meter):
        assert (folder / "cgroup.procs").read_text("ascii").split() == [str(first), str(worker)]


@pytest.mark.parametrize("victim", ["fork server", "meter"])
def test_the_group_of_a_run_that_never_came_goes_with_those_who_waited_for_it(waiting, victim):
    launcher, meter = waiting
    os.kill(launcher if victim == "fork server" else meter, signal.SIGKILL)
    wait_until(lambda: not is_left(meter))


def test_closing_the_executor_leaves_no_group(bench, waiting):
    _, meter = waiting
    bench.executor.close()
    assert not is_left(meter)


def test_groups_that_a_killed_server_left_are_removed_when_a_server_starts_and_no_others(make_bench):
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    left, alive = (groups.Group(groups.parents(), group_name(pid)) for pid in (gone, os.getpid()))
    left.make()
    alive.make()
    try:
        assert is_left(gone)
        make_bench().run("TRIVIAL")
        assert not is_left(gone)
        assert is_left(os.getpid())
    finally:
        left.remove()
        alive.remove()


def test_what_made_a_run_ready_does_not_count_against_its_bound(tmp_path):
    group = groups.Group(groups.parents(), f"studio-test-{os.getpid()}")
    group.make()
    try:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(reader, 1)
            kept = bytearray(os.urandom(1 << 24))
            os.write(writer, b"!")
            time.sleep(PATIENCE_SECONDS)
            os._exit(len(kept) % 2)
        group.add(child)
        os.write(writer, b"!")
        wait_until(lambda: group._memory_used_bytes() >= 1 << 24)
        group.bound(memory_bytes=1 << 20, tasks=10)
        bound = int(group._read(*bound_file(group)))
        assert bound >= (1 << 24) + (1 << 20) + groups.MEMORY_SLACK_BYTES
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    finally:
        group.remove()


def bound_file(group):
    return ("unified", "memory.max") if group._unified else ("memory", "memory.limit_in_bytes")
