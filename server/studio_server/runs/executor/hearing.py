"""What a worker says while it runs: progress, lines of its log, and what it prints. Shown, never believed."""

import json
import os
import select
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BYTES = 65_536
PIECES_PER_TURN = 8
LOG_BYTES = 65_536
STAGE_CHARACTERS = 200
LOGGED_CHARACTERS = 300
LOGGED_LINES = 20
LINES_AT_ONCE = 100
"""Of one piece that was read the last so many lines count: a flood must not delay the watch."""


class Hearing:
    """Takes from two pipes without ever waiting, a few pieces per turn: who says more has to wait."""

    def __init__(self, progress: int, output: int) -> None:
        """Listen to the reading ends of the two pipes."""
        self.begun = False
        self._takers: dict[int, Callable[[bytes], None]] = {
            progress: self._take_progress,
            output: self._take_output,
        }
        self._unfinished = b""
        self._unsaid: dict[str, Any] = {}
        self._said: dict[str, Any] = {"event": "progress", "percent": 0, "stage": ""}
        self._logged: list[str] = []
        self._log = -1
        self._log_left = LOG_BYTES

    def keep_output_in(self, path: str) -> None:
        """Keep the beginning of what the worker prints, for the operator."""
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def drain(self) -> None:
        """Take what is there."""
        for descriptor, take in list(self._takers.items()):
            for _ in range(PIECES_PER_TURN):
                if not select.select([descriptor], [], [], 0)[0]:
                    break
                part = os.read(descriptor, READ_BYTES)
                if not part:
                    del self._takers[descriptor]
                    break
                take(part)

    def news(self) -> dict[str, Any]:
        """One message that a pipe takes whole or not at all, the log's older lines give way; or nothing."""
        while self._logged and len(json.dumps(self._unsaid)) >= select.PIPE_BUF:
            self._logged.pop(0)
            self._unsaid = self._said | {"log": self._logged}
        found = self._unsaid
        self._unsaid, self._logged = {}, []
        return found

    def _take_progress(self, part: bytes) -> None:
        """Keep what the whole lines say until the next report; an endless line is dropped."""
        self.begun = True
        *lines, rest = (self._unfinished + part).split(b"\n")
        self._unfinished = rest if len(rest) < READ_BYTES else b""
        for line in lines[-LINES_AT_ONCE:]:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        """The newest progress, or one more line of the log: the last ones are kept, cut to a length."""
        try:
            said = json.loads(line)
            if "log" in said:
                self._logged = [*self._logged, str(said["log"])[:LOGGED_CHARACTERS]][-LOGGED_LINES:]
            else:
                percent = min(100, max(0, int(said["percent"])))
                self._said = self._said | {"percent": percent, "stage": str(said["stage"])[:STAGE_CHARACTERS]}
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return
        self._unsaid = self._said | {"log": self._logged}

    def _take_output(self, part: bytes) -> None:
        kept = part[: self._log_left]
        self._log_left -= len(kept)
        if kept:
            os.write(self._log, kept)
