"""Pickles and what holds pickles: formats that can run code when opened, found without opening them."""

from __future__ import annotations

import pickletools
import warnings
from typing import TYPE_CHECKING

from studio_magics.tools.intake.compressed import unpacked
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.tools.intake.compressed import Compression

SUFFIXES: dict[str, str] = {
    ".pkl": "a pickle",
    ".pickle": "a pickle",
    ".p": "a pickle",
    ".joblib": "a joblib file",
    ".dill": "a dill file",
    ".cloudpickle": "a pickle",
    ".pt": "a torch file",
    ".pth": "a torch file",
    ".ckpt": "a checkpoint",
    ".npz": "an archive of arrays",
    ".rds": "an R object",
    ".rdata": "an R object",
    ".mat": "a MATLAB file",
    ".h5": "an HDF5 file",
    ".hdf5": "an HDF5 file",
    ".hdf": "an HDF5 file",
    ".keras": "a Keras model",
    ".shelf": "a shelf",
    ".marshal": "marshalled code",
    ".pyc": "compiled Python",
}
ACTION = "write `frame.to_parquet('data.parquet')` instead"
ALLOWED = "data that cannot run code when it is opened"
LOOKED_AT_BYTES = 1 << 16
NAMES_SOMETHING = frozenset({"GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"})
"""What loads a class or a function; plain text that happens to be a program of pickle's has none of these."""
PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".z", ".zip")


def refuse_by_name(name: str) -> None:
    """Refuse a file whose ending means that opening it may run code, packed or not.

    Raises:
        IntakeRefused: Naming the format.
    """
    lowered = name.lower()
    for ending in PACKED_ENDINGS:
        lowered = lowered.removesuffix(ending)
    found = next((title for ending, title in SUFFIXES.items() if lowered.endswith(ending)), None)
    if found is not None:
        raise _refused(found)


def refuse_pickle(head: bytes) -> None:
    """Refuse content that is the beginning of a pickle of any protocol.

    Raises:
        IntakeRefused: It is one.
    """
    if len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5:  # noqa: PLR2004  - protocols 2 to 5
        raise _refused("a pickle, whatever its name says")
    if _is_old_pickle(head):
        raise _refused("a pickle of an old protocol, whatever its name says")


def refuse_packed_pickle(path: Path, kind: Compression) -> None:
    """Refuse a compressed pickle, as pandas and joblib write it.

    Raises:
        IntakeRefused: It is one, or the stream is damaged.
    """
    refuse_pickle(next(unpacked(path, kind), b"")[:LOOKED_AT_BYTES])


def _is_old_pickle(head: bytes) -> bool:
    """A program of protocol 0 or 1 that loads something; it is read here, never run."""
    loads = False
    try:
        with warnings.catch_warnings(action="ignore"):
            for opcode, _, _ in pickletools.genops(head[:LOOKED_AT_BYTES]):
                loads = loads or opcode.name in NAMES_SOMETHING
                if opcode.name == "STOP":
                    return loads
    except (ValueError, IndexError, OverflowError, UnicodeDecodeError):
        return False
    return False


def _refused(found: str) -> IntakeRefused:
    return IntakeRefused(found, ALLOWED, ACTION)
