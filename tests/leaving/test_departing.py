from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from studio_server import cli, departing
from studio_server.accounts.erasure import Obstacle
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.clock import FixedClock
from studio_server.ledger import PlaceHold
from studio_server.operating import new_token
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.storage.database import Database
from studio_server.wiring import build

from tests.leaving.canaries import traces

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SUBJECT, NAME = "canary-subject-of-a-command", "Canary of a Command"
IDENTITY = Identity("local", SUBJECT, NAME, "token")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    made = Settings.for_local(data_dir=tmp_path / "data", owner="ada")
    new_token(made, IDENTITY, name="laptop")
    return made


@contextmanager
def account(settings: Settings) -> Generator[tuple[Services, User]]:
    services = build(settings)
    try:
        user = services.db.read(lambda tx: services.people.known(tx, IDENTITY))
        assert user is not None
        yield services, user
    finally:
        services.executor.close()
        services.db.close()


def run(settings: Settings, *words: str) -> int:
    return cli.main(["--data-dir", str(settings.data_dir), *words])


def test_erasing_on_the_command_line_leaves_no_trace_and_intact_books(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    canaries = [SUBJECT.encode(), NAME.encode()]
    assert traces(settings.data_dir, canaries)
    assert run(settings, "erase", SUBJECT, "--yes") == 0
    assert "300 credits ended with it" in capsys.readouterr().out
    assert traces(settings.data_dir, canaries) == []
    assert run(settings, "verify") == 0


def test_erasing_without_yes_tells_what_would_end_and_changes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with account(settings) as (services, user):
        services.db.write_blocking(lambda tx: services.secrets.put(tx, user.id, "KEY", "value"))
    assert run(settings, "erase", SUBJECT) == 1
    said = capsys.readouterr().out
    assert f"this erases {SUBJECT} of local (user_" in said
    assert "300 credits, inputs and results of 0 runs, 0 files sent, 1 secrets" in said
    assert "Add --yes" in said
    assert traces(settings.data_dir, [SUBJECT.encode()])


@pytest.mark.parametrize("sure", [[], ["--yes"]], ids=["asked", "sure"])
def test_somebody_unknown_is_not_erased(
    settings: Settings, capsys: pytest.CaptureFixture[str], sure: list[str]
) -> None:
    assert run(settings, "erase", "nobody", *sure) == 1
    assert "nobody of local has no account" in capsys.readouterr().out


@pytest.mark.parametrize("sure", [[], ["--yes"]], ids=["asked", "sure"])
def test_an_erasure_that_has_to_wait_says_for_what(
    settings: Settings, capsys: pytest.CaptureFixture[str], sure: list[str]
) -> None:
    with account(settings) as (services, user):
        place = PlaceHold("hold-1", user.wallet_id, "run_1", 3, "prices-1", 600)
        services.db.write_blocking(lambda tx: services.ledger.execute(tx, place))
    assert run(settings, "erase", SUBJECT, *sure) == 1
    assert f"{SUBJECT} of local cannot be erased yet: 1 of their holds are open" in capsys.readouterr().out
    assert traces(settings.data_dir, [SUBJECT.encode()])


def test_every_obstacle_of_an_erasure_has_words() -> None:
    assert set(departing.WAITS_FOR) == set(get_args(Obstacle))


def test_an_export_on_the_command_line_is_private_and_is_recognised_by_its_server(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.zip"
    assert run(settings, "export", SUBJECT, "--to", str(target)) == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert run(settings, "export", "--check", str(target)) == 0
    assert "as this server made it" in capsys.readouterr().out
    target.write_bytes(target.read_bytes()[:-10])
    assert run(settings, "export", "--check", str(target)) == 1


def test_an_export_never_writes_over_a_file(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.zip"
    target.write_text("of mine")
    assert run(settings, "export", SUBJECT, "--to", str(target)) == 1
    assert target.read_text() == "of mine"
    assert f"{target} is there already; name another file with --to" in capsys.readouterr().out


def test_what_the_system_refuses_is_told_with_the_path_and_without_its_number(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "nowhere" / "mine.zip"
    assert run(settings, "export", SUBJECT, "--to", str(target)) == 1
    assert capsys.readouterr().err == f"studio-server: {target}: No such file or directory\n"


def test_scrubbing_stands_between_two_batches_and_keeps_every_row(tmp_path: Path) -> None:
    db = Database.open(tmp_path / "studio.db", clock=FixedClock(START))
    try:
        insert = "INSERT INTO price_versions (id, content, created_at) VALUES (?, '{}', 1)"
        for number in range(50):
            db.write_blocking(lambda tx, number=number: tx.execute(insert, (f"v{number}",)))
        db.scrub(("price_versions",))
        db.write_blocking(lambda tx: tx.execute(insert, ("last",)))
        assert db.read(lambda tx: tx.one("SELECT count(*) FROM price_versions")) == (51,)
        db.scrub(())
        assert (tmp_path / "studio.db-wal").stat().st_size == 0
    finally:
        db.close()
