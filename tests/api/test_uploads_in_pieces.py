"""Uploads that come in pieces, are broken off, go on, and leave nothing broken behind; on both engines."""

import asyncio
import hashlib
import io
import json
import os
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import RUN, ToyServer, finished, person, serving
from studio_server.clock import FixedClock
from studio_server.runs import upload_rows
from studio_server.runs.upload_refusals import UploadBusy
from studio_server.runs.upload_sweeping import STRAY_SECONDS, Kept, UploadSweep

from tests.fakes.postgres import cluster, migrated

CONTENT = b"id,city\n" + b"1,Rome\n" * 40
SIZE = len(CONTENT)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


PLACE = f"/api/uploads/{digest(CONTENT)}"


def piece(offset: int, size: int = SIZE, kind: str = "application/partial-upload") -> dict[str, str]:
    return {"Content-Type": kind, "Upload-Offset": str(offset), "Upload-Length": str(size)}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def server(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> AsyncGenerator[ToyServer]:
    url = await asyncio.to_thread(cluster().new_database, migrated) if request.param == "postgresql" else None
    limits = {"max_upload_bytes": 1_000, "max_stored_upload_bytes": 1_500}
    async with serving(tmp_path, clock=clock, database_url=url, **limits) as running:
        yield running


@pytest_asyncio.fixture
async def ada(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("ada")) as client:
        yield client


def files(server: ToyServer) -> list[Path]:
    return sorted(
        path for path in (server.services.settings.data_dir / "uploads").rglob("*") if path.is_file()
    )


async def test_pieces_become_the_upload_and_a_run_can_use_it(ada: httpx.AsyncClient) -> None:
    assert (await ada.head(PLACE)).status_code == 404
    first = await ada.patch(PLACE, content=CONTENT[:100], headers=piece(0))
    assert (first.status_code, first.json()["offset_bytes"], first.json()["complete"]) == (200, 100, False)
    assert (await ada.get(PLACE)).status_code == 404
    told = await ada.head(PLACE)
    assert (told.headers["upload-offset"], told.headers["upload-length"]) == ("100", str(SIZE))
    assert told.headers["upload-complete"] == "?0"
    last = await ada.patch(PLACE, content=CONTENT[100:], headers=piece(100))
    assert (last.status_code, last.json()["complete"], last.headers["upload-complete"]) == (201, True, "?1")
    file = {"digest": digest(CONTENT), "name": "a.csv", "size_bytes": SIZE}
    run = await finished(ada, (await ada.post(RUN, json={"inputs": {"data": file}})).json())
    assert run["result"]["headline"] == f"{SIZE} bytes"


async def test_the_other_common_media_type_of_pieces_is_taken_too(ada: httpx.AsyncClient) -> None:
    headers = piece(0, kind="application/offset+octet-stream")
    assert (await ada.patch(PLACE, content=CONTENT, headers=headers)).status_code == 201


async def test_a_piece_that_begins_elsewhere_is_refused_and_told_where_to_go_on(
    ada: httpx.AsyncClient,
) -> None:
    await ada.patch(PLACE, content=CONTENT[:100], headers=piece(0))
    for offset in (0, 50, 101):
        answer = await ada.patch(PLACE, content=CONTENT[offset:], headers=piece(offset))
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["available"]) == (409, "offset_differs", 100)
    assert (await ada.head(PLACE)).headers["upload-offset"] == "100"


