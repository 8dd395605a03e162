"""Runs a checker that is a program of its own: of this installation, for a limited time."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_SECONDS = 100
MAX_OUTPUT_BYTES = 64_000_000
TOLD = 300


class ProgramFailed(RuntimeError):
    """The checker itself failed: nothing can be said of what it was to check."""

    def __init__(self, program: str, code: int, told: str) -> None:
        super().__init__(f"{program} ended with {code}: {told[-TOLD:]}")
        self.program = program
        self.code = code


@dataclass(frozen=True)
class Written:
    """What a program wrote: its result, and what it said about its work."""

    result: bytes
    said: str


def program_path(name: str) -> Path:
    """Where the program is in this installation.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent)):
        for ending in ("", ".exe"):
            path = Path(folder) / f"{name}{ending}"
            if path.is_file():
                return path
    raise ModuleNotFoundError(f"{name} is not installed", name=name)


def run_program(
    command: Sequence[str], folder: Path, *, allowed: Collection[int] = (0,), seconds: float = MAX_SECONDS
) -> Written:
    """What the program writes, run in a folder of its own with nothing of the user's environment.

    Raises:
        ProgramFailed: It ended with another code, was too slow, or wrote too much.
    """
    name = Path(command[0]).name
    environment = {
        "PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1",
    }  # fmt: skip
    if sys.platform == "win32":
        environment["SYSTEMROOT"] = os.environ.get("SYSTEMROOT", "")
    try:
        ended = subprocess.run(
            list(command), cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as slow:
        raise ProgramFailed(name, -1, f"longer than {seconds:.0f} s") from slow
    if ended.returncode not in allowed or len(ended.stdout) > MAX_OUTPUT_BYTES:
        raise ProgramFailed(name, ended.returncode, ended.stderr.decode("utf-8", "replace"))
    return Written(ended.stdout, ended.stderr.decode("utf-8", "replace"))
