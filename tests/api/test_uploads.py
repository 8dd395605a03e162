import hashlib

import httpx

CONTENT = b"a,b\n1,2\n"
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


async def test_content_is_stored_once_and_known_afterwards(ada: httpx.AsyncClient) -> None:
    assert (await ada.get(f"/api/uploads/{DIGEST}")).status_code == 404
    first, second = [await ada.put(f"/api/uploads/{DIGEST}", content=CONTENT) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 200)
    assert (await ada.get(f"/api/uploads/{DIGEST}")).json()["size_bytes"] == len(CONTENT)


async def test_content_of_one_user_is_unknown_to_another(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await ada.put(f"/api/uploads/{DIGEST}", content=CONTENT)
    assert (await bob.get(f"/api/uploads/{DIGEST}")).status_code == 404


async def test_content_with_another_digest_is_refused_and_not_kept(ada: httpx.AsyncClient) -> None:
    answer = await ada.put(f"/api/uploads/{DIGEST}", content=CONTENT + b"3,4\n")
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_differs")
    assert (await ada.get(f"/api/uploads/{DIGEST}")).status_code == 404


async def test_a_digest_that_is_a_path_is_refused(ada: httpx.AsyncClient) -> None:
    for digest in ("sha256:" + "0" * 63 + "/", "..%2F..%2Fetc%2Fpasswd", "sha256:" + "G" * 64):
        assert (await ada.put(f"/api/uploads/{digest}", content=b"x")).status_code in (404, 405, 422)
