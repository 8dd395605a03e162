"""Finds out which layers this machine has, by putting each around a child of this process.

A program of its own (`python -P -m studio_server.runs.executor.sandbox.probe [FOLDER]`): the server has
threads and must not fork. FOLDER is a delegated control group. Prints JSON: layer → why it is missing, empty
when it is there.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable

from studio_server.runs.executor.sandbox import groups, landlock, namespaces, privileges, seccomp, view
from studio_server.runs.executor.sandbox.cpu_clock import CpuClock

LAYERS = (
    "user namespace",
    "own processes",
    "own network",
    "own view",
    "own user",
    "system call filter",
    "file rules",
    "control group",
    "exact clock",
)
TASKS_TO_TRY = 8
MEMORY_TO_TRY = 64 << 20


def main() -> None:
    """Try all layers and print what was found."""
    delegated = sys.argv[1] if len(sys.argv) > 1 else ""
    print(json.dumps(find(delegated)))  # noqa: T201  - the answer of this program


def find(delegated: str = "") -> dict[str, str]:
    """Layer → why it is missing here; empty when it is there."""
    if sys.platform != "linux":
        return dict.fromkeys(LAYERS, "only Linux has it")
    as_root = os.geteuid() == 0 and not attempt(lambda: namespaces.leave_processes(with_users=False))
    with_users = not as_root
    return {
        "user namespace": attempt(lambda: namespaces.leave_processes(with_users=True)),
        "own processes": attempt(lambda: namespaces.leave_processes(with_users=with_users)),
        "own network": attempt(lambda: _leave(with_users, network=True)),
        "own view": attempt(lambda: _see(with_users)),
        "own user": attempt(lambda: privileges.become(privileges.user_of_run(os.getpid())))
        if as_root
        else "the server is an ordinary user, so runs are the same user under another name",
        "system call filter": attempt(_filter),
        "file rules": attempt(_rules),
        "control group": attempt(lambda: _group(delegated)),
        "exact clock": attempt(lambda: CpuClock(os.getpid()).cpu_ms()),
    }


def attempt(layer: Callable[[], object]) -> str:
    """Try it in a child; why it failed, empty when it did not."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            layer()
        except OSError as refused:
            os.write(writer, str(refused).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        reason = said.read().decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    return reason or ("" if status == 0 else "the attempt crashed")


def _leave(with_users: bool, *, network: bool = False, mounts: bool = False) -> None:
    namespaces.leave_processes(with_users=with_users)
    namespaces.leave_the_rest(mounts=mounts, network=network)


def _see(with_users: bool) -> None:
    """Only a child of the new process namespace can show /proc there."""
    with tempfile.TemporaryDirectory() as folder:
        namespaces.leave_processes(with_users=with_users)
        view.stay_apart()
        taken = view.take(folder)
        pid = os.fork()
        if pid == 0:
            try:
                namespaces.leave_the_rest(mounts=True, network=False)
                view.build((), user=0, group=0)
                view.put(taken)
            except OSError as refused:
                os._exit(refused.errno or 1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
    number = os.waitstatus_to_exitcode(status)
    if number:
        raise OSError(number, f"a root of its own: {os.strerror(number)}")


def _filter() -> None:
    privileges.give_up(dumpable=True)
    seccomp.restrict()


def _rules() -> None:
    privileges.give_up(dumpable=True)
    landlock.confine(("/usr",), ())


def _group(delegated: str) -> None:
    found = groups.parents(delegated)
    if not found:
        raise OSError(0, "no control group is delegated to this server (STUDIO_CONTROL_GROUP)")
    group = groups.Group(found, f"studio-probe-{os.getpid()}")
    try:
        group.make()
        group.bound(memory_bytes=MEMORY_TO_TRY, tasks=TASKS_TO_TRY)
    finally:
        group.remove()


if __name__ == "__main__":
    main()
