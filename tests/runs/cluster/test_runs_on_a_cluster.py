"""A run on a Dask worker behaves, is measured and is limited like one on the server's own machine."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_server.runs.executor.cluster.wire import PIECE_BYTES
from studio_server.runs.executor.protocol import ExecutorClosed, ExecutorFull, Progress

from tests.runs.cluster.cluster_bench import GENEROUS, PATIENCE_SECONDS, TOOLS, Bench, Lifeline
from tests.runs.cluster.local_cluster import LocalCluster, kill


def test_inputs_go_to_a_worker_and_result_progress_and_measurement_come_back(bench: Bench) -> None:
    data, files = bench.upload(b"abc" * 1000)
    outcome = bench.run(data=data, files=files, cpu_ms=300)
    assert (outcome.kind, outcome.message) == ("succeeded", "3000 bytes")
    assert Progress(50, "reading") in list(bench.heard.queue)
    assert outcome.measured is not None
    assert outcome.measured.cpu_ms >= 300
    assert outcome.measured.wall_ms >= 300
    assert outcome.measured.peak_bytes > 1_000_000


def test_files_of_the_run_arrive_whole_under_digests_that_the_server_has_checked(bench: Bench) -> None:
    content = b"x" * (PIECE_BYTES + 1)
    data, files = bench.upload(content)
    outcome = bench.run(data=data, files=files, outputs=3)
    assert [file.name for file in outcome.artefacts] == [f"copies/{number}.bin" for number in range(3)]
    for number, file in enumerate(outcome.artefacts):
        kept = file.path.read_bytes()
        assert kept == bytes([number]) * len(content)
        assert file.path.parent == bench.folder / "run-1" / "out"
        assert (file.size_bytes, file.digest) == (len(kept), f"sha256:{hashlib.sha256(kept).hexdigest()}")
    assert outcome.result is not None
    assert [one.digest for one in outcome.result.artefacts] == [file.digest for file in outcome.artefacts]


def test_an_input_that_a_worker_has_is_not_sent_to_it_again(bench: Bench) -> None:
    data, files = bench.upload(b"once")
    assert bench.run(data=data, files=files).kind == "succeeded"
    for stored in files.values():
        stored.unlink()
    assert bench.run(data=data, files=files).message == "4 bytes"


def test_an_input_that_is_nowhere_is_the_platforms_fault(bench: Bench) -> None:
    data, files = bench.upload(b"never sent")
    for stored in files.values():
        stored.unlink()
    assert bench.run(data=data, files=files).kind == "lost"


def test_an_input_that_is_not_what_its_digest_says_is_refused_by_the_worker(bench: Bench) -> None:
    data, files = bench.upload(b"true content")
    for stored in files.values():
        stored.chmod(0o600)
        stored.write_bytes(b"replaced")
    assert bench.run(data=data, files=files).kind == "lost"


def test_a_worker_takes_inputs_from_a_folder_that_it_shares_with_the_server(
    cluster: LocalCluster, make_bench: Callable[..., Bench]
) -> None:
    bench = make_bench(cluster.address, shared_folders=True)
    data, files = bench.upload(b"shared by all")
    assert bench.run(data=data, files=files).message == "13 bytes"


@pytest.mark.parametrize(
    ("inputs", "limits", "kind"),
    [
        ({"least": -1}, {}, "input_rejected"),
        ({"least": "many"}, {}, "input_rejected"),
        ({"how": "raise"}, {}, "tool_failed"),
        ({"cpu_ms": 9_000}, {"cpu_ms": 300}, "limit_cpu"),
        ({"megabytes": 200}, {"memory_bytes": 120 << 20}, "limit_memory"),
        ({"outputs": 2}, {"output_bytes": 1_000}, "limit_output"),
    ],
)
def test_a_run_on_a_worker_ends_as_it_would_on_this_machine(
    bench: Bench, inputs: dict, limits: dict, kind: str
) -> None:
    data, files = bench.upload(b"y" * 2_000)
    bounds = GENEROUS.model_copy(update=limits)
    outcome = bench.start(limits=bounds, files=files, data=data, **inputs).wait(PATIENCE_SECONDS)
    assert outcome.kind == kind, outcome
    assert outcome.measured is not None
    assert (outcome.rejection is not None) == (kind == "input_rejected")


def test_cancelling_ends_every_process_of_the_run_on_the_worker(bench: Bench, lifeline: Lifeline) -> None:
    running = bench.start(fifo=lifeline.path.name)
    lifeline.wait_for_holders(2)
    running.cancel()
    outcome = running.wait(PATIENCE_SECONDS)
    assert outcome.kind == "cancelled"
    assert outcome.measured is not None
    lifeline.wait_until_free()


def test_closing_the_executor_ends_its_runs_and_frees_their_slots(
    cluster: LocalCluster, make_bench: Callable[..., Bench], lifeline: Lifeline
) -> None:
    bench = make_bench(cluster.address)
    running = bench.start(fifo=lifeline.path.name)
    lifeline.wait_for_holders(2)
    bench.executor.close()
    assert running.wait(0).kind == "cancelled"
    lifeline.wait_until_free()
    assert bench.executor.running == 0
    with pytest.raises(ExecutorClosed):
        bench.start()


def test_as_many_runs_as_the_workers_have_slots_go_on_at_once_and_no_more(
    bench: Bench, make_lifeline: Callable[[], Lifeline]
) -> None:
    bench.executor.capabilities()
    lines = [make_lifeline() for _ in range(4)]
    running = [bench.start(fifo=line.path.name) for line in lines]
    for line in lines:
        line.wait_for_holders(2)
    assert (bench.executor.capacity, bench.executor.running) == (4, 4)
    with pytest.raises(ExecutorFull, match="all 4"):
        bench.start()
    for one in running:
        one.cancel()
    assert {one.wait(PATIENCE_SECONDS).kind for one in running} == {"cancelled"}
    for line in lines:
        line.wait_until_free()


async def test_waiting_for_an_outcome_does_not_block_the_event_loop(bench: Bench) -> None:
    running = bench.start(cpu_ms=200)
    waiting = asyncio.create_task(running.outcome())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert (await waiting).kind == "succeeded"


def test_the_doctor_sees_cluster_workers_and_the_layers_of_every_worker(bench: Bench) -> None:
    cluster, *layers = bench.executor.capabilities()
    assert cluster.present
    assert "2 workers, 4 runs at once" in cluster.detail
    assert "whole-tree metering" in {layer.name for layer in layers if layer.present}


SERVER = """
import sys
from pathlib import Path
from tests.runs.cluster.cluster_bench import Bench
from studio_server.runs.executor.cluster.executor import DaskExecutor
executor = DaskExecutor(sys.argv[1], extra_path=Path(sys.argv[2]), lease_seconds=2.0)
Bench(executor, Path(sys.argv[3])).start(fifo=sys.argv[4]).wait()
"""


def test_runs_of_a_server_that_was_killed_are_ended_on_the_workers(
    cluster: LocalCluster, tools: Path, lifeline: Lifeline, tmp_path: Path
) -> None:
    root, runs = str(TOOLS.parents[3]), str(tmp_path / "runs")
    arguments = [sys.executable, "-c", SERVER, cluster.address, str(tools), runs, lifeline.path.name]
    server = subprocess.Popen(arguments, cwd=root, env=os.environ | {"PYTHONPATH": root})
    lifeline.wait_for_holders(2)
    kill(server)
    lifeline.wait_until_free()
