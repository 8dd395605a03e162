"""Backups are taken beside a busy server, come back whole, and never pass for newer than they are."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server import cli, safekeeping
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import Ledger, OpenWallet
from studio_server.ledger.anchor import AnchorDisagrees
from studio_server.ledger.verify import Verdict, verify
from studio_server.runs.inspection import BooksBroken
from studio_server.safekeeping import accept_older, anchor_of, back_up, restore, standing
from studio_server.storage import DatabaseInUse, DiskFailed, MigrationRefused
from studio_server.storage import backup as copying
from studio_server.storage.backup import BackupRefused
from studio_server.storage.opening import open_database

from tests.storage.busy_books import Load, balances, balances_up_to, books, recorded, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from studio_server.settings import Settings

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    return settings_of(tmp_path / "data", request.param)


def destroy(settings: Settings, destination: Settings) -> Settings:
    """The machine is gone; what is left is the anchor, kept elsewhere, and an empty place."""
    destination.anchor_path.write_bytes(settings.anchor_path.read_bytes())
    return destination


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Settings) -> Settings:
    """A second, empty place of the same engine."""
    return settings_of(tmp_path / "elsewhere", "postgresql" if settings.database_url else "sqlite")


def test_a_backup_taken_during_load_comes_back_with_every_effect_acknowledged_before_it(
    tmp_path: Path, settings: Settings, elsewhere: Settings
) -> None:
    kept, seed = tmp_path / "kept", random.SystemRandom().randrange(2**32)
    print(f"seed={seed}")
    with books(settings) as db:
        load = Load(db, seed)
        worker = threading.Thread(target=load.until_stopped)
        for _ in range(20):
            load.once()
        worker.start()
        before = len(load.acknowledged)
        taken = back_up(settings, kept)
        load.stop.set()
        worker.join()
        load.once()
    everything = recorded(settings)
    destroy(settings, elsewhere)
    found, _ = restore(elsewhere, kept)
    assert found == taken
    assert standing(elsewhere) is Verdict.OLDER_THAN_ANCHOR
    there = recorded(elsewhere)
    assert there == everything[: len(there)]
    assert set(load.acknowledged[:before]) <= set(there)
    accept_older(elsewhere)
    assert standing(elsewhere) is Verdict.INTACT
    balance = balances(elsewhere)
    assert balance == balances_up_to(settings, len(there))


def test_a_backup_with_nothing_after_it_comes_back_intact(
    tmp_path: Path, settings: Settings, elsewhere: Settings
) -> None:
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    destroy(settings, elsewhere)
    restore(elsewhere, tmp_path / "kept")
    assert standing(elsewhere) is Verdict.INTACT
    assert recorded(elsewhere) == recorded(settings)


def test_a_place_without_an_anchor_takes_the_one_beside_the_backup(
    tmp_path: Path, settings: Settings, elsewhere: Settings
) -> None:
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    restore(elsewhere, tmp_path / "kept")
    assert standing(elsewhere) is Verdict.INTACT


def test_books_that_are_there_are_overwritten_only_by_force_and_kept_aside(
    tmp_path: Path, settings: Settings
) -> None:
    with books(settings) as db:
        load = Load(db, 1)
        load.once()
        back_up(settings, tmp_path / "kept")
        load.once()
    everything = recorded(settings)
    with pytest.raises(BackupRefused, match="books already"):
        restore(settings, tmp_path / "kept")
    assert recorded(settings) == everything
    _, aside = restore(settings, tmp_path / "kept", force=True)
    assert "before" in aside
    assert standing(settings) is Verdict.OLDER_THAN_ANCHOR
    assert len(recorded(settings)) == len(everything) - 3


def test_the_books_set_aside_hold_everything_also_what_was_in_the_wal(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        load = Load(db, 1)
        load.once()
        back_up(settings, tmp_path / "kept")
        load.once()
        held = {path.name: path.read_bytes() for path in settings.data_dir.glob("studio.db*")}
    for name, content in held.items():
        (settings.data_dir / name).write_bytes(content)
    assert (settings.data_dir / "studio.db-wal").stat().st_size > 0
    restore(settings, tmp_path / "kept", force=True)
    [aside] = settings.data_dir.glob("studio.db.before-*")
    assert verify(aside, anchor=settings.anchor_path).verdict is Verdict.INTACT
    assert verify(settings.database_path, anchor=settings.anchor_path).verdict is Verdict.OLDER_THAN_ANCHOR


def test_an_older_backup_is_accepted_on_record_with_both_heads(tmp_path: Path, settings: Settings) -> None:
    with books(settings) as db:
        load = Load(db, 1)
        taken = back_up(settings, tmp_path / "kept")
        load.once()
    anchored = json.loads(settings.anchor_path.read_text())
    restore(settings, tmp_path / "kept", force=True)
    accept_older(settings)
    with books(settings) as db:
        sequence, details = db.read(
            lambda tx: tx.execute("SELECT sequence, details FROM audit WHERE action = 'restored'")
        )[0]
    told = json.loads(details)
    assert sequence == taken.sequence + 1
    assert told["restored"]["hash"] == taken.hash.hex()
    assert told["anchored"] == {name: anchored[name] for name in ("sequence", "hash", "count")}


def test_books_that_continue_their_anchor_cannot_be_accepted_as_older(
    tmp_path: Path, settings: Settings
) -> None:
    with books(settings) as db:
        Load(db, 1).once()
    before = settings.anchor_path.read_bytes()
    with pytest.raises(BackupRefused, match="not older"):
        accept_older(settings)
    assert settings.anchor_path.read_bytes() == before


def test_a_restore_is_refused_while_a_server_has_the_books_open(tmp_path: Path, settings: Settings) -> None:
    with books(settings) as db:
        Load(db, 1).once()
        back_up(settings, tmp_path / "kept")
        with pytest.raises((DatabaseInUse, BackupRefused), match=r"use|open"):
            restore(settings, tmp_path / "kept", force=True)
    assert standing(settings) is Verdict.INTACT


def test_a_backup_is_for_its_owner_alone_and_replaces_another_only_by_force(
    tmp_path: Path, settings: Settings
) -> None:
    kept = tmp_path / "kept"
    with books(settings) as db:
        load = Load(db, 1)
        first = back_up(settings, kept)
        load.once()
        with pytest.raises(BackupRefused, match="there already"):
            back_up(settings, kept)
        assert back_up(settings, kept, force=True).sequence > first.sequence
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("kept*")}
    assert names == {"kept": 0o600, "kept.anchor.json": 0o600}


def test_a_copy_that_lost_what_is_anchored_is_thrown_away(tmp_path: Path, settings: Settings) -> None:
    with books(settings) as db:
        Load(db, 1).once()
    anchored = json.loads(settings.anchor_path.read_text())
    settings.anchor_path.write_text(json.dumps(anchored | {"sequence": 90, "count": 90}))
    with pytest.raises(AnchorDisagrees):
        back_up(settings, tmp_path / "kept")
    assert not list(tmp_path.glob("kept*"))


def _tampered(path: Path) -> None:
    forged = sqlite3.connect(path)
    forged.execute("DROP TRIGGER audit_never_updated")
    forged.execute("UPDATE audit SET actor = 'nobody' WHERE sequence = 2")
    forged.commit()
    forged.close()


def test_a_tampered_backup_is_refused_and_the_books_stay(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    _tampered(tmp_path / "kept")
    before = settings.database_path.read_bytes()
    with pytest.raises(BooksBroken):
        restore(settings, tmp_path / "kept", force=True)
    assert settings.database_path.read_bytes() == before
    assert {path.name for path in settings.data_dir.glob("studio.db*")} == {"studio.db", "studio.db.lock"}


def test_books_of_a_newer_program_are_not_backed_up_by_this_one(tmp_path: Path, settings: Settings) -> None:
    with books(settings) as db:
        later = "INSERT INTO migrations VALUES (9999, 'later', 'unknown', 0)"
        db.write_blocking(lambda tx: tx.execute(later))
    with pytest.raises(MigrationRefused, match="update the program"):
        back_up(settings, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_without_the_check_a_tampered_backup_would_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: only the check of the copy keeps forged books out."""
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    _tampered(tmp_path / "kept")
    monkeypatch.setattr(safekeeping, "check", lambda _: [])
    restore(settings, tmp_path / "kept", force=True)
    assert verify(settings.database_path, anchor=settings.anchor_path).verdict is Verdict.TAMPERED


