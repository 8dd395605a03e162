"""Backup and restore, by hand: what an operator keeps of the books, and how they come back.

Owns: when a copy is good enough to get its name, and what is refused. Uploads, results and keys are files
beside the books in the data folder; they are the operator's to copy.
"""

import argparse
import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from studio_server.clock import Clock, SystemClock, in_utc
from studio_server.ledger.anchor import AnchorDisagrees, continues_from, read_anchor, write_anchor
from studio_server.ledger.checker import check
from studio_server.ledger.verify import Verdict
from studio_server.runs.inspection import BooksBroken
from studio_server.settings import Settings
from studio_server.storage import readers
from studio_server.storage.audit_chain import Act, ChainHead, append, head
from studio_server.storage.backup import (
    BackupRefused,
    copy_database,
    copy_durably,
    copy_file,
    flush,
    holds_books,
    put_in_place,
    refuse_damaged,
    remove_database,
    write_durably,
)
from studio_server.storage.drift import refuse_newer
from studio_server.storage.engine import create_private_file
from studio_server.storage.lock import ServerLock
from studio_server.storage.opening import POSTGRES, SQLITE, open_database
from studio_server.storage.tx import Tx

KIBIBYTE = 1_024


class Verbs(Protocol):
    """Where the verbs of a command are added."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002  - argparse's name
        """A new verb."""
        ...


def add_verbs(commands: Verbs) -> None:
    """Add `backup` and `restore` to the command."""
    keeping = commands.add_parser("backup", help="copy the books into a file, beside a running server")
    keeping.add_argument("destination", type=Path)
    keeping.add_argument("--force", action="store_true", help="replace a backup that has this name")
    keeping.set_defaults(run=_backup)

    returning = commands.add_parser(
        "restore", help="put a backup back; exit codes 0 intact, 1 refused, 2 older than the anchor"
    )
    returning.add_argument(
        "source", type=Path, nargs="?", help="the backup; left out, what is there is judged"
    )
    returning.add_argument("--force", action="store_true", help="set books that are there aside")
    returning.add_argument(
        "--accept-older", action="store_true", help="go on from books that end before the anchor, on record"
    )
    returning.set_defaults(run=_restore)


def back_up(
    settings: Settings, destination: Path, *, force: bool = False, clock: Clock | None = None
) -> ChainHead:
    """Copy the books into `destination`, and the head of their chain beside it; tell that head.

    Works beside a running server. The name appears when the copy is on disk and its books were found right.

    Raises:
        BackupRefused, DiskFailed: there is no new backup, an old one is as before.
        BooksBroken, AnchorDisagrees: the books are wrong; they were not copied.
    """
    clock = clock or SystemClock()
    if destination.exists() and not force:
        raise BackupRefused(destination, "is there already", "take another name, or --force")
    if destination.resolve() == _file(settings).resolve():
        raise BackupRefused(destination, "are the books themselves", "take another name")
    anchored = read_anchor(settings.anchor_path)
    copy = destination.with_name(destination.name + ".new")
    try:
        found = _copy(settings, copy, anchored, clock)
        copy.replace(destination)
    finally:
        remove_database(copy)
    write_durably(anchor_of(destination), _to_text(found, clock.now()))
    return found


def restore(
    settings: Settings, source: Path, *, force: bool = False, clock: Clock | None = None
) -> tuple[ChainHead, str]:
    """Put the books in `source` in place of what is there; tell their head, and what was set aside.

    Without an anchor at this place, the one beside the backup becomes it.

    Raises:
        DatabaseInUse, BackupRefused, BooksBroken, AnchorDisagrees: nothing was changed.
    """
    clock = clock or SystemClock()
    if not source.is_file():
        raise BackupRefused(source, "is not there", "name the file that backup wrote")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    put = _restore_postgres if _is_postgres(settings) else _restore_sqlite
    restored = put(settings, source, force=force, clock=clock)
    if not settings.anchor_path.exists() and anchor_of(source).exists():
        copy_durably(anchor_of(source), settings.anchor_path)
    return restored


def accept_older(settings: Settings, *, clock: Clock | None = None) -> ChainHead:
    """Let the books go on from before their anchor: recorded in the chain with both heads, anchored anew.

    Raises:
        BackupRefused: they are not older than the anchor. Nothing was changed.
        BooksBroken: they are wrong in themselves. Nothing was changed.
    """
    anchored = read_anchor(settings.anchor_path)
    db = open_database(settings.database_url, _file(settings), clock or SystemClock())
    try:
        found, older = db.read(lambda tx: (_examined(tx, None), anchored and _ends_before(tx, anchored)))
        if anchored is None or not older:
            raise BackupRefused(db.place, "the books are not older than their anchor", "nothing was changed")
        details = json.dumps({"anchored": _plain(anchored), "restored": _plain(found)})
        db.write_blocking(lambda tx: append(tx, Act("operator", "restored", "books", details)))
        settings.anchor_path.unlink()
        return write_anchor(db, settings.anchor_path)
    finally:
        db.close()


def standing(settings: Settings, *, clock: Clock | None = None) -> Verdict:
    """How the books stand to their anchor: intact, older, or without one to compare them with.

    Raises:
        BooksBroken: they are wrong in themselves.
        AnchorDisagrees: they have another history than was anchored.
    """
    anchored = read_anchor(settings.anchor_path)
    with _snapshot(settings, clock or SystemClock()) as tx:
        found = _examined(tx, None)
        if anchored is None:
            return Verdict.COULD_NOT_CHECK
        if continues_from(tx, anchored):
            return Verdict.INTACT
        if _ends_before(tx, anchored):
            return Verdict.OLDER_THAN_ANCHOR
    raise AnchorDisagrees(anchored, found)


def anchor_of(backup: Path) -> Path:
    """Where the head of a backup's chain is kept: beside it."""
    return backup.with_name(backup.name + ".anchor.json")


