"""Fork servers: one per family, kept warm, replaced when they die, closed when they hold too much."""

import os
import signal
from pathlib import Path

import pytest
from studio_server.runs.executor.families import PLAIN, Family, every_family, family_of, is_built_in
from studio_server.runs.executor.fork_server import modules_of
from studio_server.runs.executor.nursery import CannotStart

from studio_magics.tools import catalog

MEGABYTE = 1 << 20


def test_runs_of_one_family_come_from_one_fork_server(bench):
    first, second = bench.start("TRIVIAL"), bench.start("TRIVIAL")
    assert first.wait(30).kind == second.wait(30).kind == "succeeded"
    assert first.launcher_pid == second.launcher_pid
    assert first.worker_pid != second.worker_pid


def test_a_fork_server_that_died_is_started_again_before_the_next_run(bench):
    first = bench.start("TRIVIAL")
    first.wait(30)
    os.kill(first.launcher_pid, signal.SIGKILL)
    second = bench.start("TRIVIAL")
    assert second.wait(30).kind == "succeeded"
    assert second.launcher_pid != first.launcher_pid


def test_a_run_on_a_fork_server_that_dies_is_lost_and_the_next_one_works(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    os.kill(running.launcher_pid, signal.SIGKILL)
    assert running.wait(30).kind == "lost"
    assert lifeline.is_free()
    assert bench.run("TRIVIAL").kind == "succeeded"


def test_what_a_run_changes_in_its_process_is_not_there_in_the_next(bench):
    assert bench.run("END", how="SIGSEGV").kind == "tool_failed"
    assert bench.run("SURROUNDINGS").result.summary["folder"] in ("/job", str(bench.folder / "run-2"))


def test_a_fork_server_has_one_thread_when_it_forks(bench):
    running = bench.start("TRIVIAL")
    running.wait(30)
    assert len(list(Path(f"/proc/{running.launcher_pid}/task").iterdir())) == 1


def test_the_least_used_fork_server_is_closed_when_all_hold_more_than_allowed(make_bench):
    executor = make_bench(idle_bytes=1).executor
    executor.warm_up()
    assert [one.family for one in executor.idle()] == [PLAIN]


def test_within_what_is_allowed_every_family_stays_warm(make_bench):
    executor = make_bench().executor
    executor.warm_up()
    held = executor.idle()
    assert {one.family for one in held} == {family.name for family in every_family()}
    assert all(0 < one.memory_bytes < 400 * MEGABYTE for one in held)


def test_a_fork_server_in_use_is_not_closed(make_bench, lifeline):
    bench = make_bench(idle_bytes=1)
    running = bench.start("WAIT", fifo=str(lifeline.path))
    lifeline.holders(3)
    bench.executor.warm_up()
    assert PLAIN in {one.family for one in bench.executor.idle()}
    assert not running._future.done()


def test_a_library_that_starts_a_thread_is_left_out_and_the_others_are_loaded(make_bench, monkeypatch):
    from studio_server.runs.executor import nursery

    executor = make_bench().executor
    kept = executor._warm()
    family = Family("threads", (), ("not-installed-anywhere", "pydantic"))
    kept.start(family)
    assert "threads" in {one.family for one in executor.idle()}
    assert nursery.ATTEMPTS > 1


def test_a_fork_server_that_cannot_start_says_so(make_bench, monkeypatch):
    from studio_server.runs.executor import nursery

    monkeypatch.setattr(nursery, "FORK_SERVER", "studio_server.no_such_module")
    executor = make_bench().executor
    with pytest.raises(CannotStart):
        executor.warm_up()


def test_only_built_in_code_is_imported_into_a_fork_server():
    for tool_id, module in catalog.BUILT_IN.items():
        assert is_built_in(tool_id, f"{module}:TOOL")
        assert tool_id in family_of(tool_id, "").tools
        assert family_of(tool_id, "somewhere.else:TOOL") == Family(PLAIN)
    assert family_of("data-studio-foreign", "foreign:TOOL") == Family(PLAIN)


def test_modules_are_found_by_the_name_of_their_distribution():
    assert "yaml" in modules_of("PyYAML")
    assert modules_of("not-installed-anywhere") == []


def test_nothing_of_a_fork_server_is_left_when_the_executor_is_closed(make_bench):
    bench = make_bench()
    running = bench.start("TRIVIAL")
    running.wait(30)
    bench.executor.close()
    assert not Path(f"/proc/{running.launcher_pid}").exists()
