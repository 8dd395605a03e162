"""Every kind of event appears when what it tells happens, over HTTP, on a real server."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fakes.toy_server import RUN, ToyServer, finished, person, serving
from studio_server.accounts.identity import Identity
from studio_server.audit.books import BooksAt
from studio_server.audit.events import EventKind
from studio_server.audit.reader import Line, Wanted, lines
from studio_server.clock import SystemClock
from studio_server.ledger.checker import check
from studio_server.operating import give, new_token
from studio_server.settings import Settings
from studio_server.storage.audit_chain import first_broken

from studio_magics.contracts.runs import RunRequest

ESTIMATE = "/api/billing/estimate"
CANARY = "Zanzibarquux"


def recorded(server: ToyServer, *kinds: str) -> list[Line]:
    wanted = Wanted(kinds=frozenset(kinds))
    return server.services.db.read(lambda tx: list(lines(tx, wanted)))


async def ran(client: httpx.AsyncClient, **inputs: object) -> dict:
    answer = await client.post(RUN, json={"inputs": inputs})
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json())


async def blocked(client: httpx.AsyncClient) -> httpx.Response:
    await client.put("/api/account/settings/credits", json={"per_run_limit_credits": 3})
    return await client.post(RUN, json={"inputs": {}, "max_credits": 8})


async def test_a_run_leaves_allowed_and_completed_with_its_hold_and_charge(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    run = await ran(ada)
    allowed, completed = recorded(server, "run_allowed", "run_completed")
    hold = server.services.db.read(lambda tx: tx.one("SELECT hold_id FROM runs WHERE id = ?", (run["id"],)))
    assert (allowed.kind, allowed.subject) == ("run_allowed", run["id"])
    assert allowed.details["hold_id"] == hold[0]
    assert (completed.kind, completed.subject) == ("run_completed", run["id"])
    assert completed.details["charged_credits"] == run["charged_credits"] == 3
    assert completed.details["receipt_id"] == run["receipt_id"]


async def test_the_same_idempotency_key_is_allowed_once_on_the_record(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    request = {"json": {"inputs": {}}, "headers": {"Idempotency-Key": "monday"}}
    first = await ada.post(RUN, **request)
    await ada.post(RUN, **request)
    await finished(ada, first.json())
    assert len(recorded(server, "run_allowed")) == 1


@pytest.mark.parametrize(
    ("inputs", "code"), [({"fail": True}, "tool_failed"), ({"refuse": True}, "input_rejected")]
)
async def test_a_run_that_fails_leaves_run_failed_with_the_reasons_code(
    ada: httpx.AsyncClient, server: ToyServer, inputs: dict, code: str
) -> None:
    run = await ran(ada, **inputs)
    (failed,) = recorded(server, "run_failed")
    assert (failed.subject, failed.details["code"]) == (run["id"], code)


async def test_a_cancelled_run_leaves_run_cancelled(ada: httpx.AsyncClient, server: ToyServer) -> None:
    run = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
    await ada.post(f"/api/runs/{run['id']}/cancel")
    await finished(ada, run)
    assert [line.subject for line in recorded(server, "run_cancelled")] == [run["id"]]


async def test_a_run_that_the_stopping_server_killed_leaves_run_lost_and_is_free(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path / "data") as first, first.client(person("ada")) as client:
        run = (await client.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
    async with serving(tmp_path / "data") as second:
        (lost,) = recorded(second, "run_lost")
    assert (lost.subject, lost.details["charged_credits"]) == (run["id"], 0)


async def test_a_refused_hold_leaves_the_violation_and_the_blocked_run_with_every_figure(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    answer = await blocked(ada)
    assert (answer.status_code, answer.json()["limit"]) == (402, "per_run")
    violation, stopped = recorded(server, "limit_violation", "run_blocked")
    figures = {"limit": "per_run", "used": 0, "held": 0, "needed": answer.json()["needed"], "available": 3}
    assert violation.details == {**figures, "cap": 3}
    assert stopped.details == {**figures, "tool_id": "toy-studio-count"}
    assert recorded(server, "run_allowed") == []
    assert server.services.db.read(check) == []


async def test_a_hold_that_is_rolled_back_takes_its_allowed_run_with_it(server: ToyServer) -> None:
    services = server.services
    user = await services.user(person("ada"))

    def work(tx: object) -> None:
        services.runs.place(tx, user, "toy-studio-count", RunRequest(inputs={}))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await services.db.write(work)
    assert recorded(server, "run_allowed", "hold") == []


async def test_estimates_of_users_and_of_nobody_are_on_the_record_after_a_flush(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    await ada.post(ESTIMATE, json={"tool": "count", "inputs": {}})
    async with server.client(None) as nobody:
        await nobody.post(ESTIMATE, json={"tool": "count", "inputs": {}})
    await server.services.recorder.flush()
    user = await server.services.user(person("ada"))
    mine, anonymous = recorded(server, "estimate")
    assert (mine.actor, anonymous.actor) == (user.id, "anonymous")
    assert mine.subject == "toy-studio-count"
    assert mine.details["input_digest"] == anonymous.details["input_digest"]
    assert mine.details["input_digest"].startswith("sha256:")


async def test_an_estimate_and_its_run_carry_the_same_digest_of_inputs(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    await ada.post(ESTIMATE, json={"tool": "count", "inputs": {"burn_ms": 1}})
    await ran(ada, burn_ms=1)
    await server.services.recorder.flush()
    estimate, allowed = sorted(recorded(server, "estimate", "run_allowed"), key=lambda line: line.kind)
    assert estimate.details["input_digest"] == allowed.details["input_digest"]


async def test_estimates_that_still_wait_are_written_when_the_server_stops(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as first, first.client(person("ada")) as client:
        await client.post(ESTIMATE, json={"tool": "count", "inputs": {}})
    async with serving(tmp_path / "data") as second:
        assert len(recorded(second, "estimate")) == 1


async def test_a_token_made_by_hand_is_recorded_without_its_name(server: ToyServer, tmp_path: Path) -> None:
    settings = replace(server.services.settings, data_dir=tmp_path / "other")
    new_token(settings, Identity("local", "ada", "ada", "token"), name=f"{CANARY} laptop")
    wanted = Wanted(kinds=frozenset({"token_made"}))
    found = BooksAt(settings.database_path, SystemClock()).read(lambda tx: list(lines(tx, wanted)))
    assert [(line.actor, line.details) for line in found] == [("operator", {})]
    assert CANARY not in "".join(line.as_json() for line in found)


def test_a_grant_by_hand_is_the_ledgers_act_of_the_operator_and_written_once(tmp_path: Path) -> None:
    settings = Settings.for_local(data_dir=tmp_path, owner="ada")
    for _ in range(2):
        give(settings, 50, reference="thanks")
    wanted = Wanted(kinds=frozenset({"grant"}))
    found = BooksAt(settings.database_path, SystemClock()).read(lambda tx: list(lines(tx, wanted)))
    assert [line.details["available_change"] for line in found if line.actor == "operator"] == [50]


async def test_no_name_no_file_name_and_no_message_reaches_the_chain(server: ToyServer) -> None:
    content = b"a\n1\n"
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    file = {"digest": digest, "name": f"{CANARY}.csv", "size_bytes": len(content)}
    who = Identity("local", f"{CANARY}@example.org", f"{CANARY} Smith", "jupyter")
    async with server.client(who) as client:
        await client.put(f"/api/uploads/{digest}", content=content)
        await client.post(ESTIMATE, json={"tool": "count", "inputs": {"data": file}})
        for inputs in ({"data": file}, {"data": file, "fail": True}, {"data": file, "refuse": True}):
            await ran(client, **inputs)
        await blocked(client)
    await server.services.recorder.flush()
    rows = server.services.db.read(
        lambda tx: tx.execute("SELECT actor, action, subject, details FROM audit ORDER BY sequence")
    )
    assert {"estimate", "run_completed", "run_failed", "run_blocked"} <= {row[1] for row in rows}
    assert CANARY.lower() not in str(rows).lower()


async def test_the_chain_holds_and_the_books_are_right_after_all_kinds_of_events(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    await ran(ada)
    await ran(ada, fail=True)
    await ada.post(ESTIMATE, json={"tool": "count", "inputs": {}})
    await blocked(ada)
    await server.services.recorder.flush()
    assert server.services.db.read(first_broken) is None
    assert server.services.db.read(check) == []
    assert {EventKind.RUN_COMPLETED, EventKind.RUN_BLOCKED} <= {line.kind for line in recorded(server)}
    assert timedelta(0) <= recorded(server)[-1].at - recorded(server)[0].at
