"""Makes the processes of a run before it is known which run it will be, so that no run waits for them.

    fork server ── meter ── first ── worker ── whatever the worker starts

`first` is number 1 of a process namespace of the run's own: when it ends, the kernel ends all of them. It
builds what the run may see, waits for the worker, and says how that ended. Every process here is a fork of
the fork server, has one thread, and trusts nothing that comes from the worker.
"""

import fcntl
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from studio_server.runs.executor.context import PARTING_DESCRIPTOR, PROGRESS_DESCRIPTOR
from studio_server.runs.executor.hearing import Hearing
from studio_server.runs.executor.process_tree import TreeClock
from studio_server.runs.executor.sandbox import belt, kernel, landlock, namespaces, privileges, seccomp, view
from studio_server.runs.executor.sandbox.cpu_clock import CpuClock
from studio_server.runs.executor.sandbox.groups import OF_A_RUN, Group, Parents

READ_BYTES = 1 << 20
READY = b"!"
MOST_DESCRIPTORS = 65_536
COULD_NOT_CONFINE = 126
LINUX = sys.platform == "linux"

Program = Callable[[], None]


@dataclass(frozen=True)
class Confinement:
    """Which layers are put around a run here, and what it may see."""

    layers: frozenset[str] = frozenset()
    libraries: tuple[str, ...] = ()
    groups: Parents = field(default_factory=Parents)

    def has(self, layer: str) -> bool:
        """Whether the layer is wanted and there."""
        return layer in self.layers

    @property
    def as_root(self) -> bool:
        """Root makes namespaces without a user namespace, and every run gets a user that exists nowhere."""
        return os.geteuid() == 0 and not self.has("user namespace")

    def user_of_run(self, meter_pid: int) -> int | None:
        """The user that the run of this meter is; None when it stays the server's."""
        return privileges.user_of_run(meter_pid) if self.as_root and self.has("own user") else None


@dataclass
class Worker:
    """The processes of a run that wait for their orders; for the meter."""

    pid: int
    """Of `first`."""
    hearing: Hearing
    clocks: list[TreeClock]
    has_own_view: bool
    group: Group | None
    parting: int
    """A pipe on which the worker says that it is done; it waits until this end is closed."""
    _orders: socket.socket
    _said: socket.socket
    _spec: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def brief(self, spec: Mapping[str, Any], confinement: Confinement) -> None:
        """Learn which run it will be, and put the kernel's own bounds around it."""
        self._said.recv(len(READY))  # until the worker exists, so that what made it is not the run's
        self._spec = dict(spec)
        user = confinement.user_of_run(os.getpid())
        if user is not None:
            hand_over(spec["folder"], user)
            self._spec |= {"user": user}
        elif not confinement.has("user namespace"):
            tasks = belt.tasks_of_a_shared_user(spec["belt"]["tasks"])
            self._spec |= {"belt": spec["belt"] | {"tasks": tasks}}
        if self.group is not None:
            self._bound(self.group)

    def _bound(self, group: Group) -> None:
        try:
            group.bound(memory_bytes=self._spec["limits"]["memory_bytes"], tasks=self._spec["belt"]["tasks"])
        except OSError:  # the meter watches all the same
            traceback.print_exc()

    def begin(self) -> None:
        """Let the run begin, with its folder and nothing else of the machine's.

        Raises:
            OSError: Its folder cannot be shown to it.
        """
        folder = [view.take(self._spec["folder"])] if self.has_own_view else []
        try:
            sent = json.dumps(self._spec).encode()
            done = socket.send_fds(self._orders, [sent], folder)
            self._orders.sendall(sent[done:])
            self._orders.shutdown(socket.SHUT_WR)
        except OSError:  # it was killed: its end tells
            return

    def status(self) -> int | None:
        """How the worker ended, as wait tells it; None when `first` could not say."""
        said = self._said.recv(64)
        return int(said) if said else None

    def killed_for_memory(self) -> bool:
        """The kernel ended something of the run at the bound of its control group."""
        return self.group is not None and self.group.killed_for_memory()

    def close(self) -> None:
        """Give back what the kernel kept for the run; the fork server does so for a meter that was killed."""
        if self.group is not None:
            self.group.remove()


