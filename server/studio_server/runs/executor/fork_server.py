"""A process that has loaded the libraries of a family of tools and forks a fresh process for every run.

Started by the server as `python -P -m studio_server.runs.executor.fork_server`, a program of its own with
nothing in its environment; standard input is a socket. It says what it is, then takes two descriptors per
run: the reading end of a control pipe and the writing end of a report pipe. It keeps the processes of one
more run ready.

It has one thread whenever it forks. When a meter dies it ends what the meter left, and only then lets go of
the report pipe; when the server dies it ends, and everything with it.
"""

import gc
import importlib
import importlib.metadata
import json
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from studio_magics.tools import catalog
from studio_server.runs.executor import worker
from studio_server.runs.executor.meter import Meter, send, wake_on_child_exit
from studio_server.runs.executor.offspring import Confinement, group_name, prepare
from studio_server.runs.executor.process_tree import collect, end_below
from studio_server.runs.executor.sandbox import belt, kernel
from studio_server.runs.executor.sandbox.groups import Group, Parents

MESSAGE_BYTES = 1 << 20
WISH_AGAIN_SECONDS = 0.15
LINUX = sys.platform == "linux"


def main() -> None:
    """Load, say so, and serve until the server hangs up or is gone."""
    gives_way = belt.give_way(belt.FORK_SERVER_NICENESS)
    server = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    given: dict[str, Any] = json.loads(server.recv(MESSAGE_BYTES))
    unfit = preload(given["tools"], given["libraries"])
    if unfit:
        server.send(json.dumps({"unfit": unfit}).encode())
        os._exit(0)
    if given["processors"]:
        os.sched_setaffinity(0, given["processors"])
    gc.collect()
    gc.freeze()
    if LINUX:
        kernel.control(kernel.PR_SET_CHILD_SUBREAPER, 1)
    server.send(b'{"ready": true}')
    confinement = Confinement(
        frozenset(given["layers"]), tuple(given["paths"]), Parents(given["groups"], given["unified"])
    )
    ForkServer(server, confinement, given["server_pid"], gives_way).serve()


def preload(tools: list[str], libraries: list[str]) -> str:
    """Import the tools and what they need; the first library that starts a thread, which makes it unfit."""
    for tool in tools:
        with suppress(Exception):  # a tool that cannot be loaded says so when it is run
            catalog.load(tool)
    for library in libraries:
        for module in modules_of(library):
            with suppress(ImportError):
                importlib.import_module(module)
        if threads() > 1:
            return library
    return ""


def modules_of(distribution: str) -> list[str]:
    """The importable names that a distribution brings; none when it is not installed."""
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return []
    said = (found.read_text("top_level.txt") or "").split()
    if said:
        return [name for name in said if name.isidentifier() and not name.startswith("_")]
    tops = {file.parts[0] for file in found.files or () if file.suffix == ".py" and len(file.parts) > 1}
    return sorted(top for top in tops if top.isidentifier() and not top.startswith("_"))


def threads() -> int:
    """How many threads this process has, whoever started them."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208  - names are all that is wanted
    except OSError:
        return 1


@dataclass
class Ready:
    """A meter whose run is not known yet."""

    pid: int
    connection: socket.socket


@dataclass
class ForkServer:
    """The loop of one fork server."""

    server: socket.socket
    confinement: Confinement
    server_pid: int
    gives_way: bool = True
    """False until the kernel has taken the wish, which it does not always do for ordinary users."""
    ready: Ready | None = None
    reports: dict[int, int] = field(default_factory=dict[int, int])
    """Meter → the report pipe of its run, held open until nothing of the run is left."""

    def serve(self) -> NoReturn:
        """Until the server hangs up or dies; what runs then is ended."""
        wake = wake_on_child_exit()
        gone = os.pidfd_open(self.server_pid) if hasattr(os, "pidfd_open") else wake
        while True:
            if self.ready is None:
                self.ready = self._make_ready(wake)
            heard, _, _ = select.select([self.server, wake, gone], [], [], self._patience_seconds())
            if wake in heard:
                os.read(wake, MESSAGE_BYTES)
            self._collect()
            if (gone in heard and gone != wake) or os.getppid() != self.server_pid:
                self._end()
            if self.server in heard:
                self._take()

    def _patience_seconds(self) -> float | None:
        """How long to wait for news, once this process gives way to the server or has asked to."""
        self.gives_way = self.gives_way or belt.give_way(belt.FORK_SERVER_NICENESS)
        if not self.gives_way:
            return WISH_AGAIN_SECONDS
        return None if LINUX else 1.0

    def _make_ready(self, wake: int) -> Ready:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            os.close(wake)
            ours.close()
            self.server.close()
            for report in self.reports.values():
                os.close(report)
            watch_one_run(theirs, self.confinement, parent)
        theirs.close()
        return Ready(pid, ours)

    def _take(self) -> None:
        """Hand the descriptors of one run to the meter that waits."""
        message, descriptors, _, _ = socket.recv_fds(self.server, MESSAGE_BYTES, 2)
        if not message:
            self._end()
        control, report = descriptors
        waiting, self.ready = self.ready, None
        if waiting is not None:
            with suppress(OSError):  # it is dead: the report pipe ends without a report
                socket.send_fds(waiting.connection, [b"!"], [control, report])
            waiting.connection.close()
            self.reports[waiting.pid] = report
            self._collect()
        os.close(control)

    def _collect(self) -> None:
        """Wait for every child that has ended; behind a meter come the processes it left."""
        ended = [pid for pid, _ in collect()]
        for pid in ended:
            if self.ready is not None and pid == self.ready.pid:
                self.ready.connection.close()
                self.ready = None
                self._end_orphans(pid)
            if pid in self.reports:
                self._end_orphans(pid)
                os.close(self.reports.pop(pid))

    def _end_orphans(self, meter: int) -> None:
        """What is a child of this process and no meter was left by one that died."""
        kept = {pid for pid in self.reports if pid != meter}
        if self.ready is not None:
            kept.add(self.ready.pid)
        survivors = end_below(kept)
        if survivors:
            print(f"{survivors} processes cannot be killed", file=sys.stderr)  # noqa: T201  - the operator's log
        self._remove_group(meter)

    def _remove_group(self, meter: int) -> None:
        if self.confinement.has("control group"):
            Group(self.confinement.groups, group_name(meter)).remove()

    def _end(self) -> NoReturn:
        meters = (*self.reports, *([self.ready.pid] if self.ready else ()))
        end_below(set())
        for meter in meters:
            self._remove_group(meter)
        os._exit(0)


def watch_one_run(connection: socket.socket, confinement: Confinement, parent: int) -> NoReturn:
    """A meter: make the worker ready, wait for the run, watch it, report."""
    try:
        for descriptor in (0, 1):
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
        made = prepare(confinement, worker.main)
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 2)
        if not message:
            end_below(set())
            made.close()
            os._exit(0)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        spec = read_spec()
        made.brief(spec, confinement)
        os.set_blocking(1, False)
        report = Meter(spec, made, parent).run()
        os.set_blocking(1, True)
        send(report)
    except BaseException:  # noqa: BLE001  - outermost boundary of a process: the missing report tells
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        end_below(set())
        os._exit(0)


def read_spec() -> dict[str, Any]:
    """The first line of the control pipe; an early end means that the server gave up."""
    received = b""
    while not received.endswith(b"\n"):
        part = os.read(0, MESSAGE_BYTES)
        if not part:
            os._exit(1)
        received += part
    return json.loads(received)


if __name__ == "__main__":
    main()
