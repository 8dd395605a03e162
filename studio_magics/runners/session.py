"""The connection of this kernel: found on first use, kept, and found anew when it is lost."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from studio_magics.client.discovery import Surroundings, find
from studio_magics.client.refusals import NotSignedIn, ServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from studio_magics.client.connection import Endpoint
    from studio_magics.client.studio_client import StudioClient
    from studio_magics.runners.metered import MeteredRunner


class Session:
    """One server at a time; an explicit setting stays until it is taken back."""

    def __init__(
        self,
        surroundings: Surroundings | None = None,
        *,
        make: Callable[[Endpoint], StudioClient] | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._surroundings = surroundings or Surroundings()
        self._make = make or _client
        self._pause = pause
        self._explicit: Endpoint | None = None
        self._client: StudioClient | None = None
        self._runner: MeteredRunner | None = None

    @contextmanager
    def connecting(self, endpoint: Endpoint) -> Generator[None]:
        """Use this server from now on, unless the block fails: then the one from before."""
        before = self._explicit
        self.forget()
        self._explicit = endpoint
        try:
            yield
        except BaseException:
            self.forget()
            self._explicit = before
            raise

    def disconnect(self) -> None:
        """Forget the connection and the explicit setting."""
        self._explicit = None
        self.forget()

    def forget(self) -> None:
        """Close the connection; the next use finds a server anew."""
        if self._client is not None:
            self._client.close()
        self._client = self._runner = None

    def client(self) -> StudioClient:
        """The client of the server of this kernel.

        Raises:
            ServerUnreachable: There is no server.
        """
        if self._client is None:
            self._client = self._make(self._explicit or find(self._surroundings))
        return self._client

    def client_if_known(self) -> StudioClient | None:
        """The client, if a server is known already or found without starting one; never raises."""
        if self._client is not None:
            return self._client
        try:
            return self._make(self._explicit or find(self._surroundings, start=False))
        except ServerUnreachable:
            return None

    def runner(self) -> MeteredRunner:
        """Runs tools on the server; remembers starts whose answer was lost."""
        if self._runner is None:
            from studio_magics.runners.metered import MeteredRunner

            self._runner = MeteredRunner(self.client, exchange=self.exchange, pause=self._pause)
        return self._runner

    @contextmanager
    def server(self) -> Generator[StudioClient]:
        """The client for one exchange; a found server that is lost is forgotten."""
        with self.exchange():
            yield self.client()

    @contextmanager
    def exchange(self) -> Generator[None]:
        """An exchange that may need the server: one that is lost or refuses the sign-in is forgotten."""
        try:
            yield
        except (ServerUnreachable, NotSignedIn):
            if self._explicit is None and self._client is not None:
                self._client.close()
                self._client = None
            raise


def _client(endpoint: Endpoint) -> StudioClient:
    from studio_magics.client.studio_client import StudioClient

    return StudioClient(endpoint)