def test_a_backup_whose_end_was_cut_off_is_older_than_the_anchor_beside_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        load = Load(db, 1)
        back_up(settings, tmp_path / "early")
        load.once()
    back_up(settings, tmp_path / "late")
    (tmp_path / "early").replace(tmp_path / "late")
    with pytest.raises(AnchorDisagrees):
        restore(settings, tmp_path / "late", force=True)


def test_a_backup_with_a_damaged_page_is_refused_and_the_books_stay(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    content = bytearray((tmp_path / "kept").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8_192] = bytes(8_192)
    (tmp_path / "kept").write_bytes(content)
    with pytest.raises(DiskFailed):
        restore(settings, tmp_path / "kept", force=True)
    assert standing(settings) is Verdict.INTACT


def test_a_damaged_file_can_be_replaced_by_force_alone(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    settings.database_path.write_bytes(b"not a database" * 1_000)
    with pytest.raises(BackupRefused):
        restore(settings, tmp_path / "kept")
    restore(settings, tmp_path / "kept", force=True)
    assert standing(settings) is Verdict.INTACT


def test_a_disk_that_fills_up_during_a_backup_leaves_the_old_backup_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(settings, tmp_path / "kept")
    before = (tmp_path / "kept").read_bytes()

    def no_space(path: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(copying, "flush", no_space)
    with pytest.raises(Exception, match="No space left"):
        back_up(settings, tmp_path / "kept", force=True)
    assert (tmp_path / "kept").read_bytes() == before
    assert {path.name for path in tmp_path.glob("kept*")} == {"kept", "kept.anchor.json"}


def test_a_password_is_in_no_command_line_and_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio_server.storage.postgres import dumping

    seen: list[object] = []
    run: Callable[..., object] = dumping.subprocess.run

    def watched(command: list[str], **more: object) -> object:
        seen.append(command)
        return run(command, **more)

    monkeypatch.setattr(dumping.subprocess, "run", watched)
    settings = settings_of(tmp_path / "data", "postgresql")
    url = (settings.database_url or "").replace("keeper@", "keeper:hunter2@")
    with books(settings) as db:
        Load(db, 1).once()
    back_up(replace(settings, database_url=url), tmp_path / "kept")
    (tmp_path / "broken").write_bytes(b"no dump")
    with pytest.raises(BackupRefused) as refused:
        restore(replace(settings, database_url=url), tmp_path / "broken", force=True)
    assert seen
    assert "hunter2" not in f"{seen}{refused.value}"
    assert standing(settings) is Verdict.INTACT


def test_the_verbs_say_size_head_and_how_an_older_backup_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    here = ["--data-dir", str(settings.data_dir), "--owner", "ada"]
    kept = str(tmp_path / "kept")
    with books(settings) as db:
        load = Load(db, 1)
        assert cli.main([*here, "backup", kept]) == 0
        load.once()
    assert "KiB, the chain ends at 1, hash" in capsys.readouterr().out
    assert cli.main([*here, "restore", kept]) == 1
    assert "--force" in capsys.readouterr().err
    assert cli.main([*here, "restore", kept, "--force"]) == 2
    assert "--accept-older" in capsys.readouterr().out
    assert cli.main([*here, "verify"]) == 2
    assert cli.main([*here, "serve"]) == 1
    assert "were anchored at" in capsys.readouterr().err
    assert cli.main([*here, "restore", "--accept-older"]) == 0
    assert cli.main([*here, "verify"]) == 0


def test_the_clock_of_a_backup_is_the_one_it_was_given(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", "sqlite")
    db = open_database(None, settings.database_path, FixedClock(NOON))
    ledger = Ledger(CountedIds())
    db.write_blocking(lambda tx: ledger.execute(tx, OpenWallet("open", "user_ada")))
    db.close()
    back_up(settings, tmp_path / "kept", clock=FixedClock(NOON + timedelta(hours=1)))
    assert json.loads(anchor_of(tmp_path / "kept").read_text())["written_at"] == "2026-11-21T13:00:00+00:00"
