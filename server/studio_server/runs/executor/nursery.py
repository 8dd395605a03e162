"""The fork servers: started when first needed, again when they die, closed when memory is short."""

import json
import logging
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from studio_server.runs.executor.confining import base_environment, interpreter
from studio_server.runs.executor.families import Family

FORK_SERVER = "studio_server.runs.executor.fork_server"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
ATTEMPTS = 3
MESSAGE_BYTES = 65_536
IDLE_BYTES = 512 << 20

log = logging.getLogger(__name__)


class CannotStart(Exception):
    """A fork server did not come up; nothing of the run was started."""

    def __init__(self, family: str, said: str) -> None:
        super().__init__(f"the fork server '{family}' did not start: {said or 'it said nothing'}")
        self.family = family


@dataclass(frozen=True)
class Idle:
    """What one fork server holds while it waits."""

    family: str
    pid: int
    memory_bytes: int
    """Of it and of the processes it keeps ready, shared pages once."""
    running: int


@dataclass
class Launched:
    """The ends of one run's pipes, and whose child its meter is."""

    fork_server_pid: int
    control: IO[bytes]
    report: IO[bytes]


@dataclass
class Nursling:
    """One fork server, as the server holds it."""

    family: Family
    process: subprocess.Popen[bytes]
    connection: socket.socket
    complaints: IO[bytes]
    running: int = 0
    used_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self.process.poll() is None

    def launch(self) -> Launched:
        """Have a run forked.

        Raises:
            OSError: It is dead; nothing was started.
        """
        control, control_writer = os.pipe()
        report_reader, report = os.pipe()
        try:
            with self.lock:
                socket.send_fds(self.connection, [b"!"], [control, report])
        except OSError:
            os.close(control_writer)
            os.close(report_reader)
            raise
        finally:
            os.close(control)
            os.close(report)
        return Launched(self.process.pid, os.fdopen(control_writer, "wb"), os.fdopen(report_reader, "rb"))

    def end(self) -> None:
        """Make sure that it is dead: it does not answer."""
        self.process.kill()
        self.process.wait()

    def said(self, characters: int) -> str:
        """The end of what it complained about."""
        size = self.complaints.seek(0, os.SEEK_END)
        self.complaints.seek(max(0, size - characters))
        return self.complaints.read().decode("utf-8", "replace")

    def close(self) -> None:
        """Hang up; it ends what it runs and itself."""
        self.connection.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()
        self.complaints.close()


class Nursery:
    """One fork server per family; those that wait hold at most `idle_bytes`, the least used is closed."""

    def __init__(self, orders: dict[str, Any], *, idle_bytes: int = IDLE_BYTES) -> None:
        self._orders = orders
        self._idle_bytes = idle_bytes
        self._nurslings: dict[str, Nursling] = {}
        self._lock = threading.Lock()
        self._closed = False

    def launch(self, family: Family) -> Launched:
        """Have a run forked from its family's fork server; one that died is replaced, before anything began.

        Raises:
            CannotStart: It does not come up.
        """
        for _ in range(ATTEMPTS):
            nursling = self._get(family)
            try:
                launched = nursling.launch()
            except OSError:
                nursling.end()
                continue
            with self._lock:
                nursling.running += 1
                nursling.used_at = time.monotonic()
            return launched
        raise CannotStart(family.name, "it dies again and again")

    def start(self, family: Family) -> None:
        """Have the family's fork server up before there is a run.

        Raises:
            CannotStart: It does not come up.
        """
        self._get(family)

    def over(self, family: Family, fork_server_pid: int) -> None:
        """A run has ended, and nothing of it is left."""
        with self._lock:
            nursling = self._nurslings.get(family.name)
            if nursling is not None and nursling.process.pid == fork_server_pid:
                nursling.running -= 1

    def idle(self) -> tuple[Idle, ...]:
        """What every fork server holds now."""
        with self._lock:
            alive = [nursling for nursling in self._nurslings.values() if nursling.is_alive]
        return tuple(
            Idle(one.family.name, one.process.pid, memory_below(one.process.pid), one.running)
            for one in alive
        )

    def complaints(self, family: Family, characters: int) -> str:
        """What the family's fork server said last, for the operator."""
        with self._lock:
            nursling = self._nurslings.get(family.name)
            return nursling.said(characters) if nursling else ""

    def close(self) -> None:
        """End all fork servers; blocks."""
        with self._lock:
            self._closed = True
            nurslings = list(self._nurslings.values())
            self._nurslings.clear()
        for nursling in nurslings:
            nursling.close()

    def _get(self, family: Family) -> Nursling:
        with self._lock:
            if self._closed:
                raise CannotStart(family.name, "the executor is closed")
            known = self._nurslings.get(family.name)
            if known is not None and known.is_alive:
                return known
            if known is not None:
                log.warning("the fork server '%s' died and is started again", family.name)
                known.close()
            started = start(family, self._orders)
            self._nurslings[family.name] = started
            self._make_room(started)
            return started

    def _make_room(self, newest: Nursling) -> None:
        """Close the least recently used ones that run nothing, until those that are left fit."""
        held = {one.family.name: memory_below(one.process.pid) for one in self._nurslings.values()}
        waiting = [one for one in self._nurslings.values() if not one.running and one is not newest]
        for nursling in sorted(waiting, key=lambda one: one.used_at):
            if sum(held.values()) <= self._idle_bytes:
                return
            del held[nursling.family.name]
            del self._nurslings[nursling.family.name]
            nursling.close()


def start(family: Family, orders: dict[str, Any]) -> Nursling:
    """Start a fork server and wait until it has loaded its libraries, without those that start threads.

    Raises:
        CannotStart: It did not come up.
    """
    libraries = list(family.libraries)
    for _ in range(len(libraries) + 1):
        nursling = _spawn(family)
        given = {
            **orders,
            "server_pid": os.getpid(),
            "tools": list(family.tools),
            "libraries": libraries,
        }
        said = _introduce(nursling, given)
        if said.get("ready"):
            return nursling
        complaint = nursling.said(2_000)
        nursling.close()
        if said.get("unfit") not in libraries:
            raise CannotStart(family.name, complaint)
        log.warning("%s starts threads when it is imported and is not loaded in advance", said["unfit"])
        libraries.remove(said["unfit"])
    raise CannotStart(family.name, "no library can be loaded in advance")


def _spawn(family: Family) -> Nursling:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  - lives as long as the fork server
    with theirs:
        process = subprocess.Popen(
            interpreter(FORK_SERVER),
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd="/",
            env=base_environment(),
            start_new_session=True,
        )
    return Nursling(family, process, ours, complaints)


def _introduce(nursling: Nursling, given: dict[str, Any]) -> dict[str, Any]:
    nursling.connection.settimeout(START_SECONDS)
    try:
        nursling.connection.send(json.dumps(given).encode())
        return json.loads(nursling.connection.recv(MESSAGE_BYTES) or b"{}")
    except OSError:
        return {}
    finally:
        nursling.connection.settimeout(None)


def memory_below(pid: int) -> int:
    """Memory of a process and all below it, shared pages divided among sharers; 0 when unknown."""
    return sum(_proportional_bytes(member) for member in _with_descendants(pid))


def _with_descendants(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            yield from _with_descendants(int(child))


def _proportional_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
