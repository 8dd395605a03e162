import httpx
from openapi_spec_validator import validate
from studio_server.api.openapi import document
from studio_server.registry import catalogue


def test_the_description_is_valid_openapi_and_has_one_run_path_for_each_of_the_24_tools() -> None:
    described = document(catalogue.load(with_code=False))
    validate(described)
    runs = [path for path in described["paths"] if path.endswith("/run")]
    assert len(runs) == 24
    assert described["openapi"].startswith("3.1")
    identifiers = [op["operationId"] for path in described["paths"].values() for op in path.values()]
    assert len(identifiers) == len(set(identifiers))


def test_an_answer_without_content_declares_none() -> None:
    described = document(catalogue.load(with_code=False))
    empty = [
        op["responses"]["204"]
        for path in described["paths"].values()
        for op in path.values()
        if "204" in op["responses"]
    ]
    assert len(empty) == 3
    assert all(answer == {"description": "Done"} for answer in empty)


async def test_the_server_serves_its_own_description(nobody: httpx.AsyncClient) -> None:
    described = (await nobody.get("/openapi.json")).json()
    assert "/api/toy/count/run" in described["paths"]


async def test_hostile_bodies_are_refused_without_a_server_fault(ada: httpx.AsyncClient) -> None:
    bodies = (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"tool": 1e400}',
        b'{"tool": NaN}',
        b'"\\ud800"',
        b"null",
    )
    for body in bodies:
        answer = await ada.post("/api/billing/estimate", content=body)
        assert 400 <= answer.status_code < 500, (body[:20], answer.text)
    assert (await ada.post("/api/billing/estimate", content=b"x" * 3_000_000)).status_code == 413
