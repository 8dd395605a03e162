"""What a cluster loses is the platform's fault, is told at once and is never begun a second time."""

import socket
from collections.abc import Callable

from tests.runs.cluster.cluster_bench import PATIENCE_SECONDS, Bench, Lifeline, wait_until
from tests.runs.cluster.local_cluster import LocalCluster, kill


def test_a_killed_worker_loses_its_run_which_no_other_worker_begins_again(
    own_cluster: LocalCluster, make_bench: Callable[..., Bench], lifeline: Lifeline
) -> None:
    own_cluster.start(workers=1)
    bench = make_bench(own_cluster.address)
    running = bench.start(fifo=lifeline.path.name)
    lifeline.wait_for_holders(2)
    own_cluster.add_worker()
    wait_until(lambda: bench.executor.capacity == 4)
    kill(own_cluster.workers[0])
    outcome = running.wait(PATIENCE_SECONDS)
    assert (outcome.kind, outcome.measured) == ("lost", None)
    lifeline.wait_until_free()
    wait_until(lambda: bench.executor.capacity == 2)
    assert bench.run().kind == "succeeded"
    assert lifeline.is_free()


def test_capacity_follows_the_workers_that_come_and_go(
    own_cluster: LocalCluster, make_bench: Callable[..., Bench]
) -> None:
    own_cluster.start(workers=0)
    bench = make_bench(own_cluster.address)
    early = bench.start()
    own_cluster.add_worker(3)
    assert early.wait(PATIENCE_SECONDS).kind == "succeeded"
    assert bench.executor.capacity == 3
    own_cluster.workers[0].terminate()
    wait_until(lambda: bench.executor.capacity == 1)
    [cluster] = bench.executor.capabilities()
    assert not cluster.present
    assert "0 workers" in cluster.detail


def test_runs_are_lost_with_the_scheduler_and_go_on_when_it_is_back(
    own_cluster: LocalCluster, make_bench: Callable[..., Bench], lifeline: Lifeline
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own_cluster.start(workers=1, port=port)
    bench = make_bench(own_cluster.address)
    running = bench.start(fifo=lifeline.path.name)
    lifeline.wait_for_holders(2)
    kill(own_cluster.scheduler)
    assert running.wait(PATIENCE_SECONDS).kind == "lost"
    lifeline.wait_until_free()
    own_cluster.start(workers=1, port=port)
    wait_until(lambda: bench.executor.capabilities()[0].present)
    assert bench.run().kind == "succeeded"


def test_a_run_that_finds_no_worker_in_time_is_lost_and_one_that_is_cancelled_before_costs_nothing(
    make_bench: Callable[..., Bench],
) -> None:
    nobody = "tcp://127.0.0.1:9"
    impatient, patient = make_bench(nobody, patience_seconds=0.2), make_bench(nobody)
    lost = impatient.run()
    assert (lost.kind, lost.measured) == ("lost", None)
    waiting = patient.start()
    waiting.cancel()
    withdrawn = waiting.wait(PATIENCE_SECONDS)
    assert (withdrawn.kind, withdrawn.measured) == ("cancelled", None)
    assert patient.executor.running == 0
