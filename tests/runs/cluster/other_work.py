"""Work of others on a shared cluster: it takes one thread until it is told to go."""

import asyncio
from typing import Any, Self

PATIENCE_SECONDS = 60.0


def hold(name: str) -> None:
    """Runs on the worker, until the event of this name is set."""
    from distributed import Event

    Event(name).wait(PATIENCE_SECONDS)


class OtherWork:
    """Whoever uses the cluster beside Studio; it works from `begin` to `end`."""

    def __init__(self, address: str) -> None:
        from distributed import Client

        self._client: Any = Client(address, set_as_default=False, timeout=PATIENCE_SECONDS)
        self._held: list[tuple[Any, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._client.close()

    def begin(self, workers: int = 1) -> None:
        """Take a thread, and return when it is taken."""
        from distributed import Event

        self._client.wait_for_workers(workers, timeout=PATIENCE_SECONDS)
        name = f"hold-{len(self._held)}-{id(self)}"
        done = self._client.submit(hold, name, pure=False)
        self._held.append((Event(name, self._client), done))
        while not any(self._client.processing().values()):
            asyncio.run(asyncio.sleep(0.02))

    def end(self) -> None:
        """Give all threads back."""
        while self._held:
            event, done = self._held.pop()
            event.set()
            done.result(PATIENCE_SECONDS)
