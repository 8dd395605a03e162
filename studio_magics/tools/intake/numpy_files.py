"""NumPy's `.npy`: the header is read by hand, so that no object and no impossible size is ever loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from pathlib import Path

MAX_HEADER_BYTES = 10_000
PLAIN_TYPE = re.compile(rb"'descr':\s*'[<>|=]?(?:[biufc]\d{1,2}|[?]|[SUVMm]\d{0,6}(?:\[\w{1,12}\])?)'")
SHAPE = re.compile(rb"'shape':\s*\(([0-9, ]*)\)")
ITEM = re.compile(rb"'descr':\s*'[<>|=]?[a-zA-Z?](\d{0,6})")
TEXT = re.compile(rb"'descr':\s*'[<>|=]?U")
ALLOWED = "arrays of plain numbers, dates or text"


def check_npy(path: Path) -> None:
    """Look at the header of a `.npy` file.

    Raises:
        IntakeRefused: It holds Python objects or fields, is damaged, or declares more than is there.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(12)
        wide = len(start) > 6 and start[6] > 1  # noqa: PLR2004  - the version is the seventh byte
        at = 12 if wide else 10
        length = int.from_bytes(start[8:at], "little")
        stream.seek(at)
        header = stream.read(min(length, MAX_HEADER_BYTES + 1))
    if length > MAX_HEADER_BYTES or len(header) < length:
        raise IntakeRefused("an array with an impossible header", ALLOWED, "save it again with numpy.save")
    shape = SHAPE.search(header)
    if not PLAIN_TYPE.search(header) or shape is None:
        raise IntakeRefused(
            "an array of Python objects or of fields",
            ALLOWED,
            "save it with allow_pickle=False, or as Parquet",
        )
    declared = _declared_bytes(header, shape[1])
    if declared > size - at - length:
        raise IntakeRefused(
            "an array that declares more than it holds", ALLOWED, "save it again with numpy.save"
        )


def _declared_bytes(header: bytes, shape: bytes) -> int:
    found = ITEM.search(header)
    total = int(found[1] or b"1") if found else 1
    total *= 4 if TEXT.search(header) else 1
    for part in shape.split(b","):
        if len(part.strip()) > 18:  # noqa: PLR2004  - more digits than any size has
            return 1 << 63
        total *= int(part) if part.strip() else 1
    return total
