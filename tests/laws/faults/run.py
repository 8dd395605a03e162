"""Every call of every route with every kind of fault, then random routes until there were enough."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.storage.backup import remove_database

from tests.laws.faults import http
from tests.laws.faults.case import VFS, Books, Case, try_case, try_opening
from tests.laws.faults.routes import mixed, prepare, routes
from tests.laws.tally import Tally
from tests.storage.faults import Faults, FaultyFileSystem, every_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.laws.faults.routes import Start

MOST_CALLS = 1_000
OPENING_SHARE = 10
STEP = 7
"""Making new books has hundreds of calls: each run tries every seventh, from a drawn one on."""
HTTP_SHARE = 8
"""One case in so many goes through HTTP: those are slow."""


def run(count: int, seed: int) -> Tally:
    """Try `count` fault points, or all there are if that is more than enough for the plain routes."""
    started = time.monotonic()
    findings: list[str] = []
    points = 0
    draw = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
    with disk() as (folder, faults):
        start = prepare(folder)
        over_http = http.run(max(1, count // HTTP_SHARE), folder, faults, draw)
        findings += over_http.findings
        points += over_http.points
        for existing in (True, False):
            limit = min(count - points, max(1, count // OPENING_SHARE))
            tried, found = every_opening(
                start, faults, existing=existing, first=draw.randrange(STEP), limit=limit
            )
            points += tried
            findings += found
        for route, commands in _endlessly(start, draw):
            if points >= count:
                break
            tried, found = every_point(route, commands, start, faults, limit=count - points)
            points += tried
            findings += found
    detail = (
        f"points at which a call failed, {over_http.points} of them over HTTP; lasting and passing faults"
    )
    return Tally("faults", points, seed, findings, time.monotonic() - started, detail)


@contextmanager
def disk() -> Iterator[tuple[Path, Faults]]:
    """A folder, in memory where there is some, and the file system that fails."""
    memory = Path("/", "dev", "shm")
    folder = Path(tempfile.mkdtemp(prefix="studio-faults-", dir=memory if memory.is_dir() else None))
    faults = Faults()
    system = FaultyFileSystem(VFS, faults)
    try:
        yield folder, faults
    finally:
        system.unregister()
        shutil.rmtree(folder)


def every_point(
    route: str, commands: list[object], start: Start, faults: Faults, *, limit: int
) -> tuple[int, list[str]]:
    """Fail call 1, 2, … of this route in every way, until there is none left or `limit` is reached."""
    expected = _without_faults(commands, start, faults)
    findings: list[str] = []
    points = 0
    for (how, once), restart in product(every_fault(), (False, True)):
        for nth in range(1, MOST_CALLS):
            if points >= limit:
                return points, findings
            case = Case(route, commands, how, once, nth, restart)
            path = start.path.with_name("case.db")
            findings += try_case(case, start, path, faults, expected)
            if not faults.failed:
                break
            points += 1
    return points, findings


def every_opening(
    start: Start, faults: Faults, *, existing: bool, first: int, limit: int
) -> tuple[int, list[str]]:
    """Fail each call while books that are there are opened, or some while new ones are made."""
    findings: list[str] = []
    points = 0
    for how, once in every_fault():
        for nth in range(1, MOST_CALLS) if existing else range(1 + first, MOST_CALLS, STEP):
            if points >= limit:
                return points, findings
            path = start.path.with_name("opening.db")
            remove_database(path)
            if existing:
                shutil.copyfile(start.path, path)
            name = f"opening {'old' if existing else 'new'} books: call {nth} {how} once={once}"
            faults.arm(nth, how, once=once)
            findings += [f"{name}: {problem}" for problem in try_opening(path, faults)]
            if not faults.failed:
                break
            points += 1
    return points, findings


def _without_faults(commands: list[object], start: Start, faults: Faults) -> dict[str, int]:
    faults.heal()
    books = Books(start, start.path.with_name("whole.db"))
    for number, command in enumerate(commands):
        books.ask(number, command)
    try:
        return books.totals()
    finally:
        books.db.close()


def _endlessly(start: Start, draw: random.Random) -> Iterator[tuple[str, list[object]]]:
    yield from routes(start).items()
    while True:
        seed = draw.randrange(2**32)
        yield f"mixed {seed}", mixed(start, seed)
