"""The Studio of a notebook: everything the Python API does, and its panel."""

from __future__ import annotations

from functools import cache
from typing import Any

from studio_magics.display import formats
from studio_magics.display.front_end import shell
from studio_magics.runners.studio import Studio


class NotebookStudio(Studio):
    """What `from studio_magics import studio` gives."""

    def panel(self) -> Any:
        """A live widget: balance, limits, refresh.

        Raises:
            NotInstalled: ipywidgets is missing.
        """
        from studio_magics.panels.balance_panel import balance_panel

        return balance_panel(self)


@cache
def this_studio() -> NotebookStudio:
    """The Studio of this process; a running shell learns to draw its answers."""
    running = shell()
    if running is not None:
        formats.register(running)
    return NotebookStudio()
