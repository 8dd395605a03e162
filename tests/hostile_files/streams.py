"""Compressed streams that hold no archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib

from tests.hostile_files.case import Case

TEXT = b'{"a": [1, 2, 3]}\n' * 50


def gz(content: bytes) -> bytes:
    """Gzip without a time."""
    return gzip.compress(content, mtime=0)


def many(count: int) -> bytes:
    """Empty members, one after the other."""
    return gz(b"") * count


HOSTILE = [
    Case("gzip bomb", "a.json.gz", lambda: gz(bytes(60_000_000)), "grows more than 200 times"),
    Case("bzip2 bomb", "a.json.bz2", lambda: bz2.compress(bytes(60_000_000)), "grows more than 200 times"),
    Case("xz bomb", "a.json.xz", lambda: lzma.compress(bytes(60_000_000)), "grows more than 200 times"),
    Case("zlib bomb", "a.json.z", lambda: zlib.compress(bytes(60_000_000)), "grows more than 200 times"),
    Case("gzip bomb in members", "a.json.gz", lambda: gz(bytes(1_000_000)) * 60, "grows more than 200 times"),
    Case("gzip in gzip", "a.json.gz", gz(gz(TEXT)), "packed file inside"),
    Case("gzip in bzip2", "a.json.bz2", bz2.compress(gz(TEXT)), "packed file inside"),
    Case("zip in gzip", "a.gz", gz(b"PK\x03\x04" + bytes(60)), "packed file inside"),
    Case("rar in gzip", "a.gz", gz(b"Rar!\x1a\x07\x00" + bytes(60)), "packed file inside"),
    Case("gzip cut off", "a.json.gz", gz(TEXT)[:-9], "cut off"),
    Case("gzip without its check sum", "a.json.gz", gz(TEXT)[:-8], "cut off"),
    Case("gzip of a head only", "a.json.gz", gz(TEXT)[:10], "cut off"),
    Case("bzip2 cut off", "a.json.bz2", bz2.compress(TEXT)[:-5], "cut off"),
    Case("xz cut off", "a.json.xz", lzma.compress(TEXT)[:-12], "cut off"),
    Case("gzip with a wrong check sum", "a.json.gz", gz(TEXT)[:-8] + bytes(8), "damaged gzip"),
    Case(
        "gzip with broken content", "a.json.gz", gz(TEXT)[:12] + b"\xff" * 20 + gz(TEXT)[32:], "damaged gzip"
    ),
    Case("bzip2 with broken content", "a.json.bz2", bz2.compress(TEXT)[:20] + bytes(60), "damaged bzip2"),
    Case(
        "xz that wants much memory",
        "a.xz",
        lambda: lzma.compress(TEXT, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]),
        "damaged xz",
    ),
    Case("gzip with a tail", "a.json.gz", gz(TEXT) + b"#!/bin/sh", "bytes after the end"),
    Case("gzip with padding and a tail", "a.json.gz", gz(TEXT) + bytes(8) + b"more", "bytes after the end"),
    Case("gzip of ten thousand members", "a.json.gz", lambda: many(10_002), "more than 10,000 streams"),
    Case("7-zip", "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(80), "a 7-Zip archive"),
    Case("rar", "a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(80), "a RAR archive"),
    Case("zstd", "a.csv.zst", b"\x28\xb5\x2f\xfd" + bytes(80), "a Zstandard file"),
    Case("rar named as a table", "a.csv", b"Rar!\x1a\x07\x01\x00" + bytes(80), "a RAR archive"),
]
HARMLESS = [
    Case("a gzip", "a.json.gz", gz(TEXT)),
    Case("a gzip of several members", "a.json.gz", gz(TEXT) + gz(TEXT)),
    Case("a gzip with padding", "a.json.gz", gz(TEXT) + bytes(512)),
    Case("a bzip2", "a.json.bz2", bz2.compress(TEXT)),
    Case("an xz", "a.json.xz", lzma.compress(TEXT)),
    Case("a small gzip of zeros", "a.bin.gz", gz(bytes(1_000_000))),
    Case("a gzip of a megabyte and a bit", "a.bin.gz", gz(b"a" * ((1 << 20) + 7))),
    Case("a gzip of exactly a megabyte", "a.bin.gz", gz(b"a" * (1 << 20))),
    Case("a table in gzip", "a.csv.gz", gz(b"id\n1\n")),
]
