"""Processes: every case in one of its own, two at a time, each with a limit; lines are told as they come."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.laws.prove.plan import Case

AT_ONCE = 2
HEARTBEAT_SECONDS = 30.0
GRACE_SECONDS = 15.0
NO_POSTGRESQL = 3
LONGEST_LINE = 1 << 20
ROOT = Path(__file__).resolve().parents[3]
SOURCES = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "server")))
ONE = ("-m", "tests.laws.prove.one")


@dataclass(frozen=True)
class Tried:
    """A case and its tally; no tally means that this machine cannot run it."""

    case: Case
    tally: Tally | None


async def all_of(
    cases: Sequence[Case], told: Callable[[Tried], None], command: Sequence[str] = (sys.executable, *ONE)
) -> list[Tried]:
    """Run every case; `told` hears of each as it ends."""
    places = asyncio.Semaphore(AT_ONCE)

    async def in_turn(case: Case) -> Tried:
        async with places:
            tried = Tried(case, await _tally(case, command))
        told(tried)
        return tried

    return list(await asyncio.gather(*map(in_turn, cases)))


async def _tally(case: Case, command: Sequence[str]) -> Tally | None:
    print(f"── {case.law.name}: {case.count:,} {case.law.unit}, seed {case.seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="studio-proof-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101, S103  - PostgreSQL runs as somebody else below it
        file = f"{folder}/tally.json"
        words = (case.law.name, str(case.count), str(case.seed), file)
        status = await _ended(case, (*command, *words), folder)
        if status == NO_POSTGRESQL:
            return None
        if (tally := _written(file)) is not None:
            return tally
    seconds = time.monotonic() - started
    why = f"no result after {seconds:.0f} s" if status is None else f"ended with status {status} and no tally"
    return Tally(case.law.name, 0, case.seed, [why], seconds)


def _written(file: str) -> Tally | None:
    path = Path(file)
    return Tally(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


async def _ended(case: Case, words: Sequence[str], folder: str) -> int | None:
    """The status of the process, or None after it was killed at its limit; its children end with it."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=LONGEST_LINE,
        env={**os.environ, "TMPDIR": folder, "PYTHONPATH": SOURCES},
    )
    telling = asyncio.create_task(_tell(case.law.name, process))
    try:
        return await asyncio.wait_for(process.wait(), case.limit_seconds)
    except TimeoutError:
        return None
    finally:
        await _end(process)
        telling.cancel()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, so that it stops the databases it started; then end its whole group."""
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        process.terminate()
        await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _tell(name: str, process: asyncio.subprocess.Process) -> None:
    """Pass on every line, and a sign of life where none comes."""
    started, output = time.monotonic(), process.stdout
    while output is not None:
        try:
            line = await asyncio.wait_for(output.readline(), HEARTBEAT_SECONDS)
        except TimeoutError:
            print(f"   {name}: {time.monotonic() - started:.0f} s", flush=True)
            continue
        if not line:
            return
        print(f"   {name}: {line.decode(errors='replace').rstrip()}", flush=True)
