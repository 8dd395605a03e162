"""A run that was started and not waited for: it goes on at the server, whatever becomes of this kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_magics.contracts.runs import TERMINAL_STATES

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.contracts.runs import Run, RunState
    from studio_magics.runners.outcome import StudioRun
    from studio_magics.runners.studio import Studio


@dataclass(eq=False)
class DetachedRun:
    """A run on the server. Its number is all that is needed to find it again: `studio.wait(id)`."""

    run: Run
    """As it was when last looked at."""
    studio: Studio = field(repr=False)

    @property
    def id(self) -> str:
        """The number of the run."""
        return self.run.id

    @property
    def state(self) -> RunState:
        """How it is now; asks the server unless it was over already."""
        return self._now().state

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self.state in TERMINAL_STATES

    @property
    def result(self) -> ToolResult | None:
        """What the tool found; waits for the end, showing nothing.

        Raises:
            RunFailed: It ended without a result; the text says what was charged.
        """
        return self.wait(quiet=True).result

    def wait(self, timeout: float | None = None, *, quiet: bool = False) -> StudioRun:
        """The run when it is over, with receipt and result shown unless `quiet`.

        Raises:
            StillRunning: `timeout` seconds have passed; the run goes on.
            RunFailed: It ended without a result; the text says what was charged.
        """
        ended = self.studio.wait(self.id, timeout=timeout, quiet=quiet)
        self.run = ended.run or self.run
        return ended

    def cancel(self) -> Run:
        """Stop it; what it used so far is charged, the rest goes back."""
        self.run = self.studio.cancel(self.id)
        return self.run

    def _now(self) -> Run:
        if self.run.state not in TERMINAL_STATES:
            self.run = self.studio.run_info(self.id)
        return self.run
