"""A throw-away PostgreSQL: a cluster of our own on this machine, a new database per test from a template.

`cluster()` starts one per process at first use and removes it at the end. It listens on a Unix socket. With
`durable=False` (the default) nothing is flushed to disk: fast, and no proof of anything about power loss.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from studio_server.clock import FixedClock
from studio_server.storage.postgres.database import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Callable

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When templates were filled: recorded time must not be ahead of any test's clock."""
START_SECONDS = 60
PREFIX = "studio-pg-"
OWNER = "owner"
LEFT_BEHIND_SECONDS = 3_600
DYING_WITH_US = (
    "sh",
    "-c",
    'exec 3<&0; ( { read -r _ <&3 || kill -INT $$; } & ) ; exec "$@" 3<&- </dev/null',
    "sh",
)
"""Runs a command that ends when the pipe to it closes: the server does not outlive a killed test."""
WITH_STRATEGY = 150_000
UNPRIVILEGED = ("postgres", "nobody")
SUPERUSER = "keeper"
ANY_VERSION = Path("/", "usr", "lib", "postgresql")
"""Where Debian and its relatives keep the programs of every version."""


class NoPostgres(RuntimeError):
    """PostgreSQL's programs are not on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "no initdb in PATH or the system's PostgreSQL folders:"
            " install PostgreSQL 13 or later, or put its bin folder in PATH"
        )


@dataclass
class Cluster:
    """A running server. `process` is the postmaster."""

    folder: Path
    programs: Path
    durable: bool
    process: subprocess.Popen[bytes] | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _templates: dict[str, str] = field(default_factory=dict[str, str])

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The address of one database."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}"

    def new_database(self, prepare: Callable[[str], None] | None = None) -> str:
        """Make a database and tell its address; `prepare` fills, once, the template it is made from."""
        name = f"test_{next(self._numbers)}"
        template = "template0" if prepare is None else self._template(prepare)
        self.command(f"CREATE DATABASE {name} TEMPLATE {template}{self._strategy()}")
        return self.url(name)

    def command(self, sql: str) -> None:
        """Run one command as the superuser, outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *DYING_WITH_US,
                    *_unprivileged(),
                    str(self.programs / "postgres"),
                    "-D",
                    str(self.folder / "data"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2_000:])
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends every session, SIGQUIT is a crash the next start recovers from."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.communicate(b"stopped\n", START_SECONDS)
            self.process = None

    def remove(self) -> None:
        """Stop the server and delete everything it wrote."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _strategy(self) -> str:
        """The quicker way where it has to be asked for; older versions know no other."""
        return " STRATEGY file_copy" if self._version >= WITH_STRATEGY else ""

    @cached_property
    def _version(self) -> int:
        with psycopg.connect(self.url("postgres")) as connection:
            return connection.info.server_version

    def _template(self, prepare: Callable[[str], None]) -> str:
        key = f"{prepare.__module__}.{prepare.__qualname__}"
        if key not in self._templates:
            name = f"template_{len(self._templates) + 1}"
            self.command(f"CREATE DATABASE {name} TEMPLATE template0")
            prepare(self.url(name))
            self._templates[key] = name
        return self._templates[key]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


def migrated(url: str) -> None:
    """For `new_database`: the schema as every migration makes it, with nothing in it."""
    PostgresDatabase.open(url, clock=FixedClock(LONG_AGO)).close()


_started: list[tuple[int, Cluster]] = []


@cache
def cluster(*, durable: bool = False) -> Cluster:
    """The cluster of this process, started now if it is not running yet; removed when the process ends."""
    made = initialised(durable=durable)
    if not _started:
        atexit.register(remove_clusters)
    _started.append((os.getpid(), made))
    made.start()
    return made


def remove_clusters() -> None:
    """Stop and delete what `cluster()` started in this process; what a fork was born with is its parent's.

    Called when the session ends: a process that is given ten seconds to go may be killed before its `atexit`.
    """
    while _started:
        owner, made = _started.pop()
        if owner == os.getpid():
            made.remove()
    cluster.cache_clear()


def initialised(*, durable: bool = False) -> Cluster:
    """A cluster that is not running yet."""
    programs = _programs()
    home = tempfile.gettempdir() if durable else _memory()
    _forget_left_behind(home)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    (folder / OWNER).write_text(str(os.getpid()))
    if _unprivileged():
        shutil.chown(folder, _user())
    made = Cluster(folder, programs, durable)
    subprocess.run(
        [
            *_unprivileged(),
            str(programs / "initdb"),
            *("-D", str(folder / "data"), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with (folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write(_settings(folder, durable=durable))
    return made


def _settings(folder: Path, *, durable: bool) -> str:
    flushed = "on" if durable else "off"
    return (
        f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nunix_socket_permissions = 0777\n"
        f"fsync = {flushed}\nfull_page_writes = {flushed}\n"
        "max_connections = 200\nshared_buffers = 64MB\nautovacuum = off\nlog_min_messages = fatal\n"
        "max_wal_size = 1GB\ncheckpoint_timeout = 1h\ndynamic_shared_memory_type = mmap\n"
    )


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = [entry for entry in ANY_VERSION.glob("*/bin") if (entry / "initdb").is_file()]
    if not versions:
        raise NoPostgres
    return max(versions, key=lambda entry: int(entry.parent.name) if entry.parent.name.isdigit() else 0)


def _memory() -> str:
    shared = Path("/", "dev", "shm")
    return str(shared) if os.access(shared, os.W_OK) else tempfile.gettempdir()


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: the prefix that makes a command someone else's."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam(_user())
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _forget_left_behind(home: str) -> None:
    """Delete the folders of test processes that were killed."""
    for folder in Path(home).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_left_behind(folder) and not _runs(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left_behind(folder: Path) -> bool:
    """Its owner has gone, or nobody knows and it is old."""
    try:
        owner = (folder / OWNER).read_text()
    except FileNotFoundError:
        owner = ""
    if owner:
        return not Path("/", "proc", owner).exists()
    return time.time() - folder.stat().st_mtime > LEFT_BEHIND_SECONDS


def _runs(folder: Path) -> bool:
    try:
        process = (folder / "data" / "postmaster.pid").read_text().split()[0]
    except FileNotFoundError:
        return False
    return Path("/", "proc", process).exists()


def _user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