def _copy(settings: Settings, copy: Path, anchored: ChainHead | None, clock: Clock) -> ChainHead:
    if not _is_postgres(settings):
        if not _file(settings).is_file():
            raise BackupRefused(_file(settings), "there are no books", "start a server first")
        copy_database(_file(settings), copy)
        with readers.snapshot(copy, clock.now()) as tx:
            return _examined(tx, anchored)
    from studio_server.storage.postgres.dumping import dump

    with _snapshot(settings, clock) as tx:
        found = _examined(tx, anchored)
        create_private_file(copy)
        dump(settings.database_url or "", tx, copy)
    flush(copy)
    return found


def _restore_sqlite(settings: Settings, source: Path, *, force: bool, clock: Clock) -> tuple[ChainHead, str]:
    path = _file(settings)
    lock = ServerLock(path)
    try:
        there = holds_books(path)
        if there and not force:
            raise BackupRefused(path, "there are books already", "--force sets them aside")
        copy = path.with_name(path.name + ".restoring")
        try:
            copy_file(source, copy)
            refuse_damaged(copy)
            with readers.snapshot(copy, clock.now()) as tx:
                found = _examined(tx, read_anchor(anchor_of(source)))
            aside = path.with_name(f"{path.name}.before-{_stamp(clock)}") if path.exists() else None
            put_in_place(copy, path, aside)
        finally:
            remove_database(copy)
        return found, f"the books before are kept as {aside}" if aside and there else ""
    finally:
        lock.release()


def _restore_postgres(
    settings: Settings, source: Path, *, force: bool, clock: Clock
) -> tuple[ChainHead, str]:
    from studio_server.storage.postgres.dumping import has_books, load, refuse_in_use, take_back

    url = settings.database_url or ""
    refuse_in_use(url)
    there = has_books(url)
    if there and not force:
        raise BackupRefused("the database", "there are books already", "--force sets them aside")
    aside = f"studio_before_{_stamp(clock)}" if there else None
    load(url, source, aside=aside)
    try:
        with _snapshot(settings, clock) as tx:
            found = _examined(tx, read_anchor(anchor_of(source)))
    except BaseException:
        take_back(url, aside, refused=f"studio_refused_{_stamp(clock)}")
        raise
    return found, f"the books before are kept in the schema {aside}" if aside else ""


def _examined(tx: Tx, anchored: ChainHead | None) -> ChainHead:
    """Where the chain of right books stands.

    Raises:
        BooksBroken: an invariant does not hold.
        AnchorDisagrees: they do not continue what was anchored.
        MigrationRefused: they are newer than this program.
    """
    refuse_newer(tx)
    violations = check(tx)
    if violations:
        raise BooksBroken(tuple(str(violation) for violation in violations))
    found = head(tx)
    if anchored is not None and not continues_from(tx, anchored):
        raise AnchorDisagrees(anchored, found)
    return found


def _ends_before(tx: Tx, anchored: ChainHead) -> bool:
    return head(tx).count < anchored.count


@contextmanager
def _snapshot(settings: Settings, clock: Clock) -> Generator[Tx]:
    if not _is_postgres(settings):
        with readers.snapshot(_file(settings), clock.now()) as tx:
            yield tx
        return
    from studio_server.storage.postgres.readers import snapshot

    with snapshot(settings.database_url or "", clock) as tx:
        yield tx


def _is_postgres(settings: Settings) -> bool:
    return (settings.database_url or "").startswith(POSTGRES)


def _file(settings: Settings) -> Path:
    url = settings.database_url or ""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else settings.database_path


def _stamp(clock: Clock) -> str:
    return in_utc(clock.now()).strftime("%Y%m%dT%H%M%S%f")


def _plain(at: ChainHead) -> dict[str, str | int]:
    return {"sequence": at.sequence, "hash": at.hash.hex(), "count": at.count}


def _to_text(at: ChainHead, now: datetime) -> bytes:
    return json.dumps({**_plain(at), "written_at": in_utc(now).isoformat()}).encode() + b"\n"


def _backup(settings: Settings, chosen: argparse.Namespace) -> int:
    found = back_up(settings, chosen.destination, force=chosen.force)
    size = chosen.destination.stat().st_size // KIBIBYTE
    _say(f"{chosen.destination}: {size:,} KiB, the chain ends at {found.sequence:,}, hash {found.hash.hex()}")
    return 0


def _restore(settings: Settings, chosen: argparse.Namespace) -> int:
    if chosen.source is not None:
        found, aside = restore(settings, chosen.source, force=chosen.force)
        _say(f"restored: the chain ends at {found.sequence:,}, hash {found.hash.hex()}")
        if aside:
            _say(aside)
    if chosen.accept_older:
        accepted = accept_older(settings)
        _say(f"accepted and anchored at {accepted.sequence:,}, hash {accepted.hash.hex()}")
    verdict = standing(settings)
    if verdict is Verdict.OLDER_THAN_ANCHOR:
        _say("the books are older than their anchor; no server starts before restore --accept-older")
    return int(verdict)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal
