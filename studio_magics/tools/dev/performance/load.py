"""Sends requests to a server of the run's own: more users step by step, and what each step bore.

Every user asks, waits for the whole answer and asks again at once (a closed loop): a server that stalls is
asked less while it stalls. Latency is the time from the sending of a request to the last byte of its answer,
with a new connection where the server has closed the last one.
"""

from __future__ import annotations

import http.client
import math
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Sequence

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 5.0
READY_SECONDS = 12.0
WAIT_SECONDS = 0.05
CUT_SECONDS = 1.0
MOST_REQUESTS = 50_000
PIECE_BYTES = 65_536
SHOWN_CHARACTERS = 100
SURE = 1.96
"""Standard deviations of 95 %."""
FLAT = 1.1
"""A step that brings less than a tenth more for twice the users is past the knee."""
CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
"""How a connection shows that the server closed it after its last answer, as it may at any time."""
ENDLESS = "no end of the answer"
REDIRECTS, ERRORS = 300, 400
"""Where HTTP's redirects and its errors begin."""


@dataclass(frozen=True)
class Step:
    """What one number of users saw."""

    users: int
    seconds: float
    """Until the last answer was there: those under way when the step ended are waited for."""
    per_second: float
    """Answered requests."""
    milliseconds: tuple[float, ...]
    """Of the answered requests, sorted."""
    errors: dict[str, int]
    generator_share: float
    """Of the wall time that asking itself took; near 1 the figures are the generator's."""
    reconnected: int = 0
    """Requests that were sent again, because the server had closed the connection that was kept open."""
    redirects: dict[str, int] = field(default_factory=dict[str, int])
    """Answers that only lead elsewhere, by where."""
    memory_bytes: int = 0
    """Of the server at the end of the step; 0 when unknown."""

    @property
    def failed(self) -> int:
        """Requests without an answer, or with one that says that something is wrong."""
        return sum(self.errors.values())

    @property
    def requests(self) -> int:
        """Answered and failed."""
        return len(self.milliseconds) + self.failed

    @property
    def of_all(self) -> tuple[float, ...]:
        """Milliseconds of all requests, sorted; of those that failed for ever."""
        return self.milliseconds + (math.inf,) * self.failed


@dataclass
class Tally:
    """What one user saw."""

    milliseconds: list[float] = field(default_factory=list[float])
    first_over: float = 0.0
    """Seconds from the beginning of the step until the first request had ended, either way."""
    last_over: float = 0.0
    """The same of the last one."""
    answered_first: bool = False
    errors: dict[str, int] = field(default_factory=dict[str, int])
    redirects: dict[str, int] = field(default_factory=dict[str, int])
    reconnected: int = 0

    @property
    def asked(self) -> int:
        """Requests until now."""
        return len(self.milliseconds) + sum(self.errors.values())

    def note(self, failed: str, began: float, ended: float) -> None:
        """One more request, which took from `began` to `ended`, in seconds of the step."""
        if not self.asked:
            self.first_over, self.answered_first = ended, not failed
        self.last_over = ended
        if failed:
            self.errors[failed] = self.errors.get(failed, 0) + 1
        else:
            self.milliseconds.append((ended - began) * 1_000)

    @property
    def steady(self) -> tuple[int, float]:
        """Answers, and the seconds in which they came, without the first: at the start nobody waits yet."""
        if self.asked <= 1:
            return len(self.milliseconds), self.last_over
        return len(self.milliseconds) - self.answered_first, self.last_over - self.first_over


def rate(tallies: Sequence[Tally]) -> float:
    """Answers a second of all users together (Little's law: users over the mean time from answer to answer).

    Whoever is still waiting when the step ends makes the step no longer, nor the rate lower.
    """
    counted = [one.steady for one in tallies]
    seconds = sum(took for _, took in counted)
    return len(counted) * sum(count for count, _ in counted) / seconds if seconds > 0 else 0.0


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
    """Let so many users ask one after another for so long; whoever waits much longer is cut off."""
    began, worked = time.perf_counter(), time.process_time()
    asking = [User(port, path, began, seconds) for _ in range(users)]
    for user in asking:
        user.start()
    for user in asking:
        user.join(max(0.0, began + seconds + TIMEOUT_SECONDS - time.perf_counter()))
    for user in asking:
        user.cut()
    for user in asking:
        user.join(CUT_SECONDS)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    tallies = [user.tally for user in asking]
    return Step(
        users=users,
        seconds=took,
        per_second=rate(tallies),
        milliseconds=tuple(sorted(value for one in tallies for value in one.milliseconds)),
        errors=_added(one.errors for one in tallies),
        generator_share=worked / took,
        reconnected=sum(one.reconnected for one in tallies),
        redirects=_added(one.redirects for one in tallies),
    )


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found


class User(threading.Thread):
    """Asks again and again over one connection, which is kept open as long as the server wants it."""

    def __init__(self, port: int, path: str, began: float, seconds: float) -> None:
        super().__init__(daemon=True)
        self.tally = Tally()
        self._path = path
        self._began = began
        self._until = began + seconds
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)
        self._socket: socket.socket | None = None
        """Of the request under way; an answer that ends with its connection takes it from the connection."""
        self._is_cut = False

    def run(self) -> None:
        """Ask until the time is up."""
        while time.perf_counter() < self._until and self.tally.asked < MOST_REQUESTS:
            started = time.perf_counter()
            failed = self._ask()
            self.tally.note(failed, started - self._began, time.perf_counter() - self._began)
            if failed:
                self._connection.close()
        self._connection.close()

    def cut(self) -> None:
        """End a request that takes for ever; it is an error."""
        if self.is_alive() and self._socket is not None:
            self._is_cut = True
            with suppress(OSError):  # it has just ended
                self._socket.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> str:
        """What went wrong; empty for an answer below 400."""
        try:
            said = self._finish(self._send())
        except TimeoutError:
            return f"no answer in {TIMEOUT_SECONDS:g} s"
        except (OSError, http.client.HTTPException) as error:
            said = type(error).__name__
            time.sleep(WAIT_SECONDS)
        return ENDLESS if self._is_cut else said

    def _send(self) -> http.client.HTTPResponse:
        """The beginning of an answer; asked once more when a connection that was kept turns out closed."""
        was_open = self._connection.sock is not None
        try:
            return self._exchange()
        except CLOSED:
            if not was_open or self._is_cut:
                raise
        self._connection.close()
        self.tally.reconnected += 1
        return self._exchange()

    def _exchange(self) -> http.client.HTTPResponse:
        self._connection.request("GET", self._path)
        self._socket = self._connection.sock
        return self._connection.getresponse()

    def _finish(self, answer: http.client.HTTPResponse) -> str:
        """Take the whole answer, keeping nothing of it."""
        while answer.read(PIECE_BYTES):
            pass
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        if REDIRECTS <= answer.status < ERRORS:
            where = f"{answer.status} to {answer.getheader('Location', 'nowhere')[:SHOWN_CHARACTERS]}"
            self.tally.redirects[where] = self.tally.redirects.get(where, 0) + 1
        return f"status {answer.status}" if answer.status >= ERRORS else ""
