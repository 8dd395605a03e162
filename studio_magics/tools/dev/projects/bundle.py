"""The project as one archive: the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EARLIEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


def zipped(files: Mapping[str, str], folder: str) -> bytes:
    """A ZIP archive with everything below one folder."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE
            archive.writestr(entry, files[name])
    return stream.getvalue()
