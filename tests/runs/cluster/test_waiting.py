"""A run that finds the whole cluster taken by others waits, says so, and is begun once when there is room."""

from collections.abc import Callable

import pytest
from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster.delivery import WAITING
from studio_server.runs.executor.protocol import ExecutorFull, Progress

from tests.runs.cluster.cluster_bench import PATIENCE_SECONDS, Bench, Lifeline, wait_until
from tests.runs.cluster.local_cluster import LocalCluster
from tests.runs.cluster.other_work import OtherWork

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture
def shared(own_cluster: LocalCluster, others: OtherWork, make_bench: Callable[..., Bench]) -> Bench:
    """A server on a cluster whose only thread somebody else has; it gives an attempt a second."""
    bench = make_bench(own_cluster.address, patience_seconds=1.0)
    wait_until(lambda: bool(bench.executor._dispatch.fleet.members))
    others.begin()
    return bench


def heard(bench: Bench) -> list[str]:
    return [progress.stage for progress in list(bench.heard.queue)]


def wait_until_it_waits(bench: Bench) -> None:
    wait_until(lambda: WAITING in heard(bench))


def test_a_run_begins_when_others_leave_a_thread_and_says_that_it_waits_until_then(
    shared: Bench, others: OtherWork, lifeline: Lifeline
) -> None:
    running = shared.start(fifo=lifeline.path.name, wait_seconds=PATIENCE_SECONDS)
    wait_until_it_waits(shared)
    others.end()
    lifeline.wait_for_holders(2)
    wait_until(lambda: "reading" in heard(shared))
    stages = heard(shared)
    assert stages[0] == WAITING
    assert WAITING not in stages[stages.index("starting") :]
    assert stages.count("reading") == 1
    running.cancel()
    ended = running.wait(PATIENCE_SECONDS)
    assert (ended.kind, ended.measured is None) == ("cancelled", False)
    lifeline.wait_until_free()


def test_a_run_that_may_not_wait_that_long_is_lost_and_never_begins(
    shared: Bench, others: OtherWork, lifeline: Lifeline
) -> None:
    lost = shared.start(fifo=lifeline.path.name, wait_seconds=1.6).wait(PATIENCE_SECONDS)
    assert (lost.kind, lost.message, lost.measured) == ("lost", sentences.waited_too_long(), None)
    others.end()
    assert shared.start(wait_seconds=PATIENCE_SECONDS).wait(PATIENCE_SECONDS).kind == "succeeded"
    assert lifeline.is_free()


def test_a_run_that_is_cancelled_while_it_waits_never_begins(
    shared: Bench, others: OtherWork, lifeline: Lifeline
) -> None:
    running = shared.start(fifo=lifeline.path.name, wait_seconds=PATIENCE_SECONDS)
    wait_until_it_waits(shared)
    running.cancel()
    cancelled = running.wait(PATIENCE_SECONDS)
    assert (cancelled.kind, cancelled.measured) == ("cancelled", None)
    others.end()
    assert shared.start(wait_seconds=PATIENCE_SECONDS).wait(PATIENCE_SECONDS).kind == "succeeded"
    assert lifeline.is_free()


def test_a_run_goes_to_another_worker_when_the_one_it_was_given_has_no_thread_left(
    shared: Bench, own_cluster: LocalCluster
) -> None:
    running = shared.start(wait_seconds=PATIENCE_SECONDS)
    wait_until_it_waits(shared)
    own_cluster.add_worker(1)
    assert running.wait(PATIENCE_SECONDS).kind == "succeeded"


def test_a_run_waits_for_a_cluster_that_is_out_of_reach_as_long_as_it_may(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(NOBODY, patience_seconds=0.1)
    lost = bench.start(wait_seconds=0.8).wait(PATIENCE_SECONDS)
    assert (lost.kind, lost.message) == ("lost", sentences.waited_too_long())
    assert set(bench.heard.queue) == {Progress(0, WAITING)}
    assert bench.heard.qsize() > 1


def test_a_run_that_may_wait_is_not_refused_when_the_cluster_has_shrunk_since_its_turn_came(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(NOBODY)
    assert bench.executor.capacity == 1
    waiting = [bench.start(wait_seconds=PATIENCE_SECONDS) for _ in range(2)]
    with pytest.raises(ExecutorFull):
        bench.start()
    for running in waiting:
        running.cancel()
    assert [running.wait(PATIENCE_SECONDS).kind for running in waiting] == ["cancelled", "cancelled"]


def test_a_run_whose_input_is_nowhere_does_not_wait(
    own_cluster: LocalCluster, make_bench: Callable[..., Bench]
) -> None:
    own_cluster.start(workers=1)
    bench = make_bench(own_cluster.address)
    data, files = bench.upload(b"never sent")
    for stored in files.values():
        stored.unlink()
    lost = bench.start(data=data, files=files, wait_seconds=10 * PATIENCE_SECONDS).wait(PATIENCE_SECONDS)
    assert (lost.kind, lost.message) == ("lost", sentences.worker_lost())
