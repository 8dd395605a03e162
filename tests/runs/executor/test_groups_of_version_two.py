"""Control groups of version 2, as far as a machine can show them whose memory is bounded in version 1."""

import os
import signal
import time
from pathlib import Path

import pytest
from studio_server.runs.executor.sandbox.groups import (
    CONTROLLERS,
    MEMORY_SLACK_BYTES,
    Group,
    Parents,
    parents,
)

from tests.runs.executor.conftest import PATIENCE_SECONDS

REAL = next(
    (
        place
        for place in map(Path, ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"))
        if (place / "cgroup.procs").exists()
    ),
    None,
)


@pytest.fixture
def delegated(tmp_path):
    (tmp_path / "cgroup.subtree_control").write_text(" ".join(CONTROLLERS))
    return tmp_path


def test_a_folder_is_used_only_where_memory_and_tasks_are_handed_down(delegated):
    assert parents(str(delegated)) == Parents({"unified": str(delegated)}, unified=True)
    (delegated / "cgroup.subtree_control").write_text("memory cpu")
    assert not parents(str(delegated))
    assert not parents(str(delegated / "nowhere"))


def test_bounds_are_written_on_top_of_what_is_used_already_and_swap_is_none(delegated):
    group = Group(parents(str(delegated)), "run")
    group.make()
    folder = delegated / "run"
    (folder / "memory.current").write_text("5000000\n")
    group.bound(memory_bytes=64_000_000, tasks=256)
    assert (folder / "memory.max").read_text() == str(5_000_000 + 64_000_000 + MEMORY_SLACK_BYTES)
    assert (folder / "pids.max").read_text() == "256"
    assert (folder / "memory.swap.max").read_text() == "0"


def test_a_kill_by_the_kernel_is_told_by_its_own_count(delegated):
    group = Group(parents(str(delegated)), "run")
    group.make()
    events = delegated / "run" / "memory.events"
    events.write_text("low 0\noom 1\noom_kill 0\n")
    assert not group.killed_for_memory()
    events.write_text("low 0\noom 1\noom_kill 2\n")
    assert group.killed_for_memory()


@pytest.mark.skipif(
    REAL is None or not os.access(REAL, os.W_OK), reason="no control groups of version 2 may be made here"
)
def test_the_kernels_clock_counts_what_a_process_in_the_group_used_and_the_group_goes_when_it_ended():
    group = Group(Parents({"unified": str(REAL)}), f"studio-test-{os.getpid()}")
    group.make()
    try:
        child = os.fork()
        if child == 0:
            while True:
                pass
        group.add(child)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while group.cpu_ms() < 50 and time.monotonic() < deadline:
            pass
        used = group.cpu_ms()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    finally:
        group.remove()
    assert used >= 50
    assert not (REAL / f"studio-test-{os.getpid()}").exists()
