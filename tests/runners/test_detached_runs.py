"""Runs that go on without the kernel: started, looked at, waited for, cancelled; and stored results."""

import pandas as pd
import pytest

from studio_magics.client.refusals import LimitReached, RunFailed, StillRunning, Unknown, UsageRefused
from studio_magics.display.formats import draw
from studio_magics.runners.session import Session
from studio_magics.runners.studio import Studio
from tests.runners.conftest import Nowhere, quick

FRAME = pd.DataFrame({"id": [1, 2, 3]})
START = "/api/data/remote/run"


def test_a_detached_run_is_started_once_and_not_followed(studio, fake):
    started = studio.run("remote", data=FRAME, detach=True)
    assert (started.id, list(fake.runs)) == ("run_1", ["run_1"])
    assert not [path for path in fake.paths("GET") if path == "/api/runs/run_1"]
    assert draw(started).text == (
        "· queued · Remote Checker · run_1 · at most 8 credits\n"
        "  %studio wait run_1 gives the result; %studio cancel run_1 stops it"
    )


def test_waiting_gives_the_result_and_what_it_cost(studio):
    started = studio.run("remote", data=FRAME, detach=True)
    ended = started.wait(quiet=True)
    assert (ended.state, ended.charged_credits, started.done) == ("succeeded", 3, True)
    assert started.result == ended.result
    assert draw(started).text.startswith("✔ succeeded · Remote Checker · run_1 · 3 of at most 8 credits\n")


def test_a_state_is_asked_for_until_it_is_final(studio, fake):
    started = studio.run("remote", data=FRAME, detach=True)
    assert [started.state for _ in range(4)] == ["running", "running", "succeeded", "succeeded"]
    assert fake.paths("GET").count("/api/runs/run_1") == 3


def test_another_kernel_finds_the_run_by_its_number_and_gets_the_result(studio, fake):
    started = studio.run("remote", data=FRAME, detach=True)
    restarted = Studio(session=Session(Nowhere(), make=quick, pause=[].append))
    restarted.connect(fake.url, fake.token)
    assert draw(restarted.runs()).text.splitlines()[-1] == (
        f"under way: %studio wait {started.id} gives the result, %studio cancel {started.id} stops it"
    )
    ended = restarted.wait(started.id, quiet=True)
    restarted.disconnect()
    assert ended.result.headline
    assert len(fake.started) == 1


def test_waiting_for_a_run_that_is_over_answers_at_once(studio, fake):
    studio.run("remote", data=FRAME, quiet=True)
    before = len(fake.asked)
    assert studio.wait("run_1", quiet=True, timeout=0).charged_credits == 3
    assert len(fake.asked) == before + 1


def test_when_patience_ends_the_run_goes_on_and_says_how_to_wait_again(studio, fake):
    fake.polls_until_over = 1_000
    started = studio.run("remote", data=FRAME, detach=True)
    with pytest.raises(StillRunning) as still:
        started.wait(timeout=0)
    assert still.value.what == (
        "Remote Checker is still running after 0 seconds; it goes on at the server, at most 8 credits can be"
        " charged."
    )
    assert (still.value.action, still.value.run.id) == ("%studio wait run_1", "run_1")
    assert fake.runs["run_1"].state == "running"


def test_interrupting_a_wait_leaves_the_run_alone_and_says_so(studio, fake, monkeypatch):
    started = studio.run("remote", data=FRAME, detach=True)

    def interrupted(run_id, **more):
        if more:
            raise KeyboardInterrupt
        return fake.runs[run_id]

    monkeypatch.setattr(studio.session.client(), "run", interrupted)
    with pytest.raises(StillRunning) as stopped:
        started.wait()
    assert "goes on, at most 8 credits can be charged" in stopped.value.what
    assert stopped.value.action == "%studio wait run_1, or %studio cancel run_1 to stop it"
    assert fake.runs["run_1"].state == "queued"


def test_cancelling_a_detached_run_is_cancelling_it_at_the_server(studio, fake):
    started = studio.run("remote", data=FRAME, detach=True)
    assert started.cancel().state == "cancelled"
    with pytest.raises(RunFailed) as failed:
        _ = started.result
    assert "Charged 2 credits of at most 8" in failed.value.what
    assert fake.runs["run_1"].state == "cancelled"


def test_a_run_in_this_kernel_is_not_detached(studio):
    with pytest.raises(UsageRefused) as refused:
        studio.run("counter", detach=True)
    assert refused.value.action == "--on server"


def test_an_unknown_number_is_not_waited_for(studio):
    with pytest.raises(Unknown):
        studio.wait("run_unknown")
    with pytest.raises(UsageRefused):
        studio.wait("kernel_1")


def test_a_place_in_the_queue_and_the_log_are_told_while_waiting(studio, fake):
    fake.polls_until_over = 1
    started = studio.run("remote", data=FRAME, detach=True)
    queued = started.run.model_copy(update={"queue_position": 3, "log_lines": ("one", "two")})
    told = []

    class Told:
        def update(self, percent, stage, log=()):
            told.append((percent, stage, log))

        def finish(self, display):
            pass

    studio.session.runner().wait(queued, Told())
    assert told[0] == (0, "queued, position 3", ("one", "two"))


def test_a_stored_result_costs_nothing_and_says_whose_it_is(studio, fake):
    fake.stored, fake.refused_by = "run_0", "daily"
    assert (
        "the result of run_0 is stored: now 0 credits, --fresh runs again"
        in draw(studio.estimate("remote", data=FRAME)).text
    )
    run = studio.run("remote", data=FRAME, quiet=True)
    assert (run.charged_credits, run.run.answered_from) == (0, "run_0")
    assert run.cost_display().text == (
        "✔ Remote Checker · 0 credits (stored result of run_0; --fresh runs again) · 300 left"
    )
    assert "estimated" not in draw(run.receipt).text
    assert "0, stored result" in draw(studio.runs()).text


def test_a_fresh_run_says_so_to_the_server_and_is_refused_like_any_other(studio, fake):
    fake.stored = "run_0"
    assert studio.run("remote", data=FRAME, fresh=True, quiet=True).charged_credits == 3
    fake.refused_by = "daily"
    with pytest.raises(LimitReached):
        studio.run("remote", data=FRAME, fresh=True)
    assert len(fake.runs) == 1
