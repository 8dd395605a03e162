"""Start other programs: quietly into a log, or in the open; a failure carries the end of its log."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from scripts.failures import CommandFailed
from scripts.places import ENVIRONMENT, LOGS, OWN_NODE, ROOT

Argument = str | Path


def surroundings(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of started programs: environment and Node first on PATH, bytecode allowed."""
    values = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    first = [str(folder / "bin") for folder in (ENVIRONMENT, OWN_NODE) if folder.is_dir()]
    values["PATH"] = os.pathsep.join([*first, values.get("PATH", os.defpath)])
    values["VIRTUAL_ENV"] = str(ENVIRONMENT)
    values["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return {**values, **(extra or {})}


def quietly(
    arguments: Sequence[Argument], log: str, *, cwd: Path = ROOT, extra: Mapping[str, str] | None = None
) -> None:
    """Run a program with its output in `.build/logs/<log>.log`.

    Raises:
        CommandFailed: it ended with another status than 0.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    words = [*map(str, arguments)]
    with path.open("w") as output:
        status = _status(words, output, cwd, surroundings(extra))
    if status != 0:
        raise CommandFailed(words, status=status, log=path)


def _status(words: list[str], output: TextIO, cwd: Path, env: dict[str, str]) -> int:
    """Run to the end and return the status; 127 as in a shell when the program cannot be started."""
    try:
        process = subprocess.Popen(
            words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        return process.wait()
    except OSError as failure:
        output.write(f"{failure}\n")
        return 127


def openly(arguments: Sequence[Argument], *, cwd: Path = ROOT, extra: Mapping[str, str] | None = None) -> int:
    """Run a program with its output on the terminal and return its status."""
    return subprocess.run(
        [*map(str, arguments)], cwd=cwd, env=surroundings(extra), stdin=subprocess.DEVNULL, check=False
    ).returncode


def answer(arguments: Sequence[Argument]) -> str:
    """What a program prints, or an empty text when it fails or does not exist."""
    try:
        ended = subprocess.run(
            [*map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
