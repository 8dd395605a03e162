"""The kernel's own bound on memory, while the meter that samples is stopped."""

import os
import select
import signal
from contextlib import contextmanager

import pytest
from studio_server.runs.executor import confining

from tests.runs.executor.conftest import GENEROUS, MEGABYTE, PATIENCE_SECONDS

LIMIT_BYTES = 64 * MEGABYTE
LIMITS = GENEROUS.model_copy(update={"memory_bytes": LIMIT_BYTES})


@contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def take_much(bench):
    """The tool takes four times its limit while nobody samples; what it wrote once it had all of it."""
    job = bench.job("LATER", {"megabytes": 256}, limits=LIMITS)
    job.workdir.mkdir(parents=True)
    for name in ("go", "lifeline"):
        os.mkfifo(job.workdir / name)
        (job.workdir / name).chmod(0o666)
    reader = os.open(job.workdir / "lifeline", os.O_RDONLY | os.O_NONBLOCK)
    keeper = os.open(job.workdir / "lifeline", os.O_WRONLY)  # so that only a line makes it readable
    running = bench.executor.start(job, bench.heard.put)
    with (job.workdir / "go").open("wb") as go, stopped(running.meter_pid):
        go.write(b"!")
        go.close()
        said = wait_for_end_or_line(running.worker_pid, reader)
    outcome = running.wait(PATIENCE_SECONDS)
    os.close(keeper)
    os.close(reader)
    return said, outcome


def wait_for_end_or_line(first_pid, reader):
    ended = os.pidfd_open(first_pid)
    try:
        ready, _, _ = select.select([ended, reader], [], [], PATIENCE_SECONDS)
        assert ready, "it neither ended nor took its memory"
        return os.read(reader, 100) if reader in ready else b""
    finally:
        os.close(ended)


def needs_control_groups():
    missing = confining.found().missing
    if "control group" in missing:
        pytest.skip(f"this machine has no control group: {missing['control group']}")


def test_the_kernel_ends_a_run_at_its_bound_though_nobody_samples(bench):
    needs_control_groups()
    said, outcome = take_much(bench)
    assert said == b""
    assert outcome.kind == "limit_memory"
    assert outcome.measured.peak_bytes >= LIMIT_BYTES


def test_without_the_control_group_it_gets_all_until_the_next_sample(make_bench):
    said, outcome = take_much(make_bench(without={"control group"}))
    assert said.strip().isdigit()
    assert outcome.kind == "limit_memory"
    assert outcome.measured.peak_bytes > 200 * MEGABYTE