def group_name(meter_pid: int) -> str:
    """The control group of the run that this meter watches."""
    return f"{OF_A_RUN}{meter_pid}"


def hand_over(folder: str, user: int) -> None:
    """Give the run's folder to the run's user: all that may be written; uploads stay the server's."""
    for name in ("", "/named", "/out", "/tmp", "/job.json"):  # noqa: S108  - inside the run's own folder
        os.chown(folder + name, user, user, follow_symlinks=False)


def prepare(confinement: Confinement, program: Program) -> Worker:
    """Start `first` and the worker, waiting; called once in a meter, which adopts what they leave behind.

    Raises:
        OSError: A layer that was found at start is refused now.
    """
    orders, orders_inside = socket.socketpair()
    said, said_inside = socket.socketpair()
    progress, progress_inside = os.pipe()
    output, output_inside = os.pipe()
    parting, parting_inside = os.pipe()
    if LINUX:
        kernel.control(kernel.PR_SET_CHILD_SUBREAPER, 1)
    if confinement.has("own processes"):
        namespaces.leave_processes(with_users=not confinement.as_root)
    if confinement.has("own view"):
        view.stay_apart()
    user = confinement.user_of_run(os.getpid())
    pid = os.fork()
    if pid == 0:
        keep = {
            progress_inside: PROGRESS_DESCRIPTOR,
            output_inside: 1,
            parting_inside: PARTING_DESCRIPTOR,
        }
        _guarded(lambda: First(confinement, program, orders_inside, said_inside, keep=keep, user=user).live())
    for inside in (orders_inside, said_inside):
        inside.close()
    for descriptor in (progress_inside, output_inside, parting_inside):
        os.close(descriptor)
    clocks = _clocks(pid) if confinement.has("exact clock") else []
    group = _group(confinement, pid)
    if group is not None:
        clocks.append(group)
    orders.sendall(b"!")
    hearing = Hearing(progress, output)
    return Worker(pid, hearing, clocks, confinement.has("own view"), group, parting, orders, said)


def _group(confinement: Confinement, pid: int) -> Group | None:
    """A control group with `first` in it, before it starts anything: moving it takes the kernel a while."""
    if not confinement.has("control group"):
        return None
    group = Group(confinement.groups, group_name(os.getpid()))
    try:
        group.make()
        group.add(pid)
    except OSError:
        traceback.print_exc()
        group.remove()
        return None
    return group


def _clocks(pid: int) -> list[TreeClock]:
    """Every exact clock this machine has; without one CPU is sampled."""
    try:
        return [CpuClock(pid)]
    except OSError:
        return []


def _guarded(life: Callable[[], None]) -> NoReturn:
    """Nothing that goes wrong in a child may let it go on as a copy of its parent."""
    try:
        life()
    except BaseException:  # noqa: BLE001  - outermost boundary of a process
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(COULD_NOT_CONFINE)


