import asyncio
import io
import zipfile
from pathlib import Path

import httpx
import pytest
from fakes.toy_server import ToyServer, finished
from studio_server.accounts import tokens
from studio_server.accounts.erasure import ERASED, KEPT
from studio_server.ledger.checker import check
from studio_server.ledger.verify import Verdict, verify

from tests.leaving.canaries import CANARY, CONTENT, DIGEST, NAME, RUN, TEXT, live, traces


async def erased(client: httpx.AsyncClient) -> dict:
    user_id = (await client.get("/api/account")).json()["user_id"]
    answer = await client.delete("/api/account", params={"confirm": user_id})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_erasing_leaves_no_trace_in_any_file_and_the_books_intact(
    server: ToyServer, canary: httpx.AsyncClient, bob: httpx.AsyncClient, tmp_path: Path
) -> None:
    canaries, data = await live(server, canary), tmp_path / "data"
    await bob.get("/api/account")
    await asyncio.to_thread(server.services.inspection.full)
    assert {line.split(": ", 1)[1] for line in traces(data, canaries)} >= {
        NAME,
        TEXT,
        DIGEST,
        CONTENT.decode().strip(),
    }
    await erased(canary)
    assert await asyncio.to_thread(server.services.traces.remove) == 1
    assert traces(data, canaries) == []
    others = zipfile.ZipFile(io.BytesIO((await bob.get("/api/account/export")).content))
    assert [c for c in canaries for name in others.namelist() if c in name.encode() + others.read(name)] == []
    assert server.services.db.read(check) == []
    await asyncio.to_thread(server.services.inspection.full)
    settings = server.services.settings
    assert verify(settings.database_path, anchor=settings.anchor_path).verdict is Verdict.INTACT
    assert traces(data, canaries) == []


async def test_without_the_scrub_what_was_erased_is_still_in_the_files(
    server: ToyServer, canary: httpx.AsyncClient, tmp_path: Path
) -> None:
    canaries = await live(server, canary)
    await erased(canary)
    found = traces(tmp_path / "data", canaries)
    assert any(line.startswith("studio.db") and line.endswith(NAME) for line in found)
    assert any(line.startswith("uploads/") for line in found)
    assert any(line.startswith("artefacts/") for line in found)


