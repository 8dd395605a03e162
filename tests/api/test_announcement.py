"""Books that one program has open are used by the user's other programs, through its server."""

import json
import stat
from pathlib import Path

import pytest
from studio_server.announcement import Address, announced, serving_file
from studio_server.cli import main
from studio_server.embedded import start
from studio_server.settings import Settings

from studio_magics.client.discovery import Surroundings, find


class Terminal(Surroundings):
    """A second terminal of the same user; it would start a server of its own if it found none."""

    environment: dict[str, str] = {}  # noqa: RUF012  - no variable names a server

    def embedded(self):
        pytest.fail("the books are open in another program")


def test_a_second_terminal_uses_the_server_of_the_first(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path))
    settings = Settings.for_local(data_dir=tmp_path, owner="ada")
    server = start(settings)
    try:
        found = find(Terminal())
        assert (found.url, found.token) == (server.url, server.token)
        assert stat.S_IMODE(serving_file(settings).stat().st_mode) == 0o600
    finally:
        server.stop()
    assert not serving_file(settings).exists()


def test_the_end_of_a_server_does_not_hide_a_later_one(tmp_path: Path) -> None:
    path = tmp_path / "serving.json"
    later = json.dumps({"url": "http://later", "token": "t"})
    with announced(Address("http://first", "t"), path):
        path.write_text(later)
    assert path.read_text() == later


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "99999"], "a port is a number from 0 to 65535"),
        (["serve", "--host", "192.0.2.1"], "cannot listen at 192.0.2.1"),
    ],
)
def test_an_address_that_cannot_be_served_at_is_told_in_one_line(
    tmp_path: Path, capsys, arguments: list[str], said: str
) -> None:
    assert main(["--data-dir", str(tmp_path), *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_token_for_nobody_is_refused_before_the_books_are_opened(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--data-dir", str(tmp_path), "token", ""])
    assert "1 to 200 characters" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
