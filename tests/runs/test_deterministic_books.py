"""A deterministic server on books that exist already: it counts on and repeats no number."""

from dataclasses import replace
from pathlib import Path

import httpx
from studio_server.operating import give
from studio_server.settings import Settings

from studio_magics.testing.server import isolated_server


def test_books_that_are_opened_again_take_new_entries(tmp_path: Path) -> None:
    settings = replace(Settings.for_local(data_dir=tmp_path, owner="ada"), deterministic=True)
    assert give(settings, 5, reference="first") == "305 credits available"
    assert give(settings, 5, reference="second") == "310 credits available"


def test_a_test_server_with_credits_of_its_own_sets_credits_aside() -> None:
    with isolated_server(credits=50) as server:
        answer = httpx.put(
            f"{server.url}/api/account/settings/credits",
            json={"daily_limit_credits": 20},
            headers={"Authorization": f"Bearer {server.token}"},
        )
    assert answer.status_code == 200, answer.text
