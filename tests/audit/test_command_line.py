"""`studio-server audit`: rows as JSON lines, following, and good ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from studio_server import auditing
from studio_server.audit.books import BooksAt
from studio_server.audit.reader import Wanted
from studio_server.auditing import follow
from studio_server.cli import main

from tests.ledger.books import Books


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def told(books: Books) -> Books:
    """A wallet and two grants."""
    wallet_id = books.open_wallet()
    books.grant(wallet_id, 500)
    books.grant(wallet_id, 100)
    return books


@pytest.mark.parametrize(
    ("arguments", "sequences"),
    [
        ([], [1, 2, 3]),
        (["--since", "1"], [2, 3]),
        (["--limit", "2"], [1, 2]),
        (["--kind", "grant", "--limit", "1"], [2]),
        (["--kind", "grant", "--kind", "open_wallet"], [1, 2, 3]),
        (["--subject", "nobody"], []),
    ],
)
def test_rows_are_printed_one_json_object_a_line(
    told: Books, tmp_path: Path, capsys: pytest.CaptureFixture, arguments: list[str], sequences: list[int]
) -> None:
    assert main(["--data-dir", str(tmp_path), "audit", *arguments]) == 0
    assert [line["sequence"] for line in lines_of(capsys.readouterr().out)] == sequences


def test_following_shows_rows_that_are_committed_while_it_waits(either: Books) -> None:
    wallet_id = either.open_wallet()
    either.grant(wallet_id, 500)
    either.grant(wallet_id, 100)
    rounds = iter([True, True, False])

    def pause() -> bool:
        either.grant(wallet_id, 1)
        return next(rounds)

    found = [
        json.loads(line)
        for line in follow(BooksAt(either.path, either.clock, either.url), Wanted(), pause=pause)
    ]
    assert [line["sequence"] for line in found] == [1, 2, 3, 4, 5]


def test_without_following_the_end_of_the_chain_is_the_end(told: Books) -> None:
    assert len(list(follow(BooksAt(told.path, told.clock, told.url), Wanted(), pause=None))) == 3


def test_a_limit_ends_following_without_another_pause(told: Books) -> None:
    def pause() -> bool:
        raise AssertionError("there was enough")

    assert len(list(follow(BooksAt(told.path, told.clock, told.url), Wanted(), pause=pause, limit=3))) == 3


def test_a_chain_longer_than_a_page_is_read_without_a_pause(
    told: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "PAGE", 2)
    assert len(list(follow(BooksAt(told.path, told.clock, told.url), Wanted(), pause=None))) == 3


def following(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "studio_server.cli", "--data-dir", str(folder), "audit", "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def test_interrupting_a_follower_ends_it_with_0_and_no_traceback(told: Books, tmp_path: Path) -> None:
    follower = following(tmp_path)
    assert [json.loads(follower.stdout.readline())["sequence"] for _ in range(3)] == [1, 2, 3]
    follower.send_signal(signal.SIGINT)
    assert follower.wait(30) == 0
    assert follower.stderr.read() == ""
    follower.stdout.close()
    follower.stderr.close()


def test_a_follower_whose_reader_has_gone_ends_by_itself_without_a_traceback(
    told: Books, tmp_path: Path
) -> None:
    follower = following(tmp_path)
    follower.stdout.readline()
    follower.stdout.close()
    assert follower.wait(30) == 0
    assert follower.stderr.read() == ""
    follower.stderr.close()


def test_the_statistics_are_a_table_or_json(
    told: Books, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["--data-dir", str(tmp_path), "audit", "--stats"]) == 0
    assert "grant                                      2" in capsys.readouterr().out
    assert main(["--data-dir", str(tmp_path), "audit", "--stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["moved"]["CREDIT"]["granted"] == 600


def test_books_that_are_not_there_are_told_apart_from_an_empty_chain(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["--data-dir", str(tmp_path), "audit"]) == 3
    assert "there are no books" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_limit_that_is_no_number_of_rows_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SystemExit):
        main(["--data-dir", str(tmp_path), "audit", f"--limit={text}"])