async def test_without_the_rewriting_of_the_database_traces_stay_in_it(
    server: ToyServer, canary: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = await live(server, canary)
    await erased(canary)
    monkeypatch.setattr(server.services.db, "scrub", lambda _: None)
    await asyncio.to_thread(server.services.traces.remove)
    assert {line.split(": ")[0] for line in traces(tmp_path / "data", canaries)} <= {
        "studio.db",
        "studio.db-wal",
    }
    assert traces(tmp_path / "data", canaries)


async def test_erasing_ends_every_token_at_once_and_gives_a_new_account_afterwards(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    user_id = (await canary.get("/api/account")).json()["user_id"]
    token = await server.services.db.write(lambda tx: tokens.issue(tx, user_id, "laptop"))
    async with server.client(None) as stranger:
        headers = {"Authorization": f"Bearer {token}"}
        assert (await stranger.get("/api/account", headers=headers)).status_code == 200
        said = await erased(canary)
        assert (await stranger.get("/api/account", headers=headers)).status_code == 401
    assert (said["user_id"], said["forfeited_credits"]) == (user_id, 300)
    assert (await canary.get("/api/account")).json()["user_id"] != user_id


async def test_erasing_without_the_right_id_does_nothing(canary: httpx.AsyncClient) -> None:
    user_id = (await canary.get("/api/account")).json()["user_id"]
    for query in ({}, {"confirm": "yes"}, {"confirm": "user_of_somebody_else"}):
        answer = await canary.delete("/api/account", params=query)
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "confirm")
    assert (await canary.get("/api/account")).json()["user_id"] == user_id


async def test_somebody_without_an_account_has_none_to_erase_or_export_and_gets_none(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    for answer in (await canary.delete("/api/account"), await canary.get("/api/account/export")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert server.services.db.read(lambda tx: server.services.people.known(tx, CANARY)) is None


async def test_erasing_waits_for_a_run_that_is_not_over_and_says_so(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    user_id = (await canary.get("/api/account")).json()["user_id"]
    run = (await canary.post("/api/toy/count/run", json={"inputs": {"sleep_until_killed": True}})).json()
    answer = await canary.delete("/api/account", params={"confirm": user_id})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "erasure_waits_for_run")
    assert (problem["reason"], problem["action"]) == (
        "runs not over: 1",
        "cancel them or wait: %studio runs",
    )
    assert (await canary.get("/api/account")).json()["user_id"] == user_id
    await canary.post(f"/api/runs/{run['id']}/cancel")
    await finished(canary, run)
    assert (await erased(canary))["user_id"] == user_id


async def test_the_erasure_is_on_record_by_the_random_id_alone(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    said = await erased(canary)
    rows = server.services.db.read(
        lambda tx: tx.execute("SELECT actor, subject, details FROM audit WHERE action = 'erase_account'")
    )
    assert rows == [(said["user_id"], said["user_id"], "forfeited 300 credits")]


async def test_receipts_stay_and_hold_nothing_a_person_wrote(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    canaries = await live(server, canary)
    await erased(canary)
    kept = server.services.db.read(lambda tx: tx.execute("SELECT content FROM receipts"))
    assert len(kept) == 2
    assert not [c for c in canaries for (content,) in kept if c.decode() in content]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO identities (issuer, subject, user_id, display_name) VALUES ('i', 's', ?, 'd')",
        "INSERT INTO tokens (digest, user_id, name, created_at) VALUES (printf('%064d', 1), ?, 'n', 1)",
        "INSERT INTO alert_settings (user_id, percents) VALUES (?, '[]')",
        "INSERT INTO uploads (user_id, digest, size_bytes, created_at) VALUES (?, 'sha256:0', 0, 1)",
        "INSERT INTO idempotency VALUES (?, 'POST', '/', 'k', x'00', 200, '{}', 1)",
    ],
)
async def test_nothing_is_written_about_somebody_who_left(
    server: ToyServer, canary: httpx.AsyncClient, bob: httpx.AsyncClient, statement: str
) -> None:
    user_id = (await erased(canary))["user_id"]
    with pytest.raises(Exception, match="this person has left"):
        await server.services.db.write(lambda tx: tx.execute(statement, (user_id,)))
    other = (await bob.get("/api/account")).json()["user_id"]
    await server.services.db.write(lambda tx: tx.execute(statement, (other,)))


async def test_an_upload_that_ends_after_the_erasure_is_deleted_by_the_next_housekeeping(
    server: ToyServer, canary: httpx.AsyncClient, tmp_path: Path
) -> None:
    user_id = (await erased(canary))["user_id"]
    await asyncio.to_thread(server.services.traces.remove)
    late = tmp_path / "data" / "uploads" / user_id
    late.mkdir(parents=True)
    (late / DIGEST).write_bytes(CONTENT)
    assert await asyncio.to_thread(server.services.traces.remove) == 0
    assert not late.exists()


def test_every_table_that_names_a_user_is_erased_or_kept_for_a_stated_reason(server: ToyServer) -> None:
    columns = server.services.db.read(
        lambda tx: tx.execute(
            "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'"
        )
    )
    personal = {table for table, column in columns if column in {"user_id", "principal_id"}}
    assert personal <= ERASED.keys() | KEPT.keys()
    assert not ERASED.keys() & KEPT.keys()


@pytest.mark.parametrize("inputs", [{"text": TEXT}])
async def test_a_run_that_was_priced_before_the_erasure_cannot_start_after_it(
    server: ToyServer, canary: httpx.AsyncClient, inputs: dict
) -> None:
    token_user = (await canary.get("/api/account")).json()["user_id"]
    services = server.services
    before = services.db.read(lambda tx: services.people.by_id(tx, token_user))
    await erased(canary)
    from studio_magics.contracts.runs import RunRequest

    with pytest.raises(Exception, match=r"left|wallet"):
        await services.db.write(lambda tx: services.runs.place(tx, before, "echo", RunRequest(inputs=inputs)))
    assert services.db.read(check) == []
    assert RUN.endswith("/echo/run")
