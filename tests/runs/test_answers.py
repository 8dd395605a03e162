"""The same work is not paid for twice: stored results over HTTP, on a real server."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fakes.postgres import cluster, migrated
from fakes.toy_server import RUN, ToyServer, finished, person, serving
from studio_server.audit.reader import Wanted, lines
from studio_server.audit.statistics import statistics
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.runs.inputs import prepare
from studio_server.settings import Settings
from studio_server.storage.audit_chain import first_broken

from studio_magics.contracts.billing import Estimate
from studio_magics.tools import catalog

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
CONTENT = b"one,two\n"
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
FILE = {"digest": DIGEST, "name": "rows.csv", "size_bytes": len(CONTENT)}
KEPT = {"reuse_results_seconds": 3_600}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of a server on each engine that keeps results for an hour."""
    more = {"database_url": cluster().new_database(migrated)} if request.param == "postgresql" else {}
    return KEPT | more


async def ran(client: httpx.AsyncClient, **request: object) -> dict:
    answer = await client.post(RUN, json=request)
    assert answer.status_code == 202, answer.text
    return await finished(client, answer.json())


async def available(client: httpx.AsyncClient) -> int:
    balance = (await client.get("/api/credits/balance")).json()
    assert balance["held_credits"] == 0
    return balance["available_credits"]


def holds(server: ToyServer) -> int:
    return server.services.db.read(lambda tx: tx.one("SELECT count(*) FROM holds"))[0]


async def test_the_same_work_is_answered_at_once_for_0_credits_without_a_hold_and_says_so(
    tmp_path: Path, engine: dict
) -> None:
    async with serving(tmp_path, **engine) as server, server.client(person("ada")) as ada:
        await ada.put(f"/api/uploads/{DIGEST}", content=CONTENT)
        first = await ran(ada, inputs={"data": FILE})
        again = (await ada.post(RUN, json={"inputs": {"data": FILE}, "max_credits": 8})).json()
        assert (again["state"], again["charged_credits"], again["max_credits"]) == ("succeeded", 0, 0)
        assert again["answered_from"] == again["receipt"]["answered_from"] == first["id"] != again["id"]
        assert again["receipt"]["reason"].startswith(f"the stored result of {first['id']}")
        assert again["result"] == first["result"]
        artefact = await ada.get(f"/api/runs/{again['id']}/artefacts/count.txt")
        assert artefact.content == str(len(CONTENT)).encode()
        assert await available(ada) == 297
        assert holds(server) == 1
        listed = (await ada.get("/api/runs")).json()["runs"]
        assert [(run["id"], run["answered_from"]) for run in listed] == [
            (again["id"], first["id"]),
            (first["id"], None),
        ]
        (line,) = server.services.db.read(
            lambda tx: list(lines(tx, Wanted(kinds=frozenset({"run_answered"}))))
        )
        assert (line.subject, line.details["answered_from"]) == (again["id"], first["id"])
        assert line.details["charged_credits"] == 0
        counted = server.services.db.read(statistics).runs
        assert (counted["allowed"], counted["completed"], counted["answered"]) == (1, 1, 1)
        assert server.services.db.read(first_broken) is None
        assert server.services.db.read(check) == []