async def test_what_arrived_before_the_connection_broke_is_kept(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    user = (await ada.get("/api/account")).json()["user_id"]

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT[:70]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await server.services.partial_uploads.append(
            user, digest(CONTENT), offset=0, size=SIZE, chunks=broken()
        )
    assert (await ada.head(PLACE)).headers["upload-offset"] == "70"
    assert (await ada.patch(PLACE, content=CONTENT[70:], headers=piece(70))).status_code == 201


async def test_a_server_that_died_in_the_middle_leaves_an_upload_that_goes_on(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await ada.patch(PLACE, content=CONTENT[:100], headers=piece(0))
    (part,) = files(server)
    for left in (CONTENT[:130], CONTENT[:60], b""):  # more was written than told, less, and no file at all
        part.write_bytes(left) if left else part.unlink()
        assert (await ada.head(PLACE)).headers["upload-offset"] == str(len(left))
    assert (await ada.patch(PLACE, content=CONTENT, headers=piece(0))).status_code == 201
    assert [path.name for path in files(server)] == [digest(CONTENT).removeprefix("sha256:")]


async def test_pieces_that_are_not_what_was_announced_are_not_kept(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    answer = await ada.patch(PLACE, content=CONTENT[:-1] + b"!", headers=piece(0))
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_differs")
    assert files(server) == []
    assert (await ada.head(PLACE)).status_code == 404


async def test_more_than_was_announced_is_refused(ada: httpx.AsyncClient) -> None:
    answer = await ada.patch(PLACE, content=CONTENT + b"more", headers=piece(0))
    assert (answer.status_code, answer.json()["code"]) == (409, "size_differs")
    await ada.patch(PLACE, content=b"", headers=piece(0))
    answer = await ada.patch(PLACE, content=CONTENT, headers=piece(0, SIZE + 4))
    assert (answer.status_code, answer.json()["code"]) == (409, "size_differs")


async def test_an_upload_above_the_limit_is_refused_before_its_first_byte(ada: httpx.AsyncClient) -> None:
    answer = await ada.patch(PLACE, content=b"x", headers=piece(0, 1_001))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")


async def test_room_that_is_set_aside_for_a_partial_upload_counts_and_is_given_back(
    ada: httpx.AsyncClient,
) -> None:
    begun, whole = b"x" * 1_000, b"y" * 900
    await ada.patch(f"/api/uploads/{digest(begun)}", content=begun[:1], headers=piece(0, 1_000))
    answer = await ada.put(f"/api/uploads/{digest(whole)}", content=whole)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert (await ada.delete(f"/api/uploads/{digest(begun)}")).status_code == 204
    assert (await ada.put(f"/api/uploads/{digest(whole)}", content=whole)).status_code == 201


async def test_uploads_that_race_for_the_last_room_do_not_take_more_than_there_is(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    contents = [bytes([65 + n]) * 700 for n in range(6)]
    await ada.get("/api/account")
    answers = await asyncio.gather(*(ada.put(f"/api/uploads/{digest(c)}", content=c) for c in contents))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 413, 413, 413, 413]
    assert sum(path.stat().st_size for path in files(server)) == 1_400


async def test_two_requests_never_write_one_upload_at_the_same_time(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    user = (await ada.get("/api/account")).json()["user_id"]
    append = server.services.partial_uploads.append

    async def slow() -> AsyncIterator[bytes]:
        yield CONTENT[:10]
        with pytest.raises(UploadBusy):
            await append(user, digest(CONTENT), offset=10, size=SIZE, chunks=slow())
        answer = await ada.patch(PLACE, content=CONTENT[10:], headers=piece(10))
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_busy")

    part, whole = await append(user, digest(CONTENT), offset=0, size=SIZE, chunks=slow())
    assert (part.offset_bytes, whole) == (10, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (piece(0, kind="text/html"), 415),
        ({key: value for key, value in piece(0).items() if key != "Content-Type"}, 415),
        (piece(0) | {"Content-Encoding": "gzip"}, 415),
        (piece(0) | {"Upload-Offset": "-1"}, 422),
        (piece(0) | {"Upload-Offset": "1e3"}, 422),
        (piece(0) | {"Upload-Length": "9" * 40}, 422),
        (piece(SIZE), 422),
        ({"Content-Type": "application/partial-upload"}, 422),
    ],
)
async def test_a_piece_that_does_not_say_what_it_is_is_refused(
    ada: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await ada.patch(PLACE, content=CONTENT, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await ada.head(PLACE)).status_code == 404


async def test_a_whole_upload_of_another_type_and_a_pickle_are_refused(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    answer = await ada.put(PLACE, content=CONTENT, headers={"Content-Type": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (415, "upload_kind_refused")
    trap = b"\x80\x04K\x01."
    there = f"/api/uploads/{digest(trap)}"
    assert (await ada.put(there, content=trap)).status_code == 415
    assert (await ada.patch(there, content=trap, headers=piece(0, len(trap)))).status_code == 415
    assert files(server) == []


async def test_nobody_sees_goes_on_with_or_deletes_the_upload_of_another(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await ada.patch(PLACE, content=CONTENT[:100], headers=piece(0))
    async with server.client(person("bob")) as bob:
        assert (await bob.head(PLACE)).status_code == 404
        assert (await bob.patch(PLACE, content=CONTENT[100:], headers=piece(100))).status_code == 409
        assert (await bob.delete(PLACE)).status_code == 204  # the one bob has just begun himself
        assert (await bob.delete(PLACE)).status_code == 404
    assert (await ada.head(PLACE)).headers["upload-offset"] == "100"


async def test_content_that_a_run_may_need_is_not_deleted(ada: httpx.AsyncClient) -> None:
    await ada.put(PLACE, content=CONTENT)
    run = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
    answer = await ada.delete(PLACE)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_in_use")
    await ada.post(f"/api/runs/{run['id']}/cancel")
    await finished(ada, run)
    assert (await ada.delete(PLACE)).status_code == 204


async def test_an_upload_is_swept_when_nothing_has_needed_it_for_long_and_can_be_sent_again(
    server: ToyServer, ada: httpx.AsyncClient, clock: FixedClock
) -> None:
    await ada.put(PLACE, content=CONTENT)
    clock.advance(timedelta(days=29))
    file = {"digest": digest(CONTENT), "name": "a.csv", "size_bytes": SIZE}
    await finished(ada, (await ada.post(RUN, json={"inputs": {"data": file}})).json())
    clock.advance(timedelta(days=29))
    await swept(server)
    assert (await ada.get(PLACE)).status_code == 200  # a run needed it 29 days ago
    clock.advance(timedelta(days=2))
    await swept(server)
    assert (await ada.get(PLACE)).status_code == 404
    assert files(server) == []
    again = await ada.post(RUN, json={"inputs": {"data": file}, "fresh": True})
    assert again.json()["code"] == "upload_missing"
    assert (await ada.put(PLACE, content=CONTENT)).status_code == 201


async def test_a_partial_upload_is_swept_a_day_after_its_last_piece(
    server: ToyServer, ada: httpx.AsyncClient, clock: FixedClock
) -> None:
    await ada.patch(PLACE, content=CONTENT[:50], headers=piece(0))
    clock.advance(timedelta(hours=23))
    await ada.patch(PLACE, content=CONTENT[50:99], headers=piece(50))
    clock.advance(timedelta(hours=23))
    await swept(server)
    assert (await ada.head(PLACE)).headers["upload-offset"] == "99"
    clock.advance(timedelta(hours=2))
    await swept(server)
    assert (await ada.head(PLACE)).status_code == 404
    assert files(server) == []


async def test_files_that_a_crash_left_without_a_row_are_swept_and_no_others(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await ada.put(PLACE, content=CONTENT)
    (kept,) = files(server)
    old = datetime.now(UTC).timestamp() - STRAY_SECONDS - 60
    for name in (".part-0123", "f" * 64, ".partial-" + "e" * 64):
        stray = kept.with_name(name)
        stray.write_bytes(b"left")
        os.utime(stray, (old, old))
    os.utime(kept, (old, old))
    kept.with_name(".part-young").write_bytes(b"on its way")
    await swept(server)
    assert [path.name for path in files(server)] == [".part-young", kept.name]


async def test_without_its_file_an_upload_counts_as_not_there_and_is_sent_again(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await ada.put(PLACE, content=CONTENT)
    files(server)[0].unlink()
    assert (await ada.get(PLACE)).status_code == 404
    assert (await ada.put(PLACE, content=CONTENT)).status_code == 201
    assert (await ada.get(PLACE)).status_code == 200


async def test_without_the_guard_of_the_sweep_an_upload_in_use_would_be_lost(
    server: ToyServer, ada: httpx.AsyncClient, clock: FixedClock
) -> None:
    await ada.put(PLACE, content=CONTENT)
    user = (await ada.get("/api/account")).json()["user_id"]
    clock.advance(timedelta(days=31))
    cut = NOON + timedelta(days=1)
    due = server.services.db.read(lambda tx: upload_rows.unused_since(tx, cut, limit=9))
    assert due == [(user, digest(CONTENT))]
    await ada.put(PLACE, content=CONTENT)  # needed again after the sweep has looked, before it deletes
    deleted = await server.services.db.write(
        lambda tx: upload_rows.delete_unused(tx, user, digest(CONTENT), cut)
    )
    assert not deleted
    assert (await ada.get(PLACE)).status_code == 200


async def test_erasing_takes_partial_uploads_along_and_the_export_lists_them(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    await ada.patch(PLACE, content=CONTENT[:50], headers=piece(0))
    export = zipfile.ZipFile(io.BytesIO((await ada.get("/api/account/export")).content))
    (listed,) = json.loads(export.read("json/partial_uploads.json"))
    assert (listed["digest"], listed["size_bytes"]) == (digest(CONTENT), SIZE)
    user = (await ada.get("/api/account")).json()["user_id"]
    assert (await ada.delete("/api/account", params={"confirm": user})).status_code == 200
    await asyncio.to_thread(server.services.traces.remove)
    assert files(server) == []
    assert server.services.db.read(lambda tx: tx.execute("SELECT * FROM partial_uploads")) == []


async def swept(server: ToyServer) -> None:
    """One sweep of what the server keeps for 30 days, and pieces for one."""
    folder = server.services.settings.data_dir / "uploads"
    kept = Kept(uploads=timedelta(days=30), partial_uploads=timedelta(hours=24))
    sweep = UploadSweep(server.services.db, server.services.uploads, folder, kept)
    await asyncio.to_thread(sweep.sweep)
