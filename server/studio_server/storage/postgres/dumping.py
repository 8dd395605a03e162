"""Copies of a PostgreSQL database with the programs that come with it: pg_dump and pg_restore.

Owns: finding programs that fit the server, one snapshot, no password on a command line. Does not own: whether
a copy holds right books, which its callers check.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from studio_server.storage.backup import BackupRefused
from studio_server.storage.postgres.address import address_of
from studio_server.storage.postgres.connection import SCHEMA, connect_reader, connect_writer

if TYPE_CHECKING:
    from studio_server.storage.postgres.address import Address
    from studio_server.storage.tx import Tx

PROGRAM_FOLDERS = Path("/", "usr", "lib", "postgresql")
"""Where Debian and its relatives keep the programs of every version."""
SECRETS = ("password", "sslpassword")
SHOWN_COMPLAINT = 500
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'studio-server' AND pid <> pg_backend_pid()"
)


def dump(url: str, tx: Tx, copy: Path) -> None:
    """Write the books as the snapshot `tx` has them into the file `copy`, in PostgreSQL's custom format.

    Raises:
        BackupRefused: pg_dump is missing, is older than the server, or failed.
    """
    address = address_of(url)
    program = _program("pg_dump", address)
    tx.execute("SET idle_in_transaction_session_timeout = 0")
    exported = tx.one("SELECT pg_export_snapshot()") or ("",)
    _run(
        address,
        [
            *(program, f"--snapshot={exported[0]}", "--format=custom", f"--schema={SCHEMA}"),
            *("--no-owner", "--no-privileges", "--no-password", f"--file={copy}"),
        ],
    )


def load(url: str, copy: Path, *, aside: str | None) -> None:
    """Put the books in `copy` into the database, in one transaction; books there are kept as `aside`.

    Raises:
        BackupRefused: a server has the books open, or pg_restore is missing, too old, or failed.
    """
    address = address_of(url)
    program = _program("pg_restore", address)
    if aside is not None:
        _rename(address, SCHEMA, aside)
    try:
        _run(
            address,
            [
                *(program, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
                *("--no-password", str(copy)),
            ],
        )
    except BackupRefused:
        if aside is not None:
            _rename(address, aside, SCHEMA)
        raise


def take_back(url: str, aside: str | None, *, refused: str) -> None:
    """Set what was loaded aside as `refused`, and put the books that were there before back."""
    address = address_of(url)
    _rename(address, SCHEMA, refused)
    if aside is not None:
        _rename(address, aside, SCHEMA)


def has_books(url: str) -> bool:
    """Whether the database holds books of any server."""
    with connect_reader(address_of(url)) as connection:
        found = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.audit",)).fetchone()
    return found is not None and found[0] is not None


def refuse_in_use(url: str) -> None:
    """Look for servers that have the books open.

    Raises:
        BackupRefused: there is one.
    """
    address = address_of(url)
    with connect_reader(address) as connection:
        found = connection.execute(OTHERS.encode()).fetchone()
    if found is not None and found[0]:
        raise BackupRefused(address.name, "a server has the books open", "stop every server first")


def _rename(address: Address, before: str, after: str) -> None:
    with connect_writer(address) as connection:
        connection.execute(f'ALTER SCHEMA "{before}" RENAME TO "{after}"'.encode())


def _program(name: str, address: Address) -> str:
    """The newest of PostgreSQL's programs with this name that is as new as the server."""
    found = [shutil.which(name), *map(str, PROGRAM_FOLDERS.glob(f"*/bin/{name}"))]
    versions = {path: _major(path) for path in found if path}
    with connect_reader(address) as connection:
        wanted = connection.info.server_version // 10_000
    if not versions:
        raise BackupRefused(name, "is not on this machine", f"install PostgreSQL {wanted}'s client programs")
    newest = max(versions, key=lambda path: versions[path])
    if versions[newest] < wanted:
        reason = f"is of PostgreSQL {versions[newest]}, the server of {wanted}"
        raise BackupRefused(newest, reason, f"install PostgreSQL {wanted}'s client programs")
    return newest


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else 0


def _run(address: Address, command: list[str]) -> None:
    """Run a program on this database; the password travels in its environment, where others cannot look."""
    shown = {name: value for name, value in address.parameters.items() if name not in SECRETS}
    password = address.parameters.get("password")
    secret = {} if password is None else {"PGPASSWORD": str(password)}
    shown["application_name"] = Path(command[0]).name
    database = f"--dbname={make_conninfo('', **shown)}"
    ran = subprocess.run(
        [*command[:1], database, *command[1:]],
        env=os.environ | secret,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if ran.returncode:
        complaint = ran.stderr.strip()[:SHOWN_COMPLAINT]
        raise BackupRefused(
            address.name, f"{Path(command[0]).name} failed: {complaint}", "nothing was changed"
        )
