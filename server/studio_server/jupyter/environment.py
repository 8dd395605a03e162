"""How kernels started from now on find the mount: two environment variables."""

import os
from collections.abc import MutableMapping
from urllib.parse import urlsplit

URL_VARIABLE = "STUDIO_URL"
TOKEN_VARIABLE = "STUDIO_TOKEN"  # noqa: S105  - the variable's name

_LOOPBACK_OF_WILDCARD = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  - recognised, not bound


class KernelEnvironment:
    """The variables in `environ`, for as long as the mount exists."""

    def __init__(self, environ: MutableMapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._before: dict[str, str | None] = {}

    def publish(self, *, url: str, token: str) -> None:
        """Set both variables; what they held before comes back with `withdraw`."""
        for name, value in ((URL_VARIABLE, url), (TOKEN_VARIABLE, token)):
            self._before.setdefault(name, self._environ.get(name))
            self._environ[name] = value

    def withdraw(self) -> None:
        """Put things back; does nothing before `publish`."""
        for name, before in self._before.items():
            if before is None:
                self._environ.pop(name, None)
            else:
                self._environ[name] = before
        self._before.clear()


def kernel_url(connection_url: str, *, bound_to: str) -> str:
    """The mount's address for kernels on this machine, without a slash at the end.

    `connection_url` is Jupyter's; a server bound to every address is reached over loopback, because its
    host name need not resolve.
    """
    parts = urlsplit(connection_url)
    loopback = _LOOPBACK_OF_WILDCARD.get(bound_to)
    if loopback is not None:
        parts = parts._replace(netloc=f"{loopback}:{parts.port}" if parts.port else loopback)
    return parts._replace(path=parts.path.rstrip("/") + "/studio").geturl()
