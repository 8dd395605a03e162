"""A server inside this process, for a kernel that has no other: plain IPython, or no Jupyter Server.

Found by clients through the entry-point group `studio.embedded_server`, so they need not import the server.
"""

import atexit
import contextlib
import threading
from dataclasses import dataclass

from studio_server.announcement import Address, announced, serving_file
from studio_server.settings import Settings
from studio_server.standalone import LOOPBACK, StandaloneServer, listen

START_SECONDS = 30.0


class EmbeddedStartFailed(RuntimeError):
    """The server inside this process did not start."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class EmbeddedServer:
    """A running server and how to stop it."""

    url: str
    token: str
    thread: threading.Thread
    server: StandaloneServer

    def stop(self) -> None:
        """Stop serving and wait until the books are closed."""
        self.server.stop()
        self.thread.join(START_SECONDS)


def start(settings: Settings | None = None) -> EmbeddedServer:
    """Start a server on a free loopback port, in a thread of its own; it ends with the process.

    Raises:
        EmbeddedStartFailed: With the reason, for example that another server has the books open.
    """
    chosen = settings or Settings.from_environment()
    ready = threading.Event()
    found: list[Address] = []
    faults: list[BaseException] = []

    kept = contextlib.ExitStack()

    def on_ready(address: Address) -> None:
        kept.enter_context(announced(address, serving_file(chosen)))
        found.append(address)
        ready.set()

    standalone = StandaloneServer(chosen, listen(LOOPBACK, 0), on_ready)

    def body() -> None:
        try:
            standalone.run_here()
        except BaseException as fault:  # noqa: BLE001  - handed to the thread that waits
            faults.append(fault)
        finally:
            kept.close()
            ready.set()

    thread = threading.Thread(target=body, name="studio-server", daemon=True)
    thread.start()
    ready.wait(START_SECONDS)
    if not found:
        raise EmbeddedStartFailed(str(faults[0]) if faults else "the server did not answer in time")
    server = EmbeddedServer(found[0].url, found[0].token, thread, standalone)
    atexit.register(server.stop)
    return server
