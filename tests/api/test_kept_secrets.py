"""Secrets are used by name and found nowhere: no answer, log, row, export or refusal holds one."""

import asyncio
import io
import json
import stat
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import RUN, ToyServer, finished, person, serving
from studio_server import cli
from studio_server.runs.user_secrets import MOST_SECRETS, named

from studio_magics.runners.context import KernelContext
from studio_magics.tools.base import InputRejected
from tests.fakes.postgres import cluster, migrated

CANARY = 'postgresql://me:canary-pa55"word@db.example/shop'


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[ToyServer]:
    url = await asyncio.to_thread(cluster().new_database, migrated) if request.param == "postgresql" else None
    async with serving(tmp_path / "data", database_url=url) as running:
        yield running


@pytest_asyncio.fixture
async def ada(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("ada")) as client:
        yield client


async def keep(client: httpx.AsyncClient, name: str = "shop", value: str = CANARY) -> httpx.Response:
    return await client.put(f"/api/secrets/{name}", json={"value": value})


async def test_a_run_gets_the_secret_it_names_and_its_answer_does_not_hold_it(ada: httpx.AsyncClient) -> None:
    answer = await keep(ada)
    assert (answer.status_code, set(answer.json())) == (200, {"name", "created_at", "used_at"})
    asked = await ada.post(RUN, json={"inputs": {"database": "secret:shop"}})
    run = await finished(ada, asked.json())
    assert run["result"]["headline"] == f"{len(CANARY)} signs: [a secret]"
    (listed,) = (await ada.get("/api/secrets")).json()["secrets"]
    assert (listed["name"], listed["used_at"] is not None) == ("shop", True)


async def test_a_failure_that_quotes_the_secret_is_told_without_it(ada: httpx.AsyncClient) -> None:
    await keep(ada)
    asked = await ada.post(RUN, json={"inputs": {"database": "secret:shop", "leak": True}})
    run = await finished(ada, asked.json())
    assert run["state"] == "failed"
    assert "[a secret]" in run["failure"]["error"]
    assert "canary" not in json.dumps(run)


async def test_no_file_but_its_own_and_no_answer_ever_holds_a_secret(
    server: ToyServer, ada: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(ada)
    for inputs in ({"database": "secret:shop"}, {"database": "secret:shop", "leak": True}):
        await finished(ada, (await ada.post(RUN, json={"inputs": inputs})).json())
    places = ("/api/secrets", "/api/runs", "/api/account", "/openapi.json", "/api/credits/statement")
    answers = [(await ada.get(place)).text for place in places]
    export = zipfile.ZipFile(io.BytesIO((await ada.get("/api/account/export")).content))
    answers += [export.read(name).decode() for name in export.namelist()]
    assert json.loads(export.read("json/secrets.json"))[0]["name"] == "shop"
    assert not [text for text in answers if "canary" in text]
    assert "canary" not in caplog.text
    data = server.services.settings.data_dir
    holding = [path for path in data.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]
    assert [path.relative_to(data).parts[0] for path in holding] == ["secrets"]
    assert stat.S_IMODE(holding[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(holding[0].parent.stat().st_mode) == 0o700


async def test_a_secret_that_is_not_there_is_refused_with_those_that_are(ada: httpx.AsyncClient) -> None:
    await keep(ada)
    answer = await ada.post(RUN, json={"inputs": {"database": "secret:shpo"}})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "secret_missing")
    assert (problem["fields"][0]["field"], problem["fields"][0]["allowed"]) == ("database", "shop")
    assert (await ada.get("/api/credits/balance")).json()["held_credits"] == 0


async def test_nobody_names_or_lists_the_secret_of_another(server: ToyServer, ada: httpx.AsyncClient) -> None:
    await keep(ada)
    async with server.client(person("bob")) as bob:
        assert (await bob.get("/api/secrets")).json() == {"secrets": []}
        assert (await bob.delete("/api/secrets/shop")).status_code == 404
        answer = await bob.post(RUN, json={"inputs": {"database": "secret:shop"}})
        assert answer.json()["code"] == "secret_missing"


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("shop", {"value": "canary\nsecond line"}, "value"),
        ("shop", {"value": ""}, "value"),
        ("shop", {"value": "canary" * 1_000}, "value"),
        ("shop", {"value": ["canary"]}, "value"),
        ("shop", {"value": "canary", "more": "canary"}, "value"),
        ("shop", {"valeu": "canary"}, "value"),
        ("9shop", {"value": "canary"}, "name"),
        ("..%2Fshop", {"value": "canary"}, "name"),
        ("s" * 65, {"value": "canary"}, "name"),
    ],
)
async def test_what_cannot_be_kept_is_refused_and_the_value_not_repeated(
    ada: httpx.AsyncClient, name: str, body: dict, field: str
) -> None:
    answer = await ada.put(f"/api/secrets/{name}", json=body)
    assert answer.status_code in ({422, 404} if "%" in name else {422}), answer.text
    assert "canary" not in answer.text
    assert answer.status_code == 404 or answer.json()["fields"][0]["field"] == field
    assert (await ada.get("/api/secrets")).json() == {"secrets": []}


