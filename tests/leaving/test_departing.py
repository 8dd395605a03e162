from datetime import UTC, datetime
from pathlib import Path

import pytest
from studio_server import cli
from studio_server.accounts.identity import Identity
from studio_server.clock import FixedClock
from studio_server.operating import new_token
from studio_server.settings import Settings
from studio_server.storage.database import Database

from tests.leaving.canaries import traces

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SUBJECT, NAME = "canary-subject-of-a-command", "Canary of a Command"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    made = Settings.for_local(data_dir=tmp_path / "data", owner="ada")
    new_token(made, Identity("local", SUBJECT, NAME, "token"), name="laptop")
    return made


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


def test_erasing_without_yes_or_somebody_unknown_changes_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "erase", SUBJECT) == 1
    assert "add --yes" in capsys.readouterr().out
    assert run(settings, "erase", "nobody", "--yes") == 1
    assert "nobody of local has no account" in capsys.readouterr().out
    assert traces(settings.data_dir, [SUBJECT.encode()])


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


def test_an_export_never_writes_over_a_file(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "mine.zip"
    target.write_text("of mine")
    assert run(settings, "export", SUBJECT, "--to", str(target)) == 1
    assert target.read_text() == "of mine"


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
