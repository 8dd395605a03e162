"""Somebody with unmistakable names and contents, what they do here, and where traces of it are."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import httpx
from fakes.toy_server import BURN, COUNTER, PLANS, ToyServer, finished, toy_registry
from studio_server.accounts import tokens
from studio_server.accounts.identity import Identity
from studio_server.registry import catalogue
from studio_server.registry.catalogue import Registry

from studio_magics.tools import catalog

NAME, SUBJECT, MAIL = "Canary Quetzalcoatl", "canary-subject-7c21", "canary.q@nowhere.example"
TEXT, CONTENT, TOKEN_NAME = (
    "canary-text-of-a-run-58d1",
    b"canary-content-of-a-file-90ab\n",
    "canary-token-44e",
)
KEY = "canary-key-of-a-request-1f3"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
CANARY = Identity("local", SUBJECT, NAME, "jupyter")
ECHO = COUNTER | {"id": "toy-studio-echo", "title": "Echo", "summary": "repeats"}
RUN = "/api/toy/echo/run"


def echo_registry() -> Registry:
    """The toy catalogue with the echo in it."""
    plain = toy_registry()
    catalog.BUILT_IN["toy-studio-echo"] = "studio_echo"
    catalog.sources.cache_clear()
    with_echo = catalogue.assemble({"burn": BURN, "tool": [COUNTER, ECHO]}, PLANS)
    return replace(plain, tools=with_echo.tools, price_version=with_echo.price_version)


def forget_echo() -> None:
    """Take the echo out of the catalogue again."""
    catalog.BUILT_IN.pop("toy-studio-echo", None)
    catalog.sources.cache_clear()


async def live(server: ToyServer, client: httpx.AsyncClient) -> list[bytes]:
    """Use everything once, and tell what must not be found anywhere afterwards."""
    account = (await client.get("/api/account")).json()
    token = await server.services.db.write(lambda tx: tokens.issue(tx, account["user_id"], TOKEN_NAME))
    assert (await client.put(f"/api/uploads/sha256:{DIGEST}", content=CONTENT)).status_code == 201
    file = {"digest": f"sha256:{DIGEST}", "name": f"{MAIL}.csv", "size_bytes": len(CONTENT)}
    for number, inputs in enumerate(({"text": TEXT, "data": file}, {"text": TEXT, "fail": True})):
        headers = {"Idempotency-Key": f"{KEY}-{number}"}
        answer = await client.post(RUN, json={"inputs": inputs}, headers=headers)
        assert answer.status_code == 202, answer.text
        await finished(client, answer.json())
    change = {"alert_percents": [7, 93]}
    answered = await client.put(
        "/api/account/settings/credits", json=change, headers={"Idempotency-Key": KEY}
    )
    assert answered.status_code == 200, answered.text
    said = [NAME, SUBJECT, MAIL, TEXT, TOKEN_NAME, KEY, DIGEST, token, tokens.digest(token)]
    return [CONTENT.strip(), *(text.encode() for text in said)]


def traces(folder: Path, canaries: list[bytes]) -> list[str]:
    """Every file below the folder whose name or bytes hold a canary, with the canary.

    What others take away meanwhile is no trace.
    """
    found: list[str] = []
    for where, folders, files in os.walk(folder):
        paths = [Path(where, name) for name in (*folders, *files)]
        for path in sorted(paths):
            name = str(path.relative_to(folder)).encode()
            content = name + _content(path)
            found += [f"{name.decode()}: {canary.decode()}" for canary in canaries if canary in content]
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""
