import hashlib
from pathlib import Path

from fakes.toy_server import person, serving


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


async def test_an_upload_above_the_limit_is_refused_and_leaves_no_part_behind(tmp_path: Path) -> None:
    async with serving(tmp_path, max_upload_bytes=10) as server, server.client(person("ada")) as ada:
        content = b"x" * 11
        answer = await ada.put(f"/api/uploads/{digest(content)}", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


async def test_all_uploads_of_a_user_together_have_a_limit(tmp_path: Path) -> None:
    async with serving(tmp_path, max_stored_upload_bytes=15) as server, server.client(person("ada")) as ada:
        answers = [await ada.put(f"/api/uploads/{digest(c)}", content=c) for c in (b"x" * 10, b"y" * 10)]
    assert [answer.status_code for answer in answers] == [201, 413]
