"""Tar archives, plain and compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

from tests.hostile_files.case import Case
from tests.hostile_files.zips import NAMES
from tests.hostile_files.zips import packed as zipped


def packed(
    *entries: tuple[str, bytes],
    kind: bytes = tarfile.REGTYPE,
    form: int = tarfile.PAX_FORMAT,
    target: str = "",
    headers: dict[str, str] | None = None,
) -> bytes:
    """An archive of these entries, all of this kind."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            info.pax_headers = dict(headers or {})
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def with_header(content: bytes, at: int, value: bytes) -> bytes:
    """The archive with one field of its first header changed, and the check sum made right again."""
    header = bytearray(content[:512])
    header[at : at + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\x00 " % sum(header)
    return bytes(header) + content[512:]


def squeezed(content: bytes) -> bytes:
    """The same, with gzip."""
    return gzip.compress(content, mtime=0)


def sized(name: str, size: int) -> bytes:
    """A header that says this size, and nothing after it."""
    return with_header(packed((name, b"x"))[:512], 124, b"%011o\x00" % size)


PLAIN = packed(("a.csv", b"id\n1\n"), ("folder/b.csv", b"id\n2\n"))
LONG = "n" * 200 + ".csv"
HOSTILE = [
    *(
        Case(f"tar entry {what}", "a.tar", packed((name, b"x")), said)
        for what, (name, said) in NAMES.items()
        if what != "absolute on a share"
    ),
    Case("tar entry on a share", "a.tar", packed(("\\\\host\\a", b"x")), "absolute name"),
    Case("tar entry climbing, in gzip", "a.tgz", squeezed(packed(("../a", b"x"))), "'..'"),
    Case("tar entry climbing, in bzip2", "a.tar.bz2", bz2.compress(packed(("../a", b"x"))), "'..'"),
    Case("tar entry climbing, in xz", "a.tar.xz", lzma.compress(packed(("../a", b"x"))), "'..'"),
    Case(
        "tar entry climbing, by a long GNU name",
        "a.tar",
        packed(("../" + "n" * 150, b"x"), form=tarfile.GNU_FORMAT),
        "'..'",
    ),
    Case(
        "tar entry climbing, by its prefix",
        "a.tar",
        with_header(packed(("a", b"x"), form=tarfile.USTAR_FORMAT), 345, b"../.."),
        "'..'",
    ),
    Case(
        "tar with a symbolic link",
        "a.tar",
        packed(("a", b""), kind=tarfile.SYMTYPE, target="/etc/passwd"),
        "a link",
    ),
    Case("tar with a hard link", "a.tar", packed(("a", b""), kind=tarfile.LNKTYPE, target="../b"), "a link"),
    Case(
        "tar with a long link",
        "a.tar",
        packed(("a", b""), kind=tarfile.SYMTYPE, target="t" * 200, form=tarfile.GNU_FORMAT),
        "a link",
    ),
    Case("tar with a device", "a.tar", packed(("a", b""), kind=tarfile.CHRTYPE), "a device"),
    Case("tar with a disk", "a.tar", packed(("a", b""), kind=tarfile.BLKTYPE), "a device"),
    Case("tar with a pipe", "a.tar", packed(("a", b""), kind=tarfile.FIFOTYPE), "a device"),
    Case("tar with a sparse file", "a.tar", packed(("a", b""), kind=b"S"), "unusual file"),
    Case("tar of several volumes", "a.tar", packed(("a", b""), kind=b"M"), "unusual file"),
    Case("tar with a volume label", "a.tar", packed(("a", b""), kind=b"V"), "unusual file"),
    Case("tar with an unknown kind", "a.tar", packed(("a", b""), kind=b"Z"), "unusual file"),
    Case(
        "tar with holes",
        "a.tar",
        packed(("a", b"x"), headers={"GNU.sparse.major": "1"}),
        "holes or hidden sizes",
    ),
    Case(
        "tar with a hidden size", "a.tar", packed(("a", b"x"), headers={"size": "9"}), "holes or hidden sizes"
    ),
    Case(
        "tar with a name for all",
        "a.tar",
        with_header(packed(("a", b"20 path=../../a.csv\n")), 156, b"g"),
        "renames all",
    ),
    Case("tar with a huge header", "a.tar", with_header(sized("a", 50_000_000), 156, b"x"), "huge headers"),
    Case("tar with a huge name", "a.tar", with_header(sized("a", 50_000_000), 156, b"L"), "huge headers"),
    Case(
        "tar with headers only", "a.tar", with_header(packed(("a", b""))[:512], 156, b"K") * 9, "huge headers"
    ),
    Case(
        "tar with a damaged header record",
        "a.tar",
        with_header(packed(("a", b"99 path=b\n")), 156, b"x"),
        "damaged headers",
    ),
    Case("tar of too much", "a.tar", sized("a", 3_000_000_000), "2,000 MB unpacked"),
    Case(
        "tar of a negative size",
        "a.tar",
        with_header(packed(("a", b"x")), 124, b"\xff" * 12),
        "impossible size",
    ),
    Case(
        "tar of a binary size",
        "a.tar",
        with_header(packed(("a", b"x")), 124, b"\x80" + bytes(10) + b"\x09"),
        "impossible size",
    ),
    Case(
        "tar of a size that is no number",
        "a.tar",
        with_header(packed(("a", b"x")), 124, b"12 34-7"),
        "impossible size",
    ),
    Case("tar cut off", "a.tar", PLAIN[:700], "cut off"),
    Case("tar cut off in gzip", "a.tgz", squeezed(PLAIN)[:-20], "cut off"),
    Case("tar with a wrong check sum", "a.tar", PLAIN[:100] + b"9" + PLAIN[101:], "damaged tar"),
    Case("tar with the same name twice", "a.tar", packed(("a", b"1"), ("a", b"2")), "two entries"),
    Case("tar with names of one case", "a.tar", packed(("A", b"1"), ("a", b"2")), "two entries"),
    Case("tar with a file as a folder", "a.tar", packed(("a", b"1"), ("a/b", b"2")), "a file and a folder"),
    Case("tar with a full folder", "a.tar", packed(("a", b"x"), kind=tarfile.DIRTYPE), "with content"),
    Case(
        "tar of too many",
        "a.tar",
        lambda: packed(*((f"{n}", b"") for n in range(10_001))),
        "more than 10,000",
    ),
    Case(
        "tar bomb",
        "a.tgz",
        lambda: squeezed(packed(("a.csv", bytes(40_000_000)))),
        "grows more than 200 times",
    ),
    Case("tar in a tar", "a.tar", packed(("b.tar", PLAIN)), "a tar archive inside"),
    Case("zip in a tar", "a.tar", packed(("b.csv", zipped(("a", b"x")))), "a ZIP archive inside"),
    Case("gzip in a tar", "a.tgz", squeezed(packed(("b.csv.gz", squeezed(b"x")))), "a gzip file inside"),
    Case("pickle in a tar", "a.tar", packed(("b.csv", b"\x80\x05K\x01.")), "a pickle inside"),
    Case("tar with a pickle by name", "a.tar", packed(("model.joblib", b"x")), "a pickle inside"),
]
HARMLESS = [
    Case("a plain tar", "a.tar", PLAIN),
    Case("a tar in gzip", "a.tgz", squeezed(PLAIN)),
    Case("a tar in xz", "a.tar.xz", lzma.compress(PLAIN)),
    Case("a tar with a long name in pax", "a.tar", packed((LONG, b"x"))),
    Case("a tar with a long name in GNU's form", "a.tar", packed((LONG, b"x"), form=tarfile.GNU_FORMAT)),
    Case("a tar of the oldest form", "a.tar", packed(("a/b.csv", b"x"), form=tarfile.USTAR_FORMAT)),
    Case("a tar with a folder", "a.tar", packed(("a", b""), kind=tarfile.DIRTYPE)),
    Case("a tar with names in many scripts", "a.tar", packed(("дані/表.csv", b"1"))),
    Case("a tar with times in pax", "a.tar", packed(("a", b"x"), headers={"mtime": "1.5"})),
    Case("a tar of a text that speaks of links", "a.tar", packed(("a.txt", b"../../etc/passwd -> link"))),
]
