"""Kill the server in the middle of uploads, at many places: what had arrived is there, all end whole."""

import hashlib
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import httpx
import pytest
from fakes.postgres import cluster, migrated

from tests.journeys.test_pulled_plugs import toy_server

SEED = 20260310
ROUNDS = 6
CHUNK = 64_000
LOOKS = 1_000
CONTENT = random.Random(SEED).randbytes(3_000_000)  # noqa: S311  - a file, no key
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
PLACE = f"/api/uploads/{DIGEST}"


def headers(offset: int) -> dict[str, str]:
    """What says where a piece begins."""
    said = {"Upload-Offset": str(offset), "Upload-Length": str(len(CONTENT))}
    return {"Content-Type": "application/partial-upload"} | said


def until_killed(process: Popen[str], asking: httpx.Client, offset: int, chunks: int) -> Iterator[bytes]:
    """The rest of the content; the server dies after so many chunks, of which it has told one at least."""
    for number, at in enumerate(range(offset, len(CONTENT), CHUNK)):
        if number == chunks:
            assert any(here(asking) > offset for _ in range(LOOKS))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        yield CONTENT[at : at + CHUNK]


def here(client: httpx.Client) -> int:
    """How much the server says it has."""
    answer = client.head(PLACE)
    return int(answer.headers.get("upload-offset", 0)) if answer.is_success else 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_upload_survives_a_server_that_is_killed_again_and_again(engine: str, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chances = random.Random(SEED)  # noqa: S311  - which chunk, no key
    more = (2, 1, cluster().new_database(migrated)) if engine == "postgresql" else ()
    reached = 0
    for _ in range(ROUNDS):
        with toy_server(tmp_path, *more) as (process, client):
            offset = here(client)
            assert offset >= reached
            body = until_killed(process, client, offset, chances.randrange(1, 9))
            with pytest.raises(httpx.TransportError):
                client.patch(PLACE, content=body, headers=headers(offset))
            reached = offset + 1
    with toy_server(tmp_path, *more) as (_, client):
        offset = here(client)
        assert reached <= offset < len(CONTENT)
        answer = client.patch(PLACE, content=CONTENT[offset:], headers=headers(offset))
        assert (answer.status_code, answer.json()["complete"]) == (201, True)
        (kept,) = [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
        assert kept.read_bytes() == CONTENT
