"""HTTP for tools that declare hosts, with the standard library alone. It follows no redirect by itself."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext

SECONDS = 30.0


class Connection(http.client.HTTPConnection):
    """A connection of `http.client` that goes through the run's context; encrypted unless `plain`."""

    def __init__(
        self,
        context: RunContext,
        host: str,
        port: int = 443,
        *,
        plain: bool = False,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`trust` is for certificates of one's own; by default those that certifi lists are trusted."""
        super().__init__(host, port, timeout=SECONDS)
        self._context = context
        self._trust = None if plain else trust or _trusted()

    def connect(self) -> None:
        """Connect; called by the first request.

        Raises:
            HostRefused: The broker opens no connection to this host.
            ssl.SSLError: The host cannot prove its name.
        """
        connection = self._context.connect(self.host, self.port)
        connection.settimeout(SECONDS)
        if self._trust is None:
            self.sock = connection
        else:
            self.sock = self._trust.wrap_socket(connection, server_hostname=self.host)


def _trusted() -> ssl.SSLContext:
    """A run does not see the machine's certificates."""
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
