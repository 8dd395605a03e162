"""The client speaks the contracts over real HTTP, repeats safely and says what was refused."""

import hashlib

import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import (
    Conflict,
    Forbidden,
    InputRefused,
    InsufficientCredits,
    LimitReached,
    NotSignedIn,
    ServerFault,
    ServerUnreachable,
    StudioRefusal,
    TooFast,
    TooLarge,
    Unknown,
)
from studio_magics.client.studio_client import StudioClient
from studio_magics.contracts.account import SpendControlsChange
from studio_magics.contracts.billing import EstimateRequest
from studio_magics.contracts.problems import FieldProblem, Problem
from studio_magics.contracts.runs import RunRequest

REQUEST = RunRequest(inputs={"sample_rows": 5}, max_credits=8, quote="quote-1")


def test_every_request_carries_the_token_and_the_base_path_is_kept(client, fake):
    assert client.account().display_name == "ada"
    assert fake.asked[0].headers["Authorization"] == f"Bearer {fake.token}"
    assert fake.asked[0].path == "/api/account"


def test_a_lost_answer_is_asked_for_again_with_the_same_idempotency_key_and_starts_one_run(
    client, fake, pauses
):
    fake.drops_after["/api/data/remote/run"] = 2
    run = client.start_run("data-studio-remote", REQUEST)
    keys = {asked.headers["Idempotency-Key"] for asked in fake.asked}
    assert (run.id, len(fake.runs), len(fake.asked), len(keys)) == ("run_1", 1, 3, 1)
    assert pauses == [0.2, 0.8]


def test_two_starts_have_two_keys(client, fake):
    client.start_run("data-studio-remote", REQUEST)
    client.start_run("data-studio-remote", REQUEST)
    assert len(fake.runs) == 2


def test_a_refusal_is_not_repeated(client, fake, pauses):
    fake.refusals.append(("/api/data", Problem(status=402, code="insufficient_credits", error="No.")))
    with pytest.raises(InsufficientCredits):
        client.start_run("data-studio-remote", REQUEST)
    assert (len(fake.asked), pauses) == (1, [])


def test_a_busy_proxy_is_asked_again_and_then_named(client, fake, pauses):
    fake.raw["/api/account"] = (503, "text/html", "<h1>busy</h1>")
    with pytest.raises(ServerFault) as refused:
        client.account()
    assert len(fake.asked) == 3
    assert "503" in str(refused.value)


def test_a_server_that_is_gone_is_unreachable_after_three_attempts():
    pauses = []
    client = StudioClient(Endpoint("http://127.0.0.1:9", "secret", "set by the test"), pause=pauses.append)
    with pytest.raises(ServerUnreachable) as refused:
        client.balance()
    assert len(pauses) == 2
    assert "secret" not in "".join(refused.value.lines())
    assert "set by the test" in refused.value.what


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InputRefused),
        (401, NotSignedIn),
        (402, InsufficientCredits),
        (403, Forbidden),
        (404, Unknown),
        (409, Conflict),
        (413, TooLarge),
        (422, InputRefused),
        (429, TooFast),
        (500, ServerFault),
        (507, ServerFault),
    ],
)
def test_every_status_is_its_own_refusal_with_exactly_two_lines(client, fake, status, kind):
    fake.refusals.append(("/api/account", Problem(status=status, code="c", error="Was\nrefused.")))
    with pytest.raises(kind) as refused:
        client.account()
    lines = refused.value._render_traceback_()
    assert len(lines) == 2
    assert lines[0] == "✘ Was refused."
    assert lines[1].startswith("  Next: ")
    assert len(lines[1]) > len("  Next: ")
    assert not any("\n" in line for line in lines)


def test_a_limit_names_itself_and_its_figures_in_fields(client, fake):
    problem = Problem(
        status=402,
        code="daily_limit",
        error="The daily limit refused the run.",
        action="wait until tomorrow",
        limit="day",
        used=28,
        held=0,
        needed=8,
        cap=30,
        available=272,
    )
    fake.refusals.append(("/api/data", problem))
    with pytest.raises(LimitReached) as refused:
        client.start_run("data-studio-remote", REQUEST)
    said = refused.value
    assert (said.limit, said.used, said.held, said.needed, said.cap, said.available) == (
        "day",
        28,
        0,
        8,
        30,
        272,
    )
    assert said.lines() == [
        "✘ The daily limit refused the run. (needed 8, available 272, held 0, used 28, cap 30)",
        "  Next: wait until tomorrow",
    ]


def test_wrong_fields_are_named_with_what_was_found_and_what_is_allowed(client, fake):
    wrong = FieldProblem(field="data", found="a PDF", allowed="CSV or Parquet", action="convert it")
    problem = Problem(status=422, code="input_refused", error="The input was refused.", fields=(wrong,))
    fake.refusals.append(("/api/billing", problem))
    with pytest.raises(InputRefused) as refused:
        client.estimate(EstimateRequest(tool="remote"))
    assert refused.value.lines() == [
        "✘ The input was refused. data: found a PDF; allowed: CSV or Parquet.",
        "  Next: convert it",
    ]
    assert refused.value.fields == (wrong,)


