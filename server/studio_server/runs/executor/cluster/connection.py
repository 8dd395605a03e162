"""One connection to a Dask scheduler: the only place on the server that speaks Dask.

Used on one event loop. Every exchange has a time limit, so a silent cluster costs patience and nothing else.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Self

from studio_server.runs.executor.cluster.on_worker import carry_out
from studio_server.runs.executor.cluster.wire import Order

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
Listener = Callable[[dict[str, Any]], None]


def is_installed() -> bool:
    """Whether Dask's distributed scheduler can be spoken to from here; imports nothing."""
    return find_spec("distributed") is not None


class Connection:
    """A client of one scheduler, made by `open`. TLS and time-outs of the cluster are Dask's own settings."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connect.

        Raises:
            OSError: Nobody answers, or not a scheduler (a time-out is one too).
        """
        from distributed import Client

        client: Any = Client(  # pyright: ignore[reportUnknownVariableType]  - Dask has no types
            address, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS, name="studio-server"
        )
        try:
            await client
        except BaseException:
            await client.close(timeout=CONNECT_SECONDS)
            raise
        return cls(client)

    @property
    def is_up(self) -> bool:
        """False from the moment the scheduler is gone."""
        return self._client.status == "running"

    async def slots(self) -> dict[str, int]:
        """Address of every worker that takes work → how many tasks it runs at once."""
        known: Any = await _soon(self._client.scheduler.identity(n_workers=-1))
        workers: dict[str, Any] = known["workers"]
        return {address: one["nthreads"] for address, one in workers.items() if one["status"] == "running"}

    async def call(self, address: str, function: Callable[..., object], *arguments: object) -> Any:
        """Call a function in a worker process, beside its tasks, and return what it returned.

        Raises:
            OSError: The worker cannot be reached, or is silent for too long.
            Exception: Whatever the function raised there.
        """
        answers: Any = await _soon(self._client.run(function, *arguments, workers=[address]))
        return answers[address]

    def submit(self, address: str, order: Order) -> Any:
        """Hand one run to one worker and to no other; Dask never repeats it by itself."""
        return self._client.submit(
            carry_out,
            order,
            key=f"studio-run-{order.attempt}",
            workers=[address],
            allow_other_workers=False,
            retries=0,
            pure=False,
        )

    def listen(self, topic: str, listener: Listener) -> None:
        """Hear what workers say under this topic, in order."""

        def hear(event: tuple[float, dict[str, Any]]) -> None:
            listener(event[1])

        self._client.subscribe_topic(topic, hear)

    async def close(self) -> None:
        """Let go; what the cluster still does for this client is of no use to anybody."""
        with suppress(OSError):  # it does not answer: gone all the same
            await _soon(self._client.close(timeout=CONNECT_SECONDS))


async def _soon(exchange: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wait_for(exchange, ANSWER_SECONDS)
