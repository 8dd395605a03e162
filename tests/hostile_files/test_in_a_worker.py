"""Hostile files in a real worker: each run ends refused, for nothing, and the server lives."""

import gzip
import hashlib
from pathlib import Path

import pytest
from fakes.toy_server import RUN, finished, person, serving

from tests.hostile_files import parquets, pickled, streams, tars, texts, zips
from tests.hostile_files.case import Case

CASES = [
    next(case for case in family.HOSTILE if case.id == name)
    for family, name in (
        (zips, "zip bomb"),
        (zips, "zip entry climbing"),
        (tars, "tar with a symbolic link"),
        (streams, "gzip in gzip"),
        (pickled, "an array of objects"),
        (texts, "xml that reads a file"),
        (texts, "yaml that laughs"),
        (parquets, "parquet of a trillion rows"),
    )
]
HARMLESS = Case("a table in gzip", "a.csv.gz", gzip.compress(b"id\n1\n", mtime=0))


async def test_each_is_refused_in_the_worker_for_nothing_and_a_harmless_file_works_after_all(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, max_upload_bytes=1_000_000) as server, server.client(person("ada")) as ada:
        for case in (*CASES, HARMLESS):
            content = case.bytes()
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            stored = await ada.put(f"/api/uploads/{digest}", content=content)
            assert stored.status_code == 201, stored.text
            file = {"digest": digest, "name": case.name, "size_bytes": len(content)}
            run = await finished(ada, (await ada.post(RUN, json={"inputs": {"data": file}})).json())
            if case.refused is None:
                assert run["state"] == "succeeded", run["failure"]
                continue
            assert (run["state"], run["charged_credits"]) == ("failed", 0), case.id
            assert case.refused in run["failure"]["fields"][0]["found"]
            assert run["failure"]["code"] == "input_rejected"
        assert (await ada.get("/api/credits/balance")).json()["held_credits"] == 0


async def test_without_the_guard_the_same_bomb_would_reach_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio_magics.runners.context import KernelContext
    from studio_magics.runners.files import read_file

    path = tmp_path / "a.npy"
    path.write_bytes(next(case for case in CASES if case.name == "a.npy").bytes())
    file = read_file(path)
    monkeypatch.setattr("studio_magics.runners.context.examine", lambda *_: None)
    context = KernelContext({file.record.digest: path}, None)
    assert context.path(file.record) == path.resolve()