async def test_a_new_value_replaces_the_old_and_deleting_leaves_no_file(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await keep(ada, value="first")
    await keep(ada, value="second-value")
    run = await finished(ada, (await ada.post(RUN, json={"inputs": {"database": "secret:shop"}})).json())
    assert run["result"]["headline"].startswith("12 signs")
    assert (await ada.delete("/api/secrets/shop")).status_code == 204
    assert [
        path for path in (server.services.settings.data_dir / "secrets").rglob("*") if path.is_file()
    ] == []


async def test_a_user_has_a_stated_number_of_secrets(ada: httpx.AsyncClient) -> None:
    for number in range(MOST_SECRETS):
        assert (await keep(ada, f"s{number}", "x")).status_code == 200
    assert (await keep(ada, "more", "x")).status_code == 422
    assert (await keep(ada, "s0", "y")).status_code == 200


async def test_erasing_takes_the_secrets_along(server: ToyServer, ada: httpx.AsyncClient) -> None:
    await keep(ada)
    user = (await ada.get("/api/account")).json()["user_id"]
    assert (await ada.delete("/api/account", params={"confirm": user})).status_code == 200
    await asyncio.to_thread(server.services.traces.remove)
    assert not (server.services.settings.data_dir / "secrets" / user).exists()


def test_only_declared_inputs_of_the_tool_are_ever_looked_up() -> None:
    class Declared:
        secret_fields = ("url",)

    inputs = {"url": "secret:a", "note": "secret:b", "list": ["secret:c"]}
    assert list(named(Declared(), inputs)) == [("url", "a")]


def test_an_operator_sets_a_secret_from_standard_input_and_it_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\n"))
    assert cli.main(["--data-dir", str(tmp_path), "secret", "ada", "shop"]) == 0
    assert capsys.readouterr().out == "secret:shop of ada is set\n"
    (kept,) = [path for path in (tmp_path / "secrets").rglob("*") if path.is_file()]
    assert kept.read_text() == CANARY
    assert cli.main(["--data-dir", str(tmp_path), "secret", "ada", "shop", "--delete"]) == 0
    assert not kept.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert cli.main(["--data-dir", str(tmp_path), "secret", "ada", "shop"]) == 1


def test_a_run_in_the_kernel_takes_a_secret_of_its_own_environment_or_says_how(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = KernelContext({}, object())
    with pytest.raises(InputRejected, match="STUDIO_SECRET_MY_SHOP"):
        context.secret("secret:my-shop")
    monkeypatch.setenv("STUDIO_SECRET_MY_SHOP", "value")
    assert context.secret("secret:my-shop") == "value"
