"""A credit server for tests of notebooks: fixed clock, counted ids, charges equal to forecasts, funded user.

Everything it answers is the same on every execution. It has a data folder of its own and ends with its block.
"""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_server.settings import Settings

URL, TOKEN = "STUDIO_URL", "STUDIO_TOKEN"


@dataclass(frozen=True)
class TestServer:
    """Where the server answers, the user's token, and where its books are."""

    __test__ = False

    url: str
    token: str
    data_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a kernel needs in its environment to find this server and to see the same time."""
        from studio_server.settings import DETERMINISTIC_START

        from studio_magics.runners.context import FIXED_TIME_VARIABLE

        return {URL: self.url, TOKEN: self.token, FIXED_TIME_VARIABLE: DETERMINISTIC_START.isoformat()}


@contextmanager
def isolated_server(owner: str = "ada", *, credits: int | None = None) -> Generator[TestServer]:  # noqa: A002  - the unit
    """A deterministic server for one user, while the block runs.

    The user has the free plan and its credits of one month, or exactly `credits` when given.
    """
    from studio_server.embedded import start
    from studio_server.settings import Settings

    with tempfile.TemporaryDirectory(prefix="studio-test-", ignore_cleanup_errors=True) as folder:
        settings = Settings.for_local(
            data_dir=Path(folder), owner=owner, deterministic=True, free_credits=credits is None
        )
        if credits:
            _give(settings, credits)
        server = start(settings)
        try:
            yield TestServer(server.url, server.token, settings.data_dir)
        finally:
            server.stop()


@contextmanager
def kernel_environment(server: TestServer) -> Generator[None]:
    """Let kernels that are started in the block find the server; their own runs see its fixed time."""
    before = {name: os.environ.get(name) for name in server.environment}
    os.environ.update(server.environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _give(settings: "Settings", amount: int) -> None:
    from studio_server.operating import give

    give(settings, amount, reference="for tests")
