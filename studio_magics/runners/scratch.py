"""A private temporary folder that lives as long as what uses it, and goes away quietly with it."""

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp


class ScratchFolder:
    """A folder only this user reads; removed with this object, at the latest when the process ends."""

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="studio-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def remove(self) -> None:
        """Remove it now."""
        self._remove()
