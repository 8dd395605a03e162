"""What a worker process refuses, so that no run begins twice or after it was given up."""

from types import SimpleNamespace

import pytest
from studio_server.runs.executor.cluster import on_worker
from studio_server.runs.executor.cluster.desk import AttemptRefused, Desk
from studio_server.runs.executor.protocol import Outcome


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path, slots=1)


def test_an_attempt_begins_once_even_after_it_has_ended(desk: Desk) -> None:
    attempt = desk.begin("a", desk.incarnation, 60)
    attempt.outcome = Outcome("succeeded", "")
    desk.close("a")
    with pytest.raises(AttemptRefused, match="begun before"):
        desk.begin("a", desk.incarnation, 60)
    desk.begin("b", desk.incarnation, 60)


def test_a_worker_process_that_was_started_anew_refuses_what_the_former_one_was_given(desk: Desk) -> None:
    with pytest.raises(AttemptRefused, match="another worker process"):
        desk.begin("a", "the one before", 60)


def test_an_attempt_that_was_stopped_before_it_began_never_begins(desk: Desk) -> None:
    assert not desk.stop("a")
    with pytest.raises(AttemptRefused):
        desk.begin("a", desk.incarnation, 60)


def test_an_attempt_that_has_begun_and_is_over_is_never_said_not_to_have_begun(desk: Desk) -> None:
    desk.begin("a", desk.incarnation, 60).outcome = Outcome("succeeded", "")
    desk.close("a")
    assert desk.stop("a")
    assert [desk.stop("b"), desk.stop("b")] == [False, False]


async def test_only_the_process_that_was_asked_can_say_that_an_attempt_never_begins(desk: Desk) -> None:
    worker = SimpleNamespace(id=f"worker of {desk.incarnation}")
    on_worker._desks[worker.id] = desk
    try:
        assert not await on_worker.stop("a", desk.incarnation, worker)
        assert await on_worker.stop("b", "the process before", worker)
    finally:
        del on_worker._desks[worker.id]


def test_an_attempt_that_has_begun_is_stopped_as_soon_as_its_processes_exist(desk: Desk) -> None:
    class Job:
        cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    attempt, job, other = desk.begin("a", desk.incarnation, 60), Job(), Job()
    assert desk.stop("a")
    desk.attach(attempt, job)
    desk.attach(desk.begin("b", desk.incarnation, 60), other)
    assert (job.cancelled, other.cancelled) == (True, False)


def test_a_lease_ends_unless_the_server_renews_it(desk: Desk) -> None:
    attempt = desk.begin("a", desk.incarnation, -1)
    assert desk.lease_is_over(attempt)
    desk.renew(["a"], 60)
    assert not desk.lease_is_over(attempt)


def test_what_an_ended_run_left_is_deleted_when_the_server_never_comes_for_it(desk: Desk) -> None:
    kept, forgotten = desk.begin("kept", desk.incarnation, -1), desk.begin("forgotten", desk.incarnation, -1)
    for attempt in (kept, forgotten):
        attempt.folder.mkdir(parents=True)
        attempt.outcome = Outcome("cancelled", "")
    desk.renew(["kept"], 60)
    assert (kept.folder.exists(), forgotten.folder.exists()) == (True, False)


def test_a_file_that_a_run_did_not_make_is_not_handed_out(desk: Desk) -> None:
    attempt = desk.begin("a", desk.incarnation, 60)
    for number in (0, 1):
        with pytest.raises(AttemptRefused):
            desk.artefact("a", number)
        attempt.outcome = Outcome("succeeded", "")
