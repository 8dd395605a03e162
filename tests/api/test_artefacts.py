"""Files of runs: given back whole and in ranges, safe for a browser, ended in time; in folders and beyond."""

import asyncio
import base64
import hashlib
import shutil
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import RUN, ToyServer, finished, person, serving
from starlette.datastructures import Headers
from studio_server.api.downloads import Part, disposition, download, wanted_part
from studio_server.clock import FixedClock
from studio_server.runs import rows
from studio_server.runs.artefact_sweeping import ArtefactSweep
from studio_server.runs.artefacts import ArtefactStore, StorageMissing
from studio_server.runs.executor.protocol import ArtefactFile, Outcome
from studio_server.settings import Settings

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CONTENT = b"0"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest_asyncio.fixture(params=["folder", "memory"])
async def server(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> AsyncGenerator[ToyServer]:
    url = f"memory://{tmp_path.parent.name}-{tmp_path.name}/kept" if request.param == "memory" else None
    async with serving(tmp_path, clock=clock, artefacts_url=url) as running:
        yield running


@pytest_asyncio.fixture
async def ada(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("ada")) as client:
        yield client


async def made(client: httpx.AsyncClient) -> dict:
    return await finished(client, (await client.post(RUN, json={"fresh": True})).json())


def place(run: dict) -> str:
    return f"/api/runs/{run['id']}/artefacts/count.txt"


def sweep(server: ToyServer) -> ArtefactSweep:
    return ArtefactSweep(server.services.db, server.services.db.clock, server.services.artefacts)


async def test_a_file_comes_back_with_its_digest_as_a_download_that_nothing_runs(
    ada: httpx.AsyncClient,
) -> None:
    answer = await ada.get(place(await made(ada)))
    assert (answer.status_code, answer.content) == (200, CONTENT)
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == 'attachment; filename="count.txt"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["etag"] == f'"sha256:{DIGEST}"'
    expected = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    assert headers["repr-digest"] == f"sha-256=:{expected}:"
    assert headers["content-length"] == "1"


async def test_the_result_tells_until_when_each_file_is_kept(ada: httpx.AsyncClient) -> None:
    run = await made(ada)
    assert run["result"]["artefacts"][0]["expires_at"] == "2026-04-09T12:00:00Z"


async def test_after_its_time_a_file_is_gone_and_the_answer_says_until_when_it_was_kept(
    server: ToyServer, ada: httpx.AsyncClient, clock: FixedClock
) -> None:
    run = await made(ada)
    clock.advance(timedelta(days=30) - timedelta(seconds=1))
    assert await asyncio.to_thread(sweep(server).sweep) == 0
    assert (await ada.get(place(run))).status_code == 200
    clock.advance(timedelta(seconds=2))
    for _ in range(2):  # before the sweep, and after it
        answer = await ada.get(place(run))
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (410, "artefact_gone")
        assert problem["error"] == "The file count.txt was kept until 2026-04-09."
        assert problem["action"] == "run the tool again, and save the file"
        await asyncio.to_thread(sweep(server).sweep)
    assert server.services.artefacts.runs() == []
    assert await asyncio.to_thread(sweep(server).sweep) == 0


async def test_a_range_is_answered_with_that_part_alone(server: ToyServer, ada: httpx.AsyncClient) -> None:
    run = await made(ada)
    answer = await ada.get(place(run), headers={"Range": "bytes=5-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1")
    answer = await ada.get(place(run), headers={"Range": "bytes=0-0"})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    unchanged = await ada.get(place(run), headers={"If-None-Match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, Part(0, 100)),
        ("bytes=0-9", Part(0, 10)),
        ("bytes=90-", Part(90, 100)),
        ("bytes=90-500", Part(90, 100)),
        ("bytes=-10", Part(90, 100)),
        ("bytes=-500", Part(0, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-5", Part(0, 100)),
        ("bytes=0-1,5-9", Part(0, 100)),
        ("bytes=" + "0-1," * 10_000 + "5-9", Part(0, 100)),
        ("bytes=-", Part(0, 100)),
        ("bytes=" + "9" * 4_000 + "-", Part(0, 100)),
        ("rows=0-9", Part(0, 100)),
        ("bytes=a-b", Part(0, 100)),
    ],
)
def test_a_range_is_read_as_the_standard_has_it_and_hostile_ones_give_the_whole(
    header: str | None, part: Part | None
) -> None:
    assert wanted_part(header, 100) == part


async def test_a_part_of_a_file_is_sent_with_its_place_unless_the_file_has_changed(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path / "kept")
    row = kept(store, tmp_path, b"0123456789")
    current = f'"{row.digest}"'
    for condition, status, body in ((current, 206, b"3456"), ('"sha256:other"', 200, b"0123456789")):
        answer = download(store, row, Headers({"Range": "bytes=3-6", "If-Range": condition}))
        sent = b"".join([bytes(piece) async for piece in answer.body_iterator])
        assert (answer.status_code, sent) == (status, body)
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers.get("content-range") == ("bytes 3-6/10" if status == 206 else None)


def test_a_range_of_a_file_is_streamed_in_pieces(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path / "kept")
    content = bytes(range(256)) * 4_096
    row = kept(store, tmp_path, content)
    assert b"".join(store.pieces(row, 0, len(content))) == content
    assert b"".join(store.pieces(row, 1_000, 700_000)) == content[1_000:700_000]
    assert max(map(len, store.pieces(row, 0, len(content)))) <= 1 << 18


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.csv", 'attachment; filename="a.csv"'),
        ("folder/a b.csv", 'attachment; filename="a b.csv"'),
        ('a".html', "attachment; filename=\"download\"; filename*=UTF-8''a%22.html"),
        ("a\r\nSet-Cookie: x=1.csv", "filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3D1.csv"),
        ("表.csv", "filename*=UTF-8''%E8%A1%A8.csv"),
        (".bashrc", "filename*=UTF-8''.bashrc"),
        ("a;filename=evil.exe", "filename*=UTF-8''a%3Bfilename%3Devil.exe"),
        ("%2e%2e%2fa", "filename*=UTF-8''%252e%252e%252fa"),
        ("<img src=x onerror=alert(1)>", "filename*=UTF-8''%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E"),
    ],
)
def test_no_name_of_a_file_escapes_from_its_header(name: str, said: str) -> None:
    found = disposition(name)
    assert said in found
    assert found.isprintable()
    assert found.isascii()


async def test_a_file_of_another_is_not_found(server: ToyServer, ada: httpx.AsyncClient) -> None:
    run = await made(ada)
    async with server.client(person("bob")) as bob:
        theirs, none = await bob.get(place(run)), await bob.get("/api/runs/run_none/artefacts/count.txt")
    assert (theirs.status_code, none.status_code) == (404, 404)
    assert theirs.json()["code"] == none.json()["code"]
    assert (await ada.get(f"/api/runs/{run['id']}/artefacts/..%2F..%2Fstudio.db")).status_code == 404


async def test_erasing_removes_the_files_wherever_they_are(server: ToyServer, ada: httpx.AsyncClient) -> None:
    run = await made(ada)
    assert server.services.artefacts.runs() == [run["id"]]
    user = (await ada.get("/api/account")).json()["user_id"]
    assert (await ada.delete("/api/account", params={"confirm": user})).status_code == 200
    await asyncio.to_thread(server.services.traces.remove)
    assert server.services.artefacts.runs() == []


async def test_erasing_goes_on_when_a_folder_is_deleted_by_somebody_else_at_the_same_time(
    server: ToyServer, ada: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = (await ada.get("/api/account")).json()["user_id"]
    folder = server.services.settings.data_dir / "uploads" / user
    folder.mkdir(parents=True, exist_ok=True)
    really, came_first = shutil.rmtree, list[Path]()

    def after_somebody_else(path: Path, **options: bool) -> None:
        if path == folder:
            came_first.append(path)
            really(path)
        really(path, **options)

    monkeypatch.setattr(shutil, "rmtree", after_somebody_else)
    assert (await ada.delete("/api/account", params={"confirm": user})).status_code == 200
    await asyncio.to_thread(server.services.traces.remove)
    assert came_first == [folder]
    assert not folder.exists()


async def test_files_of_a_run_that_a_crash_left_without_rows_are_swept(
    server: ToyServer, ada: httpx.AsyncClient, tmp_path: Path, clock: FixedClock
) -> None:
    run = await made(ada)
    kept(server.services.artefacts, tmp_path, b"left", run_id="run_left")
    clock.advance(timedelta(hours=2))
    await asyncio.to_thread(sweep(server).sweep)
    assert server.services.artefacts.runs() == [run["id"]]


async def test_a_file_that_is_gone_or_cut_short_in_the_storage_is_not_found(
    server: ToyServer, ada: httpx.AsyncClient
) -> None:
    run = await made(ada)
    await asyncio.to_thread(server.services.artefacts.remove, run["id"])
    assert (await ada.get(place(run))).status_code == 404


async def test_a_storage_that_takes_nothing_makes_the_run_free_and_leaves_nothing_there(
    server: ToyServer, ada: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ArtefactStore, "_put", full)
    run = await made(ada)
    assert (run["state"], run["charged_credits"]) == ("lost", 0)
    assert server.services.artefacts.runs() == []


def test_an_address_of_a_storage_without_its_library_is_refused_in_one_sentence(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path, "nosuchthing://bucket/a")
    with pytest.raises(StorageMissing, match="STUDIO_ARTEFACTS_URL cannot be used"):
        store.runs()


@pytest.mark.parametrize(
    ("environment", "artefacts", "uploads"),
    [
        ({}, 30, 30),
        ({"STUDIO_KEEP_ARTEFACTS_DAYS": "never"}, None, 30),
        ({"STUDIO_KEEP_ARTEFACTS_DAYS": "5", "STUDIO_KEEP_UPLOADS_DAYS": "2"}, 5, 2),
    ],
)
def test_an_operator_says_how_long_files_are_kept(
    environment: dict[str, str], artefacts: int | None, uploads: int
) -> None:
    found = Settings.from_environment(environment)
    assert (found.keep_artefacts_days, found.keep_uploads_days) == (artefacts, uploads)


def test_a_row_of_an_earlier_version_still_finds_its_file(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path / "kept")
    row = kept(store, tmp_path, b"old")
    whole = rows.ArtefactRow(row.name, row.media_type, 3, row.digest, str(tmp_path / "kept" / row.path))
    assert store.is_there(whole)
    assert b"".join(store.pieces(whole, 0, 3)) == b"old"


def kept(store: ArtefactStore, folder: Path, content: bytes, run_id: str = "run_1") -> rows.ArtefactRow:
    """One file in the store, as a run would leave it."""
    given = folder / "made"
    given.write_bytes(content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = ArtefactFile("a.bin", given, "application/octet-stream", len(content), digest)
    (row,) = store.keep(run_id, Outcome("succeeded", "", artefacts=(file,)), NOON)
    return row
