"""Shows how far a run is: a bar that the receipt replaces, a line in a terminal, nothing unwatched."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TextIO
from uuid import uuid4

from studio_magics.display.bundle import PROGRESS_MIME, Display
from studio_magics.display.front_end import FrontEnd, front_end, publish, show
from studio_magics.display.markup import element, join

LEAST_SECONDS_BETWEEN = 0.1
WIDEST_LINE = 100
LOG_LINES_SHOWN = 5


class Progress(Protocol):
    """What a runner tells about a run."""

    def update(self, percent: int, stage: str, log: Sequence[str] = ()) -> None:
        """The run is this far, and this is what it logged last, oldest first."""
        ...

    def finish(self, display: Display | None) -> None:
        """The run is over; the display, if any, takes the place of the bar."""
        ...


def progress_for(title: str, *, quiet: bool = False) -> Progress:
    """The progress that fits whoever is looking."""
    if quiet:
        return Silent()
    kind = front_end()
    if kind is FrontEnd.NOTEBOOK:
        return NotebookProgress(title)
    return TerminalProgress(title) if kind is FrontEnd.TERMINAL else Unwatched()


class Silent:
    """Shows nothing at all."""

    def update(self, percent: int, stage: str, log: Sequence[str] = ()) -> None:
        """Do nothing."""

    def finish(self, display: Display | None) -> None:
        """Do nothing."""


class Unwatched(Silent):
    """Shows only what stays: the final display."""

    def finish(self, display: Display | None) -> None:
        """Show the final display."""
        if display is not None:
            show(display)


class NotebookProgress:
    """A bar in the output of the cell, updated in place."""

    def __init__(self, title: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._clock = clock
        self._display_id = uuid4().hex
        self._shown: tuple[int, str, tuple[str, ...]] | None = None
        self._last = float("-inf")

    def update(self, percent: int, stage: str, log: Sequence[str] = ()) -> None:
        """Show a new stage at once, because it may last, and the rest ten times a second at most."""
        state, now = (percent, stage, tuple(log[-LOG_LINES_SHOWN:])), self._clock()
        same_stage = self._shown is not None and self._shown[1] == stage
        if state == self._shown or (same_stage and now - self._last < LEAST_SECONDS_BETWEEN):
            return
        bundle = progress_bundle(self._title, percent, stage, state[2])
        publish(bundle, display_id=self._display_id, update=self._shown is not None)
        self._shown, self._last = state, now

    def finish(self, display: Display | None) -> None:
        """Put the final display, or nothing visible, in the place of the bar."""
        if display is None and self._shown is None:
            return
        bundle = display.mimebundle() if display else {"text/plain": "", "text/html": ""}
        publish(bundle, display_id=self._display_id, update=self._shown is not None)


class TerminalProgress:
    """One line that is written over."""

    def __init__(self, title: str, *, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stdout

    def update(self, percent: int, stage: str, log: Sequence[str] = ()) -> None:
        """Write the new state over the old one, with the last line of the log where it fits."""
        text = " · ".join([_line(self._title, percent, stage), *log[-1:]])[:WIDEST_LINE]
        self._write(f"\r{text.ljust(WIDEST_LINE)}")

    def finish(self, display: Display | None) -> None:
        """Clear the line and print the final display."""
        self._write(f"\r{' ' * WIDEST_LINE}\r")
        if display is not None:
            show(display)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def progress_bundle(title: str, percent: int, stage: str, log: Sequence[str] = ()) -> dict[str, Any]:
    """The bar for every front end, with the last lines of the log below it, always as text."""
    text = _line(title, percent, stage)
    meter = element("progress", value=str(percent), max="100", aria_label=f"{title}: {percent} per cent")
    html = element("div", join([meter, " ", text]), role="status")
    lines = element("pre", "\n".join(log)) if log else ""
    return {
        PROGRESS_MIME: {"title": title, "percent": percent, "stage": stage}
        | ({"log": list(log)} if log else {}),
        "text/html": str(join([html, lines])),
        "text/plain": "\n".join([text, *(f"    {logged}" for logged in log)]),
    }


def _line(title: str, percent: int, stage: str) -> str:
    return f"… {title} · {percent} %" + (f" · {stage}" if stage else "")
