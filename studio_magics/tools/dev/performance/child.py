"""Starts the processes that a script runs in: an empty environment, a time limit, an end."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from studio_magics.tools.dev.performance.gathering import Gathered
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

GRACE_SECONDS = 10
MAX_RESULT_BYTES = 16_000_000
TOLD = 1_500


class ScriptFailed(RuntimeError):
    """The script's process left nothing to read; with the end of what it said."""


def profiled(kind: str, inputs: PerformanceInput, code: Gathered, folder: Path) -> dict[str, Any]:
    """What the child measured.

    Raises:
        ScriptFailed: It ended without an answer, or with one that cannot be read.
    """
    result = folder / f"{kind}.json"
    wanted = {
        "kind": kind,
        "folder": str(code.folder),
        "entry": str(code.entry),
        "function": inputs.function,
        "arguments": list(inputs.arguments),
        "seconds": inputs.seconds,
        "result": str(result),
    }
    told = folder / f"{kind}.wanted.json"
    told.write_text(json.dumps(wanted), "utf-8")
    runner = str(Path(__file__).with_name("child_profile.py"))
    with started(["-P", runner, str(told)], code.folder, folder / f"{kind}.said") as process:
        try:
            process.wait(inputs.seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
    if not result.is_file() or result.is_symlink() or result.stat().st_size > MAX_RESULT_BYTES:
        raise ScriptFailed(said(folder / f"{kind}.said") or f"it ended with {process.returncode}")
    try:
        return _checked(json.loads(result.read_text("utf-8")))
    except (ValueError, TypeError, RecursionError) as error:
        raise ScriptFailed(f"its measurement cannot be read: {type(error).__name__}") from error


def _checked(value: Any) -> dict[str, Any]:
    """The answer of a process that the script may have changed: a mapping with sound numbers."""
    found = cast("dict[str, Any]", value)
    for name in ("seconds", "cpu_seconds"):
        if not 0 <= float(found[name]) < math.inf:
            raise ValueError(name)
    return found


@contextmanager
def started(command: Sequence[str], folder: Path, output: Path) -> Generator[subprocess.Popen[bytes]]:
    """A Python process in a group of its own; the whole group is ended at last."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(output.parent),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
    }
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-s", *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()


def said(output: Path) -> str:
    """The end of what a process wrote."""
    if not output.is_file():
        return ""
    with output.open("rb") as written:
        written.seek(max(output.stat().st_size - TOLD, 0))
        return written.read(TOLD).decode("utf-8", "replace").strip()
