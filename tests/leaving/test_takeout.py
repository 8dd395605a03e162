import asyncio
import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fakes.toy_server import ToyServer
from studio_server.accounts.archive import ArchiveTooLarge, ArchiveWriter, faults, neutral, signature
from studio_server.accounts.takeout import Takeout
from studio_server.accounts.takeout_tables import TABLES
from studio_server.settings import takeout_key

from studio_magics.client.refusals import ServerFault
from studio_magics.runners.leaving import look_through
from tests.leaving.canaries import CONTENT, DIGEST, NAME, SUBJECT, TEXT, live

KEY = b"a key of a test"


async def taken(client: httpx.AsyncClient) -> bytes:
    answer = await client.get("/api/account/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="studio-account.zip"'
    return answer.content


def table(content: bytes, name: str) -> list[dict]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read(f"json/{name}.json"))


def changed(content: bytes, name: str, data: bytes | None) -> bytes:
    """The archive with one file changed, or taken out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w") as after:
        for entry in before.namelist():
            if entry != name:
                after.writestr(entry, before.read(entry))
        if data is not None:
            after.writestr(name, data)
    return target.getvalue()


async def test_the_export_holds_the_profile_the_books_the_runs_and_the_receipts(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await live(server, canary)
    content = await taken(canary)
    (profile,) = table(content, "profile")
    assert (profile["display_name"], profile["subject"]) == (NAME, SUBJECT)
    assert [run["state"] for run in table(content, "runs")] == ["succeeded", "failed"]
    assert table(content, "runs")[0]["result"]["headline"] == TEXT
    assert len(table(content, "receipts")) == 2
    assert [grant["amount"] for grant in table(content, "grants")] == [300]
    assert [(lot["available"], lot["held"]) for lot in table(content, "lots")] == [(294, 0)]
    assert {hold["state"] for hold in table(content, "holds")} == {"settled"}
    available = [line["available_after"] for line in table(content, "statement")]
    assert available[-1] == 294
    entries = table(content, "entries")
    assert sum(entry["amount"] for entry in entries) == 0
    assert {entry["transfer_id"] for entry in entries} == {
        move["transfer_id"] for move in table(content, "transfers")
    }
    assert [upload["digest"] for upload in table(content, "uploads")] == [f"sha256:{DIGEST}"]
    assert len(table(content, "tokens")) == 1


async def test_the_kernel_reads_what_the_server_exports(server: ToyServer, canary: httpx.AsyncClient) -> None:
    await live(server, canary)
    content = await taken(canary)
    found = look_through(Path("mine.zip"), content)
    assert (found.runs, found.tables, found.size_bytes) == (2, len(TABLES), len(content))
    assert found.statement_lines == len(table(content, "statement")) > 0
    with pytest.raises(ServerFault, match=r"json/lots\.json is not as the manifest lists it"):
        look_through(Path("mine.zip"), changed(content, "json/lots.json", b"[]"))


async def test_csv_and_json_hold_the_same_rows(server: ToyServer, canary: httpx.AsyncClient) -> None:
    await live(server, canary)
    content = await taken(canary)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for each in TABLES:
            rows = list(csv.reader(io.StringIO(archive.read(f"csv/{each.name}.csv").decode(), newline="")))
            assert rows[0] == list(each.columns)
            assert len(rows) - 1 == len(table(content, each.name)), each.name


async def test_the_export_holds_nothing_of_anybody_else(
    server: ToyServer, canary: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    canaries = await live(server, canary)
    await bob.get("/api/account")
    with zipfile.ZipFile(io.BytesIO(await taken(bob))) as archive:
        whole = b"".join(name.encode() + archive.read(name) for name in archive.namelist())
    assert [canary_bytes for canary_bytes in canaries if canary_bytes in whole] == []
    own = await taken(canary)
    assert table(own, "profile")[0]["display_name"] == NAME


async def test_no_secret_and_no_digest_of_a_token_is_exported(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await live(server, canary)
    digests = server.services.db.read(lambda tx: tx.execute("SELECT digest FROM tokens"))
    with zipfile.ZipFile(io.BytesIO(await taken(canary))) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert digests
    assert not [digest for (digest,) in digests if digest.encode() in whole]
    assert takeout_key(server.services.settings) not in whole


async def test_the_same_books_give_the_same_bytes_and_exporting_changes_nothing(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await live(server, canary)
    before = (await canary.get("/api/credits/statement")).content
    assert await taken(canary) == await taken(canary)
    assert (await canary.get("/api/credits/statement")).content == before


async def test_an_export_carries_the_servers_signature_and_any_change_breaks_it(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await live(server, canary)
    content, key = await taken(canary), takeout_key(server.services.settings)
    assert faults(io.BytesIO(content), key) == []
    assert faults(io.BytesIO(content), b"another key") == [
        "its manifest does not carry this server's signature"
    ]
    richer = changed(content, "json/lots.json", b"[]")
    assert faults(io.BytesIO(richer), key) == ["json/lots.json was changed"]
    assert faults(io.BytesIO(changed(content, "csv/lots.csv", None)), key) == ["csv/lots.csv is missing"]
    assert faults(io.BytesIO(changed(content, "more.txt", b"x")), key) == ["more.txt is not in the manifest"]
    assert faults(io.BytesIO(content[:-30]), key)[0].startswith("it is not a whole archive")
    manifest = json.dumps({"files": {}}).encode()
    forged = changed(content, "manifest.json", manifest)
    assert faults(io.BytesIO(forged), key) == ["its manifest does not carry this server's signature"]
    assert signature(key, manifest) != signature(b"another key", manifest)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_a_spreadsheet_takes_for_a_formula_is_neutralised(start: str) -> None:
    file = io.BytesIO()
    with ArchiveWriter(file, KEY, most_bytes=10_000) as writer:
        writer.table("t", ("a", "b"), [(f"{start}1+cmd|' /C calc'!A0", -5)])
        writer.sign({})
    with zipfile.ZipFile(file) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("csv/t.csv").decode(), newline="")))
        assert json.loads(archive.read("json/t.json"))[0]["a"].startswith(start)
    assert rows[1] == [f"'{start}1+cmd|' /C calc'!A0", "-5"]


def test_a_harmless_text_and_a_number_stay_as_they_are() -> None:
    assert [neutral(cell) for cell in ("a=b", "", -5, 7)] == ["a=b", "", -5, 7]


async def test_an_export_above_its_bound_is_refused_as_a_whole(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await live(server, canary)
    services = server.services
    object.__setattr__(services, "takeout", Takeout(services.db, KEY, most_bytes=2_000))
    answer = await canary.get("/api/account/export")
    assert (answer.status_code, answer.json()["code"]) == (413, "export_too_large")
    with pytest.raises(ArchiveTooLarge), ArchiveWriter(io.BytesIO(), KEY, most_bytes=10) as writer:
        writer.text("a.txt", "eleven bytes")


async def test_a_third_export_at_the_same_time_is_told_to_come_again(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await canary.get("/api/account")
    places = server.services.takeout._places
    places.acquire()
    places.acquire()
    answer = await canary.get("/api/account/export")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    places.release()
    assert (await canary.get("/api/account/export")).status_code == 200
    places.release()


async def test_a_large_export_is_written_beside_the_books_and_leaves_no_file(
    server: ToyServer, canary: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(server, canary)
    monkeypatch.setattr("studio_server.accounts.takeout.IN_MEMORY_BYTES", 100)
    folder = server.services.settings.data_dir
    before = sorted(path.name for path in folder.iterdir())
    content = await taken(canary)
    assert await asyncio.to_thread(faults, io.BytesIO(content), takeout_key(server.services.settings)) == []
    assert sorted(path.name for path in folder.iterdir()) == before
    assert CONTENT not in content
    assert replace(server.services.settings, owner="x").data_dir == folder