def test_a_field_that_the_sentence_names_is_not_named_twice(client, fake):
    wrong = FieldProblem(field="limit", found="0", allowed="a whole number from 1 to 200")
    problem = Problem(status=422, code="invalid_request", error="'limit' cannot be 0.", fields=(wrong,))
    fake.refusals.append(("/api/runs", problem))
    with pytest.raises(InputRefused) as refused:
        client.runs(limit=0)
    assert refused.value.what == "'limit' cannot be 0. Allowed: a whole number from 1 to 200."


def test_each_part_of_a_refusal_is_a_sentence(client, fake):
    problem = Problem(
        status=409, code="cpu_limit", error="needed more than 2 s", reason="stopped (3 credits)"
    )
    fake.refusals.append(("/api/runs", problem))
    with pytest.raises(Conflict) as refused:
        client.runs()
    assert refused.value.what == "Needed more than 2 s. Stopped (3 credits)."


def test_an_answer_of_some_other_server_is_not_taken_for_studio(client, fake):
    fake.raw["/api/account"] = (200, "text/html", "<html>a login page</html>")
    with pytest.raises(ServerFault) as refused:
        client.account()
    assert "cannot read" in refused.value.what


@pytest.mark.parametrize("status", [302, 401, 403])
def test_a_login_page_means_not_signed_in_and_the_token_is_not_sent_elsewhere(client, fake, status):
    fake.raw["/api/account"] = (status, "text/html", "<html>please log in</html>")
    with pytest.raises(NotSignedIn) as refused:
        client.account()
    assert fake.token not in "".join(refused.value.lines())
    assert len(fake.asked) == 1


def test_the_wait_of_a_long_poll_is_cut_to_what_the_server_takes(client, fake):
    client.start_run("data-studio-remote", REQUEST)
    client.run("run_1", since=0, wait_seconds=500)
    assert fake.asked[-1].query == {"since": "0", "wait_seconds": "20"}


def test_an_upload_streams_the_file_and_is_repeated_whole(client, fake, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"id\n1\n" * 50_000)
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert client.upload_info(digest) is None
    fake.drops_after[f"/api/uploads/{digest}"] = 1
    assert client.upload(digest, path).size_bytes == 250_000
    assert fake.uploads[digest] == path.read_bytes()


def test_a_limit_that_is_not_named_is_not_sent(client, fake):
    client.change_spend_controls(SpendControlsChange(daily_limit_credits=20))
    assert fake.asked[-1].body == b'{"daily_limit_credits":20}'
    client.change_spend_controls(SpendControlsChange(daily_limit_credits=None))
    assert fake.asked[-1].body == b'{"daily_limit_credits":null}'


def test_the_rest_of_the_endpoints_answer_with_their_contracts(client, fake):
    run = client.start_run("data-studio-remote", REQUEST)
    while run.state != "succeeded":
        run = client.run(run.id, since=run.revision)
    assert client.receipt(run.receipt_id).charged_credits == 3
    assert client.artefact(run.id, "report.json") == b'{"rows": 3}'
    assert [one.id for one in client.runs().runs] == ["run_1"]
    assert client.balance().available_credits == 297
    assert client.statement().lines[0].amount_credits == 300
    notice = client.notices().notices[0]
    assert client.read_notice(notice.id).read_at is not None
    assert client.notices().unread == 0
    assert client.tools("remote").tools[0].id == "data-studio-remote"
    assert client.tool("remote").cell_field == "expectations"
    assert client.cancel(client.start_run("data-studio-remote", REQUEST).id).state == "cancelled"


def test_an_account_is_erased_once_and_only_by_its_own_id(client, fake):
    with pytest.raises(Unknown):
        client.erase(confirm="user_of_somebody_else")
    assert not fake.erased
    assert client.erase(confirm=client.account().user_id).forfeited_credits == 300
    assert (fake.asked[-1].method, fake.asked[-1].query) == ("DELETE", {"confirm": "user_ada"})
    with pytest.raises(Unknown):
        client.erase(confirm="user_ada")


def test_an_erasure_whose_answer_is_lost_happens_once_and_is_then_unknown(client, fake):
    fake.drops_after["/api/account"] = 1
    with pytest.raises(Unknown):
        client.erase(confirm="user_ada")
    assert fake.erased
    assert fake.paths("DELETE") == ["/api/account", "/api/account"]


def test_an_export_is_handed_on_byte_by_byte(client, fake):
    assert client.export() == fake.archive
    assert fake.asked[-1].path == "/api/account/export"


def test_an_endpoint_never_shows_its_token():
    assert "secret" not in repr(Endpoint("http://x", "secret", "a test"))


def test_too_fast_says_when_to_come_back(client, fake):
    from studio_magics.client.problems import from_problem

    problem = Problem(status=429, code="too_fast", error="Too many requests.")
    assert from_problem(problem, retry_after="7").retry_after_seconds == 7


def test_a_refusal_longer_than_a_screen_is_cut():
    assert len(StudioRefusal("x" * 10_000).lines()[0]) < 2_100
