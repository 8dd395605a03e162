"""Shows a run that came to its end: the receipt in the place of the progress, the result below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.client.refusals import RunFailed
from studio_magics.display import formats
from studio_magics.display.front_end import FrontEnd, front_end, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.display.progress import Progress
    from studio_magics.runners.outcome import StudioRun


def shown(work: Callable[[], StudioRun], progress: Progress, *, quiet: bool) -> StudioRun:
    """Do the work and show what came of it, unless `quiet`; a failure shows what it did cost.

    Raises:
        StudioRefusal: As `work` does.
    """
    try:
        run = work()
    except RunFailed as failed:
        progress.finish(failed.run.cost_display() if failed.run and failed.run.receipt else None)
        raise
    except BaseException:
        progress.finish(None)
        raise
    progress.finish(None if quiet else run.cost_display())
    _show_result(run, quiet=quiet)
    return run


def _show_result(run: StudioRun, *, quiet: bool) -> None:
    if front_end() is FrontEnd.SCRIPT:
        return
    found = None if quiet else run.result_display()
    if found is not None:
        show(found)
    formats.mark_shown(run)
