"""Who is looking: a notebook with a person, a terminal, an execution without a person, or a plain script."""

import sys
from enum import Enum
from typing import Any

from studio_magics.display.bundle import Display


class FrontEnd(Enum):
    """Where displays go."""

    NOTEBOOK = "notebook"
    """A kernel whose front end can ask its person: progress is shown."""
    TERMINAL = "terminal"
    """IPython in a terminal: progress is one line."""
    HEADLESS = "headless"
    """Output is kept, nobody watches (nbclient, nbval, papermill): no progress, no prompt."""
    SCRIPT = "script"
    """No IPython: nothing is displayed."""


def shell() -> Any | None:
    """The running IPython shell, if there is one; never imports IPython."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def front_end() -> FrontEnd:
    """Who is looking right now; a kernel is asked anew for every cell."""
    running = shell()
    if running is None:
        return FrontEnd.SCRIPT
    kernel = getattr(running, "kernel", None)
    if kernel is not None:
        return FrontEnd.NOTEBOOK if getattr(kernel, "_allow_stdin", False) else FrontEnd.HEADLESS
    return FrontEnd.TERMINAL if sys.stdout.isatty() else FrontEnd.HEADLESS


def show(display: Display) -> None:
    """Put a display into the output of the cell; does nothing in a script."""
    if front_end() is FrontEnd.SCRIPT:
        return
    publish(display.mimebundle())


def publish(bundle: dict[str, Any], *, display_id: str | None = None, update: bool = False) -> None:
    """Send a bundle to the front end, or put it in the place of an earlier one."""
    running = shell()
    if running is None:
        return
    transient = {"display_id": display_id} if display_id else None
    running.display_pub.publish(data=bundle, metadata={}, transient=transient, update=update)
