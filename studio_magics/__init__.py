"""Metered work inside a notebook: what a run will cost, what it did cost, and what is left.

    %load_ext studio_magics
    %studio

or in Python: `from studio_magics import studio`. Importing this package imports nothing heavy.
"""

from typing import TYPE_CHECKING, Any

from studio_magics.contracts.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from studio_magics.panels.notebook import NotebookStudio

    studio: NotebookStudio

__all__ = ["__version__", "load_ipython_extension", "studio", "unload_ipython_extension"]


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add `%studio`, `%%studio` and their completion to the shell."""
    from studio_magics.magics.extension import load

    load(shell)


def unload_ipython_extension(shell: "InteractiveShell") -> None:
    """Take everything out again that `load_ipython_extension` added."""
    from studio_magics.magics.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    """Give the Python API on first use: `studio` is the one of this process."""
    if name == "studio":
        from studio_magics.panels.notebook import this_studio

        return this_studio()
    message = f"module 'studio_magics' has no attribute '{name}'"
    raise AttributeError(message)
