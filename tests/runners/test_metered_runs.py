"""A metered run: quoted, sent once, started once, followed to its end; the charge is always told."""

import pandas as pd
import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import (
    Conflict,
    InputRefused,
    LimitReached,
    NotSignedIn,
    RunFailed,
    RunStopped,
    ServerFault,
    ServerUnreachable,
    Unknown,
    UsageRefused,
)
from studio_magics.contracts.problems import Problem
from studio_magics.contracts.runs import RunRequest
from studio_magics.runners.session import Session
from studio_magics.runners.studio import Studio
from tests.client.fake_server import Serving
from tests.client.samples import CONTENT
from tests.runners.conftest import Nowhere, quick
from tests.runners.counting import offered

FRAME = pd.DataFrame({"id": [1, 2, 3]})
START = "/api/data/remote/run"


def test_a_run_is_quoted_sent_started_and_followed_in_this_order(studio, fake):
    run = studio.run("remote", data=FRAME)
    digest = next(iter(fake.uploads))
    assert [(asked.method, asked.path) for asked in fake.asked][:5] == [
        ("GET", "/api/tools/remote"),
        ("POST", "/api/billing/estimate"),
        ("GET", f"/api/uploads/{digest}"),
        ("PUT", f"/api/uploads/{digest}"),
        ("POST", START),
    ]
    assert (run.state, run.charged_credits, run.receipt.available_credits_after) == ("succeeded", 3, 297)
    assert run.artefact("report.json").read() == CONTENT


def test_the_quote_of_the_estimate_is_the_one_the_run_is_started_with(studio, fake):
    studio.run("remote", data=FRAME, max_credits=5)
    started = next(asked for asked in fake.asked if asked.path == START)
    request = RunRequest.model_validate_json(started.body)
    assert (request.quote, request.max_credits) == ("quote-1", 5)


def test_data_that_the_server_has_is_not_sent_again(studio, fake):
    studio.run("remote", data=FRAME)
    studio.run("remote", data=FRAME)
    assert len(fake.paths("PUT")) == 1


def test_an_estimate_sends_no_data(studio, fake):
    assert studio.estimate("remote", data=FRAME).max_credits == 8
    assert fake.paths("PUT") == []


def test_a_start_whose_answer_is_lost_is_found_again_by_the_same_call_and_runs_once(studio, fake):
    fake.drops_after[START] = 3
    with pytest.raises(ServerUnreachable) as lost:
        studio.run("remote", data=FRAME)
    assert "not started twice" in lost.value.action
    run = studio.run("remote", data=FRAME)
    keys = {asked.headers["Idempotency-Key"] for asked in fake.asked if asked.path == START}
    assert (run.id, len(fake.runs), len(keys)) == ("run_1", 1, 1)


def test_after_a_definite_refusal_the_next_call_is_a_new_start(studio, fake):
    fake.refusals.append((START, Problem(status=409, code="quote_expired", error="The quote has expired.")))
    with pytest.raises(Conflict):
        studio.run("remote", data=FRAME)
    studio.run("remote", data=FRAME)
    keys = {asked.headers["Idempotency-Key"] for asked in fake.asked if asked.path == START}
    assert len(keys) == 2


def test_after_a_fault_of_the_server_the_same_start_is_tried_again(studio, fake):
    fake.refusals.append((START, Problem(status=500, code="fault", error="The server failed.")))
    with pytest.raises(ServerFault):
        studio.run("remote", data=FRAME)
    studio.run("remote", data=FRAME)
    keys = {asked.headers["Idempotency-Key"] for asked in fake.asked if asked.path == START}
    assert len(keys) == 1


def test_a_run_that_would_be_refused_is_refused_before_data_is_sent(studio, fake):
    fake.refused_by = "daily"
    with pytest.raises(LimitReached) as refused:
        studio.run("remote", data=FRAME)
    assert fake.paths("PUT") == []
    assert refused.value.what == (
        "Remote Checker was refused by the daily limit (at most 8 needed, 300 available, today 0 of 30)."
    )
    assert refused.value.action == "wait until tomorrow"


@pytest.mark.parametrize(("outcome", "charged"), [("failed", 3), ("timed_out", 8), ("lost", 0)])
def test_a_run_without_a_result_says_what_was_charged(studio, fake, outcome, charged):
    fake.outcome = outcome
    with pytest.raises(RunFailed) as failed:
        studio.run("remote", data=FRAME)
    paid = (
        f"Charged {charged:,} credits of at most 8, {8 - charged} returned."
        if charged
        else "Nothing was charged."
    )
    assert failed.value.what.endswith(paid)
    assert failed.value.run.receipt.charged_credits == charged
    assert len(failed.value.lines()) == 2


@pytest.mark.parametrize("ceiling", ["many", 2.5, True])
def test_a_ceiling_that_is_no_whole_number_is_refused_before_anything_is_sent(studio, fake, ceiling):
    with pytest.raises(UsageRefused) as refused:
        studio.run("remote", data=FRAME, max_credits=ceiling)
    assert refused.value.what == f"The ceiling is a whole number of credits, not {ceiling!r}."
    assert fake.paths("POST") == []


def test_a_number_that_no_run_can_have_is_unknown_and_not_sent(studio, fake):
    for number in ("../../account", "", None):
        with pytest.raises(Unknown) as refused:
            studio.run_info(number)
        assert repr(number) in refused.value.what
    assert fake.asked == []


def test_an_announced_tool_says_so_before_its_options_are_read(studio, fake):
    fake.availability = "coming_soon"
    with pytest.raises(Conflict) as refused:
        studio.find("remote")
    assert refused.value.what.startswith("Remote Checker is not available yet.")