async def test_a_fresh_run_works_and_is_charged_again(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        await ran(ada, inputs={})
        fresh = await ran(ada, inputs={}, fresh=True)
        assert (fresh["answered_from"], fresh["charged_credits"]) == (None, 3)
        assert (await ran(ada, inputs={}))["answered_from"] == fresh["id"]
        assert await available(ada) == 294


async def test_an_answer_is_never_the_source_of_another(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        first = await ran(ada, inputs={})
        answers = [await ran(ada, inputs={}) for _ in range(3)]
        assert {answer["answered_from"] for answer in answers} == {first["id"]}


async def test_other_inputs_another_user_another_tool_version_and_failures_are_worked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serving(tmp_path, **KEPT) as server,
        server.client(person("ada")) as ada,
        server.client(person("bob")) as bob,
    ):
        await ran(ada, inputs={})
        assert (await ran(ada, inputs={"burn_ms": 1}))["answered_from"] is None
        assert (await ran(bob, inputs={}))["answered_from"] is None
        failed = [await ran(ada, inputs={"fail": True}) for _ in range(2)]
        assert [(run["state"], run["charged_credits"]) for run in failed] == [("failed", 3)] * 2
        tool = replace(catalog.load("toy-studio-count"), version="1.0.1")
        with monkeypatch.context() as patched:
            patched.setattr(catalog, "load", lambda _: tool)
            assert (await ran(ada, inputs={}))["answered_from"] is None


async def test_a_result_is_given_again_for_as_long_as_the_setting_says(tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock, **KEPT) as server, server.client(person("ada")) as ada:
        await ran(ada, inputs={})
        clock.advance(timedelta(seconds=3_599))
        assert (await ran(ada, inputs={}))["charged_credits"] == 0
        clock.advance(timedelta(seconds=1))
        assert (await ran(ada, inputs={}))["charged_credits"] == 3


@pytest.mark.parametrize("gone", ["removed_at = 1", "expires_at = 1"])
async def test_a_result_whose_file_is_gone_is_worked_out_again(tmp_path: Path, gone: str) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        await ran(ada, inputs={})
        await server.services.db.write(lambda tx: tx.execute(f"UPDATE artefacts SET {gone}"))
        assert (await ran(ada, inputs={}))["charged_credits"] == 3


async def test_work_that_used_a_secret_is_never_given_again(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        run = await ran(ada, inputs={})
        user = (await ada.get("/api/account")).json()["user_id"]
        db, answers = server.services.db, server.services.runs._parts.answers
        plain = prepare(catalog.load("toy-studio-count"), {})
        assert db.read(lambda tx: answers.find(tx, user, plain)) == run["id"]
        taking = replace(plain.tool, secret_fields=("say",))
        secret = replace(plain, tool=taking, inputs={"say": "secret:orders"})
        assert db.read(lambda tx: answers.find(tx, user, secret)) is None


async def test_work_that_talks_to_other_hosts_is_never_given_again_and_work_with_a_loopback_is(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        run = await ran(ada, inputs={})
        user = (await ada.get("/api/account")).json()["user_id"]
        db, answers = server.services.db, server.services.runs._parts.answers
        plain = prepare(catalog.load("toy-studio-count"), {})
        for network, answer in ((("loopback",), run["id"]), (("api.example.org:443",), None)):
            talking = replace(plain, tool=replace(plain.tool, network=network))
            assert db.read(lambda tx, talking=talking: answers.find(tx, user, talking)) == answer


async def test_a_measurement_is_made_anew_each_time(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        run = await ran(ada, inputs={})
        user = (await ada.get("/api/account")).json()["user_id"]
        db, answers = server.services.db, server.services.runs._parts.answers
        plain = prepare(catalog.load("toy-studio-count"), {})
        for repeats, answer in ((True, run["id"]), (False, None)):
            asked = replace(plain, tool=replace(plain.tool, repeats=repeats))
            assert db.read(lambda tx, asked=asked: answers.find(tx, user, asked)) == answer


async def test_with_no_credits_left_a_stored_result_is_still_given(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        await ran(ada, inputs={})
        await ada.put("/api/account/settings/credits", json={"daily_limit_credits": 3})
        assert (await ada.post(RUN, json={"inputs": {}, "fresh": True})).status_code == 402
        assert (await ran(ada, inputs={}))["charged_credits"] == 0


async def test_an_estimate_names_the_stored_result_to_who_owns_it_alone(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        run = await ran(ada, inputs={})
        question = {"tool": "count", "inputs": {}}
        found = Estimate.model_validate_json((await ada.post("/api/billing/estimate", json=question)).text)
        assert (found.stored_run_id, found.typical_credits) == (run["id"], 3)
        async with server.client(None) as nobody, server.client(person("bob")) as bob:
            for other in (nobody, bob):
                told = (await other.post("/api/billing/estimate", json=question)).json()
                assert told["stored_run_id"] is None


async def test_answers_say_nothing_about_how_good_estimates_are(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        for _ in range(3):
            await ran(ada, inputs={})
        accuracy = (await ada.get("/api/tools/toy-studio-count/accuracy")).json()
        assert (accuracy["runs"], accuracy["within_quarter"], accuracy["above_maximum"]) == (1, 1, 0)


async def test_an_erased_person_leaves_no_result_to_give(tmp_path: Path) -> None:
    async with serving(tmp_path, **KEPT) as server, server.client(person("ada")) as ada:
        await ran(ada, inputs={"say": ["Zanzibar"]})
        await ran(ada, inputs={"say": ["Zanzibar"]})
        user = (await ada.get("/api/account")).json()["user_id"]
        assert (await ada.delete("/api/account", params={"confirm": user})).status_code == 200
        kept = server.services.db.read(
            lambda tx: tx.execute("SELECT inputs, input_digest, result, log_lines FROM runs")
        )
        assert kept == [("{}", "", None, "[]")] * 2


def test_a_deterministic_server_gives_stored_results_only_when_told_to(tmp_path: Path) -> None:
    plain = Settings.for_local(data_dir=tmp_path)
    assert plain.results_are_kept_for == timedelta(days=1)
    assert Settings.for_local(data_dir=tmp_path, deterministic=True).results_are_kept_for == timedelta(0)
    told = Settings.for_local(data_dir=tmp_path, deterministic=True, reuse_results_seconds=60)
    assert told.results_are_kept_for == timedelta(minutes=1)
    read = Settings.from_environment({"STUDIO_REUSE_RESULTS_SECONDS": "0"})
    assert read.results_are_kept_for == timedelta(0)
