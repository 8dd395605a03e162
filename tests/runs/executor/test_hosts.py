"""The executor under the event loops and threads of its hosts."""

import asyncio
import os
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import pytest
import studio_server
from studio_server.runs.executor.protocol import ExecutorFull

import studio_magics


@pytest.mark.measures_time
async def test_awaiting_an_outcome_does_not_block_the_event_loop(bench):
    running = bench.start("BURN", cpu_ms=400)
    turns = 0
    waiting = asyncio.ensure_future(running.outcome())
    while not waiting.done():
        turns += 1
        await asyncio.wait([waiting], timeout=0.005)
    assert (await waiting).kind == "succeeded"
    assert turns > 20


async def test_starting_returns_though_the_run_never_ends_by_itself(bench, lifeline):
    running = bench.start("WAIT", fifo=str(lifeline.path))
    with pytest.raises(TimeoutError):
        running.wait(0)
    running.cancel()
    assert (await running.outcome()).kind == "cancelled"


@pytest.mark.measures_time
async def test_giving_up_waiting_does_not_cancel_the_run(bench):
    running = bench.start("BURN", cpu_ms=300)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(running.outcome(), 0.05)
    assert (await running.outcome()).kind == "succeeded"


async def test_many_may_await_one_outcome(bench):
    running = bench.start("TRIVIAL")
    first, second = await asyncio.gather(running.outcome(), running.outcome())
    assert first is second


def test_it_works_under_uvloop_in_a_thread_that_is_not_the_main_one(bench):
    uvloop = pytest.importorskip("uvloop")
    kinds = []

    async def run():
        return (await bench.start("TRIVIAL").outcome()).kind

    def host():
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            kinds.append(runner.run(run()))

    thread = threading.Thread(target=host)
    thread.start()
    thread.join(30)
    assert kinds == ["succeeded"]


def test_more_jobs_than_workers_are_refused_and_an_outcome_frees_a_place(make_bench, lifeline):
    bench = make_bench(capacity=1)
    running = bench.start("WAIT", fifo=str(lifeline.path))
    with pytest.raises(ExecutorFull) as refused:
        bench.start("TRIVIAL")
    assert refused.value.capacity == 1
    running.cancel()
    running.wait(30)
    assert bench.executor.running == 0
    assert bench.run("TRIVIAL").kind == "succeeded"


def test_by_default_there_are_at_least_two_workers(make_bench):
    assert make_bench().executor.capacity >= 2


def test_missing_layers_are_named_with_their_meaning(make_bench):
    bench = make_bench(without={"own network"})
    layers = {layer.name: layer for layer in bench.executor.capabilities()}
    assert layers["whole-tree metering"].present
    assert not layers["own network"].present
    assert all(layer.detail for layer in layers.values())


def test_a_server_installed_for_one_user_only_has_workers_that_find_it(tmp_path, lifeline):
    """`pip install --user`: the libraries are below the user's home, and a worker's home is elsewhere."""
    base = tmp_path / "base"
    user_site = Path(sysconfig.get_path("purelib", "posix_user", {"userbase": str(base)}))
    user_site.mkdir(parents=True)
    packages = (studio_magics, studio_server)
    roots = [sysconfig.get_path("purelib"), *(str(Path(package.__file__).parents[1]) for package in packages)]
    (user_site / "installed.pth").write_text("\n".join(roots))
    server = Path(__file__).with_name("small_server.py")
    done = subprocess.run(
        [sys._base_executable, str(server), str(tmp_path), str(lifeline.path), "DAEMON"],
        env={"PATH": os.environ["PATH"], "PYTHONUSERBASE": str(base)},
        stdout=subprocess.PIPE,
        timeout=30,
        check=True,
    )
    assert done.stdout.split()[-1] == b"succeeded"