def test_an_interrupt_cancels_on_the_server_and_says_what_was_charged(studio, fake, monkeypatch):
    client = studio.session.client()
    asked = client.run

    def interrupted(run_id, **more):
        monkeypatch.setattr(client, "run", asked)
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "run", interrupted)
    with pytest.raises(RunStopped) as stopped:
        studio.run("remote", data=FRAME)
    assert fake.runs["run_1"].state == "cancelled"
    assert stopped.value.what == "Remote Checker was cancelled; charged 2 credits of at most 8, 6 returned."


def test_an_interrupt_while_data_is_sent_starts_nothing_and_is_two_lines(studio, fake, monkeypatch):
    def interrupted(digest, path, told):
        raise KeyboardInterrupt

    monkeypatch.setattr(studio.session.client(), "upload", interrupted)
    with pytest.raises(RunStopped) as stopped:
        studio.run("remote", data=FRAME)
    assert stopped.value.what == "Remote Checker was stopped before it started; nothing was charged."
    assert fake.runs == {}


def test_an_interrupt_while_the_start_is_on_its_way_still_cancels_that_run(studio, fake, monkeypatch):
    client = studio.session.client()
    start = client.start_run

    def interrupted(*parts, **more):
        monkeypatch.setattr(client, "start_run", start)
        start(*parts, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(client, "start_run", interrupted)
    with pytest.raises(RunStopped):
        studio.run("remote", data=FRAME)
    assert [run.state for run in fake.runs.values()] == ["cancelled"]


def test_a_sign_in_that_is_lost_while_following_names_the_run_that_goes_on(studio, fake):
    fake.refusals.append(("/api/runs/run_1", Problem(status=401, code="not_signed_in", error="Who are you?")))
    with pytest.raises(ServerUnreachable) as lost:
        studio.run("remote", data=FRAME)
    assert lost.value.action == "%studio wait run_1"


def test_following_survives_a_server_that_is_away_for_a_while(studio, fake):
    fake.drops["/api/runs/"] = 5
    fake.refusals.append(("/api/runs/", Problem(status=500, code="fault", error="The server failed.")))
    assert studio.run("remote", data=FRAME).state == "succeeded"


def test_following_finds_a_server_that_came_back_elsewhere(fake):
    with Serving() as again:
        urls = iter([fake.url, again.url])
        again.runs, again.uploads = fake.runs, fake.uploads

        class Moving(Nowhere):
            def embedded(self):
                return Endpoint(next(urls), fake.token, "inside this process")

        studio = Studio(session=Session(Moving(), make=quick, pause=[].append))
        fake.drops["/api/runs/"] = 3
        assert studio.run("remote", data=FRAME).state == "succeeded"
        assert any(asked.path.startswith("/api/runs/") for asked in again.asked)
        studio.disconnect()


def test_a_server_that_stays_away_leaves_the_run_and_names_it(studio, fake):
    fake.drops["/api/runs/"] = 500
    with pytest.raises(ServerUnreachable) as lost:
        studio.run("remote", data=FRAME)
    assert lost.value.action == "%studio wait run_1"
    assert "at most 8 credits" in lost.value.what


def test_an_unknown_input_is_refused_before_anything_is_sent(studio, fake):
    with pytest.raises(InputRefused):
        studio.run("remote", dta=FRAME)
    assert fake.paths("POST") == []


def test_a_tool_with_code_here_is_validated_before_anything_is_sent(studio, fake, tmp_path):
    with offered(tmp_path, REMOTE="data-studio-remote"), pytest.raises(InputRefused) as refused:
        studio.run("remote", times=99)
    assert "less than or equal to 9" in refused.value.what
    assert fake.asked == []


def test_a_server_tool_cannot_be_run_in_the_kernel(studio):
    with pytest.raises(UsageRefused) as refused:
        studio.run("remote", on="kernel", data=FRAME)
    assert "only on the server" in refused.value.what


def test_an_unknown_tool_gets_the_suggestions_of_the_server(studio):
    with pytest.raises(Unknown) as refused:
        studio.run("remot")
    assert refused.value.action == "did you mean 'remote'?"


def test_a_wrong_token_is_refused_with_the_way_out(studio, fake):
    fake.token = "another"  # noqa: S105  - of a server that exists for one test
    with pytest.raises(NotSignedIn) as refused:
        studio.balance()
    assert refused.value.action


def test_the_latest_receipt_is_found_without_its_number(studio):
    with pytest.raises(UsageRefused):
        studio.receipt()
    studio.run("remote", data=FRAME)
    assert studio.receipt().id == studio.receipt("run_1").id == "rcpt_1"


def test_limits_are_set_only_where_named(studio, fake):
    assert studio.limits(daily=20).daily_limit_credits == 20
    assert studio.limits(daily="plan").daily_limit_credits == 30
    with pytest.raises(UsageRefused):
        studio.limits(daily=-1)
    with pytest.raises(UsageRefused):
        studio.limits(alerts=(0,))


def test_a_found_server_that_is_lost_is_looked_for_again(fake):
    found = iter(["http://127.0.0.1:9", fake.url])

    class Moving(Nowhere):
        def embedded(self):
            return Endpoint(next(found), fake.token, "inside this process")

    studio = Studio(session=Session(Moving(), make=quick, pause=[].append))
    with pytest.raises(ServerUnreachable):
        studio.balance()
    assert studio.balance().available_credits == 300
    studio.disconnect()


def test_the_doctor_names_every_problem_and_never_a_token(studio, alone, fake):
    found = studio.doctor()
    told = "\n".join(check.line for check in found.checks)
    assert fake.token not in told
    assert {"server", "signed in", "balance"} <= {check.subject for check in found.checks if check.ok}
    ill = alone.doctor()
    server = next(check for check in ill.checks if check.subject == "server")
    assert not server.ok
    assert server.action
