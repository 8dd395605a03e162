"""What stops a command: a program that failed, or something the machine lacks."""

from collections.abc import Sequence
from pathlib import Path

SHOWN_LINES = 25
"""How much of a failed program's log is shown."""


class Stopped(Exception):
    """Base of what is told to the user in a few lines, without a traceback."""


class CommandFailed(Stopped):
    """A program ended with another status than 0, or could not be started (status 127)."""

    def __init__(self, arguments: Sequence[str], *, status: int, log: Path) -> None:
        self.arguments = tuple(arguments)
        self.status = status
        self.log = log
        lines = log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        end = "".join(f"\n    {line}" for line in lines)
        super().__init__(f"{' '.join(arguments)} ended with status {status}{end}\n  whole log: {log}")


class SetupFailed(Stopped):
    """The machine lacks something that set-up cannot install by itself."""

    def __init__(self, missing: str, *, action: str) -> None:
        self.missing = missing
        self.action = action
        super().__init__(f"{missing}\n  Next: {action}")


class LabFailed(Stopped):
    """JupyterLab did not start, or the first notebook did not do what it promises."""

    def __init__(self, what: str, *, log: Path) -> None:
        self.what = what
        self.log = log
        super().__init__(f"{what}\n  log: {log}")
