import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = Path(__file__).with_name("small_server.py")


def serve(folder, lifeline, *options):
    """A small server of its own, which runs one tool."""
    command = [sys.executable, str(SERVER), str(folder), str(lifeline.path), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_a_daemon_with_its_own_session_dies_with_the_run(bench, lifeline):
    outcome = bench.run("DAEMON", fifo=str(lifeline.path))
    assert outcome.kind == "succeeded"
    assert lifeline.is_free()


def test_a_cancelled_run_is_gone_with_all_its_descendants(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    assert len(lifeline.holders(3)) == 3
    running.cancel()
    outcome = running.wait(30)
    assert (outcome.kind, outcome.measured.cpu_ms > 0) == ("cancelled", True)
    assert lifeline.is_free()


def test_cancelling_at_once_cancels(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    running.cancel()
    running.cancel()
    assert running.wait(30).kind == "cancelled"
    assert lifeline.is_free()


def test_cancelling_after_the_end_changes_nothing(bench):
    running = bench.start("TRIVIAL")
    outcome = running.wait(30)
    running.cancel()
    assert running.wait(0) is outcome
    assert outcome.kind == "succeeded"


@pytest.mark.parametrize("victim", ["worker_pid", "meter_pid", "launcher_pid"])
def test_a_killed_process_of_ours_is_a_lost_run_and_leaves_nothing_alive(bench, lifeline, victim):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    os.kill(getattr(running, victim), signal.SIGKILL)
    outcome = running.wait(30)
    assert outcome.kind == "lost"
    assert lifeline.is_free()


def test_when_guard_and_meter_die_at_once_the_worker_and_its_session_die_too(bench, lifeline):
    running = bench.start("PAIR", fifo=str(lifeline.path))
    lifeline.holders(2)
    os.kill(running.meter_pid, signal.SIGSTOP)  # so that it cannot notice
    os.kill(running.launcher_pid, signal.SIGKILL)
    os.kill(running.meter_pid, signal.SIGKILL)
    assert running.wait(30).kind == "lost"
    lifeline.wait_until_free()


def test_launcher_and_worker_are_out_of_reach_of_the_servers_terminal_and_environment(
    bench, lifeline, monkeypatch
):
    monkeypatch.setenv("STUDIO_TOKEN", "secret-token")
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    processes = (running.launcher_pid, running.meter_pid, running.worker_pid)
    sessions = {os.getsid(pid) for pid in processes}
    environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in processes]
    running.cancel()
    assert os.getsid(0) not in sessions
    assert not any(b"secret-token" in environment for environment in environments)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_server_is_killed_nothing_of_it_stays_alive(tmp_path, lifeline, ending):
    with serve(tmp_path, lifeline, "WAIT") as server:
        lifeline.holders(3)
        server.send_signal(ending)
    lifeline.wait_until_free()


def test_a_worker_dies_with_its_meter_when_server_and_guard_are_gone_as_well(tmp_path, lifeline):
    with serve(tmp_path, lifeline, "ALONE") as server:
        lifeline.holders(1)
        guard, meter = map(int, server.stdout.readline().split())
        for pid in (meter, guard):
            os.kill(pid, signal.SIGSTOP)  # so that neither can notice
        for pid in (server.pid, guard, meter):
            os.kill(pid, signal.SIGKILL)
    lifeline.wait_until_free()


def test_a_server_that_forked_still_takes_its_workers_with_it(tmp_path, lifeline):
    """The fork keeps the control pipe open, so only the guard's parent tells that the server is gone."""
    with serve(tmp_path, lifeline, "WAIT", "fork") as server:
        lifeline.holders(3)
        server.stdout.readline()
        forked = int(server.stdout.readline())
        server.kill()
        try:
            lifeline.wait_until_free()
        finally:
            os.kill(forked, signal.SIGKILL)


def test_closing_the_executor_ends_what_runs_and_refuses_more(bench, lifeline):
    from studio_server.runs.executor.protocol import ExecutorClosed

    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    bench.executor.close()
    assert lifeline.is_free()
    assert running.wait(0).kind == "cancelled"
    with pytest.raises(ExecutorClosed):
        bench.start("TRIVIAL")
