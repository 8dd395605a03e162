import hashlib

import httpx
import pytest
from fakes.toy_server import RUN, ToyServer, finished
from studio_server.ledger.checker import check

CONTENT = b"id,name\n1,ada\n2,bob\n"
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
FILE = {"digest": DIGEST, "name": "people.csv", "size_bytes": len(CONTENT)}


async def uploaded(client: httpx.AsyncClient) -> dict:
    answer = await client.put(f"/api/uploads/{DIGEST}", content=CONTENT)
    assert answer.status_code in (200, 201), answer.text
    return FILE


async def started(client: httpx.AsyncClient, key: str | None = None, **inputs: object) -> dict:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await client.post(RUN, json={"inputs": inputs}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def balance(client: httpx.AsyncClient) -> dict:
    return (await client.get("/api/credits/balance")).json()


async def test_a_run_is_charged_once_within_its_quote_and_leaves_a_receipt_and_a_file(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    file = await uploaded(ada)
    estimate = (
        await ada.post("/api/billing/estimate", json={"tool": "count", "inputs": {"data": file}})
    ).json()
    run = await finished(ada, await started(ada, data=file))
    assert run["state"] == "succeeded"
    assert run["result"]["headline"] == "20 bytes"
    receipt = (await ada.get(f"/api/receipts/{run['receipt_id']}")).json()
    assert receipt["charged_credits"] == 3
    assert receipt["charged_credits"] <= estimate["max_credits"]
    assert receipt["charged_credits"] + receipt["returned_credits"] == estimate["max_credits"]
    after = await balance(ada)
    assert (after["available_credits"], after["held_credits"]) == (297, 0)
    assert after["available_credits"] == receipt["available_credits_after"]
    artefact = await ada.get(f"/api/runs/{run['id']}/artefacts/count.txt")
    assert artefact.content == b"20"
    assert artefact.headers["content-disposition"].startswith("attachment")
    assert server.services.db.read(check) == []


async def test_the_same_key_starts_one_run_and_answers_the_same_bytes(ada: httpx.AsyncClient) -> None:
    request = {"json": {"inputs": {}}, "headers": {"Idempotency-Key": "monday"}}
    first, second = await ada.post(RUN, **request), await ada.post(RUN, **request)
    assert first.content == second.content
    assert len((await ada.get("/api/runs")).json()["runs"]) == 1
    await finished(ada, first.json())


async def test_the_same_key_with_another_body_is_refused_and_starts_nothing(ada: httpx.AsyncClient) -> None:
    run = await started(ada, key="monday")
    other = await ada.post(RUN, json={"inputs": {"burn_ms": 1}}, headers={"Idempotency-Key": "monday"})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert len((await ada.get("/api/runs")).json()["runs"]) == 1
    await finished(ada, run)


async def test_the_same_key_of_another_user_is_another_key(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    hers, his = await started(ada, key="monday"), await started(bob, key="monday")
    assert hers["id"] != his["id"]
    await finished(ada, hers)
    await finished(bob, his)


async def test_input_that_the_tool_refuses_costs_nothing_and_names_the_field(ada: httpx.AsyncClient) -> None:
    run = await finished(ada, await started(ada, refuse=True))
    assert (run["state"], run["charged_credits"]) == ("failed", 0)
    assert run["failure"]["code"] == "input_rejected"
    assert run["failure"]["fields"][0]["found"] == "a file nobody likes"
    assert (await balance(ada))["available_credits"] == 300


async def test_a_tool_that_breaks_after_work_is_charged_for_what_was_measured(ada: httpx.AsyncClient) -> None:
    run = await finished(ada, await started(ada, fail=True))
    assert (run["state"], run["charged_credits"], run["failure"]["code"]) == ("failed", 3, "tool_failed")
    assert (await balance(ada))["available_credits"] == 297


async def test_more_cpu_than_the_ceiling_pays_for_is_stopped_and_charged_at_most_the_ceiling(
    ada: httpx.AsyncClient,
) -> None:
    answer = await ada.post(RUN, json={"inputs": {"burn_ms": 20_000}, "max_credits": 3})
    assert answer.status_code == 202, answer.text
    run = await finished(ada, answer.json())
    assert run["state"] == "timed_out"
    assert run["charged_credits"] == 3
    assert run["receipt"]["measured"]["cpu_ms"] < 4_000


async def test_cancelling_a_running_run_ends_it_and_releases_the_hold(ada: httpx.AsyncClient) -> None:
    run = await started(ada, sleep_until_killed=True)
    while run["stage"] != "sleeping":
        query = {"since": run["revision"], "wait_seconds": 20}
        run = (await ada.get(f"/api/runs/{run['id']}", params=query)).json()
    await ada.post(f"/api/runs/{run['id']}/cancel")
    run = await finished(ada, run)
    assert run["state"] == "cancelled"
    assert (await balance(ada))["held_credits"] == 0
    assert run["charged_credits"] == 3


async def test_a_waiting_run_is_cancelled_for_nothing(ada: httpx.AsyncClient) -> None:
    working = await started(ada, sleep_until_killed=True)
    waiting = await started(ada)
    cancelled = (await ada.post(f"/api/runs/{waiting['id']}/cancel")).json()
    assert (cancelled["state"], cancelled["charged_credits"]) == ("cancelled", 0)
    await ada.post(f"/api/runs/{working['id']}/cancel")
    await finished(ada, working)


async def test_runs_of_others_do_not_exist(ada: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    run = await finished(ada, await started(ada))
    paths = (
        f"/api/runs/{run['id']}",
        f"/api/receipts/{run['receipt_id']}",
        f"/api/runs/{run['id']}/artefacts/count.txt",
    )
    for path in paths:
        assert (await ada.get(path)).status_code == 200
        assert (await bob.get(path)).status_code == 404
    assert (await bob.post(f"/api/runs/{run['id']}/cancel")).status_code == 404


@pytest.mark.parametrize("told_bytes", [0, len(CONTENT) - 1, len(CONTENT) + 1, True])
async def test_a_file_whose_size_is_not_its_own_is_refused_because_the_price_follows_from_it(
    ada: httpx.AsyncClient, told_bytes: int
) -> None:
    record = await uploaded(ada) | {"size_bytes": told_bytes}
    answer = await ada.post(RUN, json={"inputs": {"data": record}})
    assert (answer.status_code, answer.json()["code"]) == (422, "input_refused"), answer.text
    assert answer.json()["fields"][0]["allowed"] == f"{len(CONTENT)}, as uploaded"
    assert (await balance(ada))["held_credits"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/toy/cuont/run", {}, 404, "unknown_tool"),
        ("/api/toy/later/run", {}, 409, "coming_soon"),
        (RUN, {"inputs": {"colour": "red"}}, 422, "input_refused"),
        (RUN, {"inputs": {"burn_ms": "many"}}, 422, "input_refused"),
        (RUN, {"inputs": {"data": FILE}}, 422, "upload_missing"),
        (RUN, {"max_credits": 2}, 402, "ceiling_below_minimum"),
        (RUN, {"max_credits": -1}, 422, "invalid_request"),
        (RUN, {"max_credits": True}, 422, "invalid_request"),
        (RUN, {"price": 0}, 422, "invalid_request"),
        (RUN, {"quote": "made-up.quote"}, 409, "quote_refused"),
        (RUN, {"inputs": {"forecast_cpu_ms": 11_000}}, 413, "input_too_large"),
    ],
)
async def test_a_run_that_cannot_be_is_refused_before_anything_is_set_aside(
    ada: httpx.AsyncClient, path: str, body: dict, status: int, code: str
) -> None:
    answer = await ada.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["action"]
    assert (await balance(ada))["held_credits"] == 0
    assert (await ada.get("/api/runs")).json()["runs"] == []


async def test_an_unknown_tool_comes_with_what_was_perhaps_meant(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/api/billing/estimate", json={"tool": "cuont"})
    assert answer.json()["suggestions"] == ["count"]


async def test_a_quote_is_kept_for_its_user_and_inputs_and_for_no_others(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    ask = {"tool": "count", "inputs": {"burn_ms": 1}}
    quote = (await ada.post("/api/billing/estimate", json=ask)).json()["quote"]
    other_user = await bob.post(RUN, json={"inputs": ask["inputs"], "quote": quote})
    other_input = await ada.post(RUN, json={"inputs": {"burn_ms": 2}, "quote": quote})
    assert (other_user.json()["error"], other_input.json()["error"]) == (
        "The quote was made for another user.",
        "The quote is for other inputs.",
    )
    mine = await ada.post(RUN, json={"inputs": ask["inputs"], "quote": quote})
    assert mine.status_code == 202
    await finished(ada, mine.json())


async def test_a_quote_above_the_callers_own_ceiling_is_refused(ada: httpx.AsyncClient) -> None:
    quote = (await ada.post("/api/billing/estimate", json={"tool": "count"})).json()["quote"]
    refused = await ada.post(RUN, json={"quote": quote, "max_credits": 4})
    assert refused.json()["error"] == "The quote has a ceiling of 6 credits, above your 4."
    assert (await balance(ada))["held_credits"] == 0
    accepted = await ada.post(RUN, json={"quote": quote, "max_credits": 6})
    assert accepted.status_code == 202
    await finished(ada, accepted.json())


async def test_a_result_that_the_server_cannot_keep_is_its_own_fault_and_free(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    (server.services.settings.data_dir / "artefacts").write_text("a file where a folder should be")
    run = await finished(ada, await started(ada))
    assert (run["state"], run["charged_credits"]) == ("lost", 0)
    after = await balance(ada)
    assert (after["available_credits"], after["held_credits"]) == (300, 0)


async def test_the_daily_limit_refuses_with_402_and_every_figure(ada: httpx.AsyncClient) -> None:
    await ada.put("/api/account/settings/credits", json={"daily_limit_credits": 4})
    answer = await ada.post(RUN, json={})
    problem = answer.json()
    assert answer.status_code == 402
    assert {name: problem[name] for name in ("limit", "used", "held", "needed", "available", "cap")} == {
        "limit": "daily", "used": 0, "held": 0, "needed": 6, "available": 4, "cap": 4,
    }  # fmt: skip
    assert problem["resets_at"].endswith("T00:00:00Z")
    assert problem["action"] == "--max-credits 4 for a smaller ceiling"


async def test_the_per_run_limit_refuses_a_higher_ceiling(ada: httpx.AsyncClient) -> None:
    await ada.put("/api/account/settings/credits", json={"per_run_limit_credits": 3})
    answer = await ada.post(RUN, json={})
    assert (answer.status_code, answer.json()["limit"]) == (402, "per_run")
    assert (await ada.post(RUN, json={"max_credits": 3})).status_code == 202