class First:
    """Number 1 of the run."""

    def __init__(
        self,
        confinement: Confinement,
        program: Program,
        orders: socket.socket,
        said: socket.socket,
        *,
        keep: dict[int, int],
        user: int | None,
    ) -> None:
        self._confinement = confinement
        self._program = program
        self._orders = orders
        self._said = said
        self._keep = keep
        self._user = user

    def live(self) -> None:
        """Build what the run sees, wait for orders, let the worker begin, and say how it ended."""
        os.setsid()
        self._die_with_meter()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        belt.give_way(belt.SESSION_NICENESS)
        belt.be_killed_first()
        close_all_but({0, 1, 2, self._orders.fileno(), self._said.fileno(), *self._keep})
        if not self._orders.recv(1):
            os._exit(0)
        has = self._confinement.has
        if has("own processes"):
            namespaces.leave_the_rest(mounts=has("own view"), network=has("own network"))
        if has("own view"):
            user = namespaces.INNER_ID if self._user is None else self._user
            view.build(self._confinement.libraries, user=user, group=user)
        gate, gate_inside = socket.socketpair()
        worker = os.fork()
        if worker == 0:
            gate.close()
            self._said.close()
            _guarded(lambda: self._work(gate_inside))
        gate_inside.close()
        self._said.sendall(READY)
        orders, descriptors, _, _ = socket.recv_fds(self._orders, READ_BYTES, 1)
        if not orders:
            os.kill(worker, signal.SIGKILL)
            os._exit(0)
        for descriptor in descriptors:
            view.put(descriptor)
        orders += receive_all(self._orders)
        spec: dict[str, Any] = json.loads(orders)
        if spec["loopback"] and has("own network"):
            namespaces.open_loopback()
        self._give_up(spec)
        gate.sendall(orders)
        gate.close()
        self._wait_for(worker)

    def _die_with_meter(self) -> None:
        if LINUX:
            kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)

    def _give_up(self, spec: dict[str, Any]) -> None:
        """This process too gives up what it may do."""
        for descriptor in self._keep:
            os.close(descriptor)
        if "user" in spec:
            privileges.become(spec["user"])
            self._die_with_meter()
        if LINUX:
            privileges.give_up(dumpable="user" not in spec)

    def _wait_for(self, worker: int) -> NoReturn:
        while True:
            pid, status = os.wait()
            if pid == worker:
                self._said.sendall(str(status).encode())
                os._exit(0)

    def _work(self, gate: socket.socket) -> None:
        """The worker: take orders, shut every door, and run the program."""
        orders = receive_all(gate)
        if not orders:
            os._exit(0)
        gate.close()
        spec = json.loads(orders)
        connect(self._keep)
        confine(self._confinement, spec)
        os.environ.clear()
        os.environ.update(spec["environment"])
        self._program()


def confine(confinement: Confinement, spec: dict[str, Any]) -> None:
    """Put the layers around this process, outermost first.

    Raises:
        OSError: One of them is refused: the run must not begin.
    """
    has = confinement.has
    if has("process limits"):
        belt.limit(spec["belt"])
    if "user" in spec:
        privileges.become(spec["user"])
    if LINUX:
        kernel.control(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if LINUX and has("no privileges"):
        privileges.give_up(dumpable=True)
    folder = view.FOLDER if has("own view") else spec["folder"]
    os.chdir(folder)
    if has("file rules"):
        readable, writable = landlock_paths(confinement, folder)
        landlock.confine(readable, writable, tcp=spec["loopback"])
    if has("system call filter"):
        seccomp.restrict(tcp=spec["loopback"])


def landlock_paths(confinement: Confinement, folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What may be read, and what may be written as well."""
    libraries = confinement.libraries
    settings = tuple(f"/etc/{name}" for name in (*view.SETTINGS, *view.NAMES, "passwd", "group"))
    devices = tuple(f"/dev/{name}" for name in view.DEVICES)
    if confinement.has("own view"):
        return (*view.SYSTEM, *libraries, *settings, "/proc"), (folder, *view.MEMORY_FOLDERS, *devices)
    return (*view.SYSTEM, *libraries, *settings, "/proc/self"), (folder, "/dev/shm", *devices)  # noqa: S108  - as above


def receive_all(connection: socket.socket) -> bytes:
    """Everything until the other side has no more to say."""
    received = b""
    while part := connection.recv(READ_BYTES):
        received += part
    return received


def close_all_but(kept: set[int]) -> None:
    """Close every other descriptor. An empty range must not be asked for: it would close all of them."""
    last = -1
    for descriptor in sorted(kept):
        if descriptor > last + 1:
            os.closerange(last + 1, descriptor)
        last = descriptor
    os.closerange(last + 1, MOST_DESCRIPTORS)


def connect(keep: dict[int, int]) -> None:
    """Nothing to read, one pipe for all output, one for progress, one to part, and no other descriptor."""
    above = {
        wanted: fcntl.fcntl(descriptor, fcntl.F_DUPFD, PARTING_DESCRIPTOR + 1)
        for descriptor, wanted in keep.items()
    }
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for wanted, descriptor in above.items():
        os.dup2(descriptor, wanted)
    os.dup2(1, 2)
    os.closerange(PARTING_DESCRIPTOR + 1, MOST_DESCRIPTORS)
