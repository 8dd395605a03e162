"""Pickles of every protocol, under every name, packed and bare; and arrays that hold objects."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zlib

import numpy as np

from tests.hostile_files.case import Case
from tests.hostile_files.zips import packed


class Trap:
    """Writes itself as a call of `print`; nothing here ever loads it."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """What a pickle would call."""
        return print, ("the trap went off",)


def dumped(protocol: int, value: object = None) -> bytes:
    """The trap, or another value, in this protocol."""
    return pickle.dumps(Trap() if value is None else value, protocol)


def saved(array: np.ndarray) -> bytes:
    """The array as `.npy`; objects are written, never read."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npy(header: bytes, version: bytes = b"\x01\x00") -> bytes:
    """A `.npy` file of this header and no content."""
    wide = version[0] > 1
    return b"\x93NUMPY" + version + len(header).to_bytes(4 if wide else 2, "little") + header


NAMES = (
    *(
        "a.pkl",
        "a.PICKLE",
        "a.p",
        "a.joblib",
        "a.dill",
        "a.pt",
        "a.pth",
        "a.ckpt",
        "a.npz",
        "a.rds",
        "a.RData",
    ),
    *(
        "a.mat",
        "a.h5",
        "a.hdf5",
        "a.keras",
        "a.pkl.gz",
        "a.joblib.xz",
        "a.pickle.zip",
        "a.pyc",
        "a.cloudpickle",
    ),
)
OLD_SYSTEM = b"cos\nsystem\n(S'true'\ntR."
OLD_INSTANCE = b"(S'true'\nios\nsystem\n."
OBJECTS = np.array([{"a": 1}, None], dtype=object)
FIELDS = np.array([(1, "x")], dtype=[("n", "i4"), ("o", "O")])
HOSTILE = [
    *(Case(f"the name {name}", name, b"harmless", "file" if "5" in name else "") for name in NAMES),
    *(Case(f"a pickle of protocol {n} as a table", "a.csv", dumped(n), "a pickle") for n in range(6)),
    *(Case(f"a pickle of protocol {n} as JSON", "a.json", dumped(n), "a pickle") for n in (0, 2, 4)),
    Case("a pickle that calls by GLOBAL", "a.txt", OLD_SYSTEM, "a pickle of an old protocol"),
    Case("a pickle that calls by INST", "a.txt", OLD_INSTANCE, "a pickle of an old protocol"),
    Case("a pickle without a name", "a", dumped(4), "a pickle"),
    Case("a pickle in gzip", "a.csv.gz", gzip.compress(dumped(4), mtime=0), "a pickle"),
    Case(
        "an old pickle in gzip", "a.csv.gz", gzip.compress(OLD_SYSTEM, mtime=0), "a pickle of an old protocol"
    ),
    Case("a pickle in bzip2", "a.bz2", bz2.compress(dumped(4)), "a pickle"),
    Case("a pickle in xz", "a.xz", lzma.compress(dumped(4)), "a pickle"),
    Case("a pickle as joblib packs it", "a.z", zlib.compress(dumped(4)), "a pickle"),
    Case("a pickle in a zip", "a.zip", packed(("a", dumped(4))), "a pickle inside"),
    Case("an array of objects", "a.npy", saved(OBJECTS), "an array of Python objects"),
    Case("an array of objects as a table", "a.csv", saved(OBJECTS), "an array of Python objects"),
    Case("an array of fields with objects", "a.npy", saved(FIELDS), "an array of Python objects"),
    Case(
        "an array larger than its file",
        "a.npy",
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (900000000,), }"),
        "declares more",
    ),
    Case(
        "an array of a huge shape",
        "a.npy",
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"9" * 40 + b",), }"),
        "declares more",
    ),
    Case(
        "an array of wide texts",
        "a.npy",
        npy(b"{'descr': '<U99999', 'fortran_order': False, 'shape': (99999,), }"),
        "declares more",
    ),
    Case("an array with a huge header", "a.npy", npy(b"(" * 60_000), "impossible header"),
    Case(
        "an array with a header of four gigabytes",
        "a.npy",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"{" * 500,
        "impossible header",
    ),
    Case(
        "an array with code in its header",
        "a.npy",
        npy(b"{'descr': __import__('os').system('true'), 'shape': ()}"),
        "an array of Python objects",
    ),
    Case("an array without a shape", "a.npy", npy(b"{'descr': '<f8'}"), "an array of Python objects"),
    Case("an array cut off", "a.npy", saved(np.arange(9))[:60], "impossible header"),
    Case("HDF5 as a table", "a.csv", b"\x89HDF\r\n\x1a\n" + bytes(80), "may hold pickles"),
]
HARMLESS = [
    Case("a text about pickles", "a.txt", b"(d is how a pickle begins, and a dot ends it."),
    Case("a table that begins with c", "a.csv", b"cos\nsystem\n"),
    Case("a table whose first cell is a dot", "a.csv", b".\n1\n"),
    Case("a table named after pickles", "pickle.csv", b"id\n1\n"),
    Case("a text in Latin-1 with a euro sign", "a.txt", b"\x80 12\n"),
    Case("an array of numbers", "a.npy", saved(np.arange(9))),
    Case("an array of texts", "a.npy", saved(np.array(["a", "bc"]))),
    Case("an array of dates", "a.npy", saved(np.array(["2026-01-15"], dtype="datetime64[D]"))),
    Case("an array of no numbers", "a.npy", saved(np.zeros((0, 3)))),
    Case("an array of two dimensions", "a.npy", saved(np.zeros((4, 3), order="F"))),
]
