"""Sends requests to a server of the run's own: more users step by step, and what each step bore."""

from __future__ import annotations

import http.client
import math
import socket
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 5.0
READY_SECONDS = 8.0
WAIT_SECONDS = 0.05
MOST_REQUESTS = 50_000
SURE = 1.96
"""Standard deviations of 95 %."""
FLAT = 1.1
"""A step that brings less than a tenth more for twice the users is past the knee."""


@dataclass(frozen=True)
class Step:
    """What one number of users saw."""

    users: int
    seconds: float
    milliseconds: tuple[float, ...]
    """Of the answered requests, sorted."""
    errors: dict[str, int]
    generator_share: float
    """Of the wall time that asking itself took; near 1 the figures are the generator's."""

    @property
    def requests(self) -> int:
        """Answered and failed."""
        return len(self.milliseconds) + sum(self.errors.values())

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return len(self.milliseconds) / self.seconds if self.seconds else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share does not exceed (nearest rank); `values` are sorted."""
    return values[max(math.ceil(share * len(values)) - 1, 0)] if values else 0.0


def percentile_bounds(values: Sequence[float], share: float) -> tuple[float, float]:
    """Between which values the percentile lies with 95 % surety, by ranks."""
    count = len(values)
    if not count:
        return 0.0, 0.0
    spread = SURE * math.sqrt(count * share * (1 - share))
    low = max(math.floor(count * share - spread) - 1, 0)
    high = min(math.ceil(count * share + spread), count - 1)
    return values[low], values[high]


def knee(steps: Sequence[Step]) -> Step | None:
    """The last step before more users brought hardly more answers; None when it was not reached."""
    for before, after in pairwise(steps):
        if after.per_second < before.per_second * FLAT:
            return before
    return None


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether somebody listens on the port before the time is up or the process has ended."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=TIMEOUT_SECONDS):
                return True
        except OSError:
            time.sleep(WAIT_SECONDS)
    return False


def push(port: int, path: str, users: int, seconds: float) -> Step:
    """Let so many users ask one after another for so long."""
    kept: list[tuple[list[float], dict[str, int]]] = [([], {}) for _ in range(users)]
    began, worked = time.perf_counter(), time.process_time()
    until = began + seconds
    threads = [threading.Thread(target=_user, args=(port, path, until, *one), daemon=True) for one in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * TIMEOUT_SECONDS)
    took = time.perf_counter() - began
    errors: dict[str, int] = {}
    for _, own in kept:
        for name, count in own.items():
            errors[name] = errors.get(name, 0) + count
    answered = tuple(sorted(value for values, _ in kept for value in values))
    return Step(users, took, answered, errors, (time.process_time() - worked) / took)


def _user(port: int, path: str, until: float, kept: list[float], errors: dict[str, int]) -> None:
    connection = _connection(port)
    while time.perf_counter() < until and len(kept) + sum(errors.values()) < MOST_REQUESTS:
        started = time.perf_counter()
        failed = _ask(connection, path)
        if failed:
            errors[failed] = errors.get(failed, 0) + 1
            connection.close()
            connection = _connection(port)
        else:
            kept.append((time.perf_counter() - started) * 1_000)
    connection.close()


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)


def _ask(connection: http.client.HTTPConnection, path: str) -> str:
    """What went wrong; empty for an answer below 400."""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    except TimeoutError:
        time.sleep(WAIT_SECONDS)
        return f"no answer in {TIMEOUT_SECONDS:g} s"
    except (OSError, http.client.HTTPException) as error:
        time.sleep(WAIT_SECONDS)
        return type(error).__name__
    return f"status {answer.status}" if answer.status >= 400 else ""  # noqa: PLR2004  - where HTTP's errors begin
