"""Tells other programs of the same user where a server answers: one file that only the owner reads."""

import contextlib
import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from studio_server.settings import Settings, default_data_dir


@dataclass(frozen=True)
class Address:
    """Where a server answers, and a token it takes."""

    url: str
    token: str


def runtime_file() -> Path:
    """Where clients on this machine find a standalone server."""
    return default_data_dir() / "server.json"


def serving_file(settings: Settings) -> Path:
    """Beside the books: who has them open, so that another program of the user asks there."""
    return settings.data_dir / "serving.json"


@contextlib.contextmanager
def announced(address: Address, path: Path) -> Generator[None]:
    """Keep the address in the file while the block runs; a file of a later server is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = json.dumps({"url": address.url, "token": address.token, "pid": os.getpid()})
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text() == content:
                path.unlink()
