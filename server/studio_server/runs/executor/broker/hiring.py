"""Gives a run of a tool that declares hosts a broker, and takes it away when the run is over."""

import json
import logging
import os
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from studio_magics.tools.declared_network import Host, Network
from studio_magics.tools.tunnel import SOCKET
from studio_server.runs.executor.confining import base_environment, interpreter
from studio_server.runs.executor.protocol import Job

PROGRAM = "studio_server.runs.executor.broker.program"
WAITING = 16
END_SECONDS = 2.0
log = logging.getLogger(__name__)


@contextmanager
def broker_for(job: Job, command: Sequence[str] = ()) -> Generator[None]:
    """For as long as the context lasts, the run reaches the hosts of its declaration; without any, nobody.

    Raises:
        OSError: No broker can be started.
    """
    hosts = Network.of(job.network).hosts
    if not hosts:
        yield
        return
    process = _start(job.workdir, hosts, command or interpreter(PROGRAM))
    try:
        yield
    finally:
        _end(process, job.run_id)


def _start(folder: Path, hosts: frozenset[Host], command: Sequence[str]) -> subprocess.Popen[bytes]:
    folder.chmod(0o700)
    with _listen(folder) as listening:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(listening.fileno(),),
            cwd="/",
            env=base_environment(),
            start_new_session=True,
        )
        orders = {"descriptor": listening.fileno(), "hosts": sorted(map(str, hosts))}
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # it is dead: every connection will be refused
            process.stdin.write(json.dumps(orders).encode() + b"\n")
            process.stdin.flush()
    return process


def _listen(folder: Path) -> socket.socket:
    """The run's end of the broker; a path may be longer than an address, so the folder goes by its number."""
    listening = socket.socket(socket.AF_UNIX)
    number = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        listening.bind(f"/proc/self/fd/{number}/{SOCKET}")
        (folder / SOCKET).chmod(0o666)
        listening.listen(WAITING)
    finally:
        os.close(number)
    return listening


def _end(process: subprocess.Popen[bytes], run_id: str) -> None:
    """End it, and log what it says: names that were declared, and sums."""
    try:
        said, _ = process.communicate(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
    try:
        found = json.loads(said)
    except ValueError:
        log.warning("the broker of run %s ended without a report", run_id)
        return
    for host, traffic in found["hosts"].items():
        numbers = (traffic["connections"], traffic["sent_bytes"], traffic["received_bytes"])
        log.info("run %s used %s: %d connections, %d bytes out, %d bytes in", run_id, host, *numbers)
    if found["refusals"]:
        log.warning("run %s was refused connections: %s", run_id, found["refusals"])
