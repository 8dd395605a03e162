"""Progress, place in the queue and last log lines of runs that are not over.

Kept in memory, told to whoever waits, gone with the process. Used from the event loop only.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

BUMPS_PER_REVISION = 1_000_000
"""A stored change of state outranks any number of progress reports before it."""


UNKNOWN_PAUSE_SECONDS = 1.0
LOG_LINES = 20
LOG_CHARACTERS = 300


@dataclass
class Live:
    """What is known of one run beyond its row."""

    percent: int = 0
    stage: str = ""
    position: int | None = None
    """Place in the queue, 1 is next; None when it does not wait."""
    log: tuple[str, ...] = ()
    bumps: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class LiveRuns:
    """All runs of this process that are not over, and the people waiting for them."""

    def __init__(self) -> None:
        self._runs: dict[str, Live] = {}

    def of(self, run_id: str) -> Live | None:
        """What is known of the run, or None when it is not live here."""
        return self._runs.get(run_id)

    def begin(self, run_id: str, stage: str) -> None:
        """The run is live from now on."""
        self._runs[run_id] = Live(stage=stage)

    def report(self, run_id: str, percent: int, stage: str, log: Iterable[str] = ()) -> bool:
        """Note progress and new log lines, and wake who waits; False when they said nothing new."""
        live, lines = self._runs.get(run_id), tuple(map(readable, log))
        if live is None or (not lines and (live.percent, live.stage) == (percent, stage)):
            return False
        live.percent, live.stage = max(live.percent, percent), stage
        live.log = (*live.log, *lines)[-LOG_LINES:]
        self.touch(run_id)
        return True

    def place(self, run_id: str, position: int | None) -> bool:
        """Note its place in the queue and wake who waits; False when it is where it was."""
        live = self._runs.get(run_id)
        if live is None or live.position == position:
            return False
        live.position = position
        self.touch(run_id)
        return True

    def touch(self, run_id: str) -> None:
        """Wake who waits for a change of this run."""
        live = self._runs.get(run_id)
        if live is None:
            return
        live.bumps = min(live.bumps + 1, BUMPS_PER_REVISION - 1)
        live.changed.set()
        live.changed = asyncio.Event()

    def end(self, run_id: str) -> None:
        """The run is over; everybody who waits is woken."""
        live = self._runs.pop(run_id, None)
        if live is not None:
            live.changed.set()

    async def changed(self, run_id: str, patience_seconds: float) -> None:
        """Wait for the next change of the run, or until patience ends."""
        live = self._runs.get(run_id)
        if live is None:
            # Not over and not live here: its end could not be written. Asking again at once would not help.
            await asyncio.sleep(min(patience_seconds, UNKNOWN_PAUSE_SECONDS))
            return
        try:
            await asyncio.wait_for(live.changed.wait(), patience_seconds)
        except TimeoutError:
            return


def readable(line: str) -> str:
    """A line of a tool's log as people may see it: one line of printable signs, cut to a length."""
    clean = "".join(sign if sign.isprintable() else " " for sign in line)
    return " ".join(clean.split())[:LOG_CHARACTERS]


def revision(stored: int, live: Live | None) -> int:
    """One number that rises with every change, stored or live."""
    return stored * BUMPS_PER_REVISION + (live.bumps if live else 0)
