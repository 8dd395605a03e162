"""One broker, for one run: a process of its own, so that nothing a run says is read in the server.

    python -P -m studio_server.runs.executor.broker.program

The first line of its input says what it may do and which descriptor is the run's socket. It ends when its
input ends, which is with the run or with the server, and then says what went where.
"""

import asyncio
import concurrent.futures.thread
import encodings.idna
import json
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from studio_magics.tools.declared_network import Host
from studio_server.runs.executor.broker.serving import Broker
from studio_server.runs.executor.sandbox import privileges

OPEN_FILES = 256
MEMORY_BYTES = 1 << 30
NEEDED_LATER = (concurrent.futures.thread, encodings.idna)
"""Loaded now: as nobody it may not be able to read the libraries."""

Make = Callable[[frozenset[Host]], Broker]


def main(make: Make = Broker) -> None:
    """Serve until the input ends, and report."""
    orders: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    listening = socket.socket(fileno=orders["descriptor"])
    give_up_privileges()
    broker = make(frozenset(Host.of(written) for written in orders["hosts"]))
    asyncio.run(serve(broker, listening))


def give_up_privileges() -> None:
    """Be nobody, with little memory and few files: it reads what hostile programs write."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() == 0:
        privileges.become(privileges.user_of_run(os.getpid()))
    privileges.give_up(dumpable=False)


async def serve(broker: Broker, listening: socket.socket) -> None:
    """Until the input ends; the process ends with it, whatever name is still being resolved."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=wait, daemon=True).start()
    serving = asyncio.create_task(broker.serve(listening))
    await over.wait()
    serving.cancel()
    print(json.dumps(report(broker)), flush=True)  # noqa: T201  - the answer of this program
    os._exit(0)


def report(broker: Broker) -> dict[str, Any]:
    """What went where, and what was refused."""
    return {
        "hosts": {str(host): vars(traffic) for host, traffic in broker.traffic.items()},
        "refusals": dict(broker.refusals),
    }


if __name__ == "__main__":
    main()
