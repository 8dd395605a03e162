"""ZIP archives."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

from tests.hostile_files.case import Case

MOMENT = (2026, 1, 15, 9, 0, 0)
BOMB_BYTES = 40_000_000


def packed(*entries: tuple[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these entries; `mode` is the Unix file type of all of them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, MOMENT)
            info.external_attr = (mode | 0o644) << 16
            info.compress_type = method
            archive.writestr(info, content)
    return file.getvalue()


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same bytes under another name of the same length."""
    return content.replace(old, new)


def changed_end(content: bytes, at: int, form: str, value: int) -> bytes:
    """The archive with one number of its end record changed."""
    end = content.rfind(b"PK\x05\x06")
    changed = bytearray(content)
    struct.pack_into(form, changed, end + at, value)
    return bytes(changed)


def changed_entry(content: bytes, at: int, form: str, value: int) -> bytes:
    """The archive with one number of its first central entry changed."""
    entry = content.find(b"PK\x01\x02")
    changed = bytearray(content)
    struct.pack_into(form, changed, entry + at, value)
    return bytes(changed)


def overlapping() -> bytes:
    """Fifty entries that all point to the same compressed bytes."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezed.compress(bytes(10_000)) + squeezed.flush()
    crc = zlib.crc32(bytes(10_000))
    local = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(body), 10_000, 1, 0) + b"a" + body
    )
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, crc, len(body), 10_000, 1, *[0] * 6)
        + b"a"
        for _ in range(50)
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(directory), len(local), 0)
    return local + directory + end


def overlapping_with_own_names() -> bytes:
    """Two entries of different names whose compressed bytes overlap (a 'quoted' bomb)."""
    first = packed(("a.csv", b"x" * 900), ("b.csv", b"y" * 900), method=zipfile.ZIP_STORED)
    grown = bytearray(first)
    entry = first.find(b"PK\x01\x02")
    struct.pack_into("<2L", grown, entry + 20, 1_500, 1_500)
    return bytes(grown)


def two_names() -> bytes:
    """One name in the directory, another in front of the content."""
    content = bytearray(packed(("safe.csv", b"a\n1\n")))
    content[30:38] = b"evil.csv"
    return bytes(content)


PLAIN = packed(("a.csv", b"id\n1\n"), ("folder/b.csv", b"id\n2\n"))
NAMES = {
    "absolute": ("/etc/passwd", "absolute name"),
    "absolute with a drive": ("C:/windows/a", "absolute name"),
    "absolute on a share": ("\\\\host\\a", "absolute name"),
    "climbing": ("../../a.csv", "'..'"),
    "climbing from within": ("a/../../b.csv", "'..'"),
    "climbing with backslashes": ("a\\..\\..\\b", "backslashes"),
    "with an empty part": ("a//b.csv", "empty parts"),
    "with a dot part": ("a/./b.csv", "empty parts"),
    "with a line break": ("a\nb.csv", "control signs"),
    "with a tab": ("a\tb.csv", "control signs"),
    "with an escape": ("\x1b[2Ja.csv", "control signs"),
    "written from right to left": ("invoice\u202excsv.exe", "direction of writing"),
    "with an invisible sign": ("a\u200b.csv", "direction of writing"),
    "with an isolate": ("a\u2066b\u2069.csv", "direction of writing"),
    "too long between slashes": ("n" * 256, "longer than 255 bytes"),
    "too long in all": ("/".join(["d" * 90] * 5), "longer than 255 bytes"),
    "too long in bytes": ("\u00e9" * 200, "longer than 255 bytes"),
    "a device": ("con.csv", "device on some systems"),
    "a device in a folder": ("a/NUL/b.csv", "device on some systems"),
    "ending with a dot": ("a.csv.", "ends with a dot"),
    "beginning with a space": (" a.csv", "space"),
}
HOSTILE = [
    *(Case(f"zip entry {what}", "a.zip", packed((name, b"x")), said) for what, (name, said) in NAMES.items()),
    Case("zip bomb", "a.zip", lambda: packed(("a.csv", bytes(BOMB_BYTES))), "grows more than 200 times"),
    Case(
        "zip bomb of many",
        "a.zip",
        lambda: packed(*((f"{n}.csv", bytes(2_000_000)) for n in range(10))),
        "grows more than 200 times",
    ),
    Case("zip of too much", "a.zip", changed_entry(PLAIN, 24, "<L", 2_100_000_000), "MB unpacked"),
    Case(
        "zip with a lie about size", "a.zip", changed_entry(PLAIN, 20, "<L", 900_000), "share the same bytes"
    ),
    Case(
        "zip of too many",
        "a.zip",
        lambda: packed(*((f"{n}", b"") for n in range(10_001))),
        "more than 10,000",
    ),
    Case(
        "zip that claims too many",
        "a.zip",
        changed_end(changed_end(PLAIN, 8, "<H", 60_000), 10, "<H", 60_000),
        "more than 10,000",
    ),
    Case("zip of a huge directory", "a.zip", changed_end(PLAIN, 12, "<L", 900_000_000), "more than 10,000"),
    Case("zip64 by count", "a.zip", changed_end(PLAIN, 8, "<H", 0xFFFF), "ZIP64"),
    Case("zip64 by offset", "a.zip", changed_end(PLAIN, 16, "<L", 0xFFFFFFFF), "ZIP64"),
    Case("zip in several parts", "a.zip", changed_end(PLAIN, 4, "<H", 3), "several parts"),
    Case("zip with a tail", "a.zip", PLAIN + b"#!/bin/sh\n", "bytes after its end"),
    Case("zip cut off", "a.zip", PLAIN[:-30], "without its end"),
    Case("zip of a head only", "a.zip", b"PK\x03\x04" + bytes(40), "without its end"),
    Case("zip with a broken directory", "a.zip", PLAIN.replace(b"PK\x01\x02", b"PK\x01\x03"), "damaged ZIP"),
    Case(
        "zip with a broken local head",
        "a.zip",
        b"PK\x03\x04" + PLAIN[4:].replace(b"PK\x03\x04", b"PK\x03\x09"),
        "damaged ZIP",
    ),
    Case("zip encrypted", "a.zip", changed_entry(PLAIN, 8, "<H", 1), "encrypted entry"),
    Case("zip strongly encrypted", "a.zip", changed_entry(PLAIN, 8, "<H", 0x41), "encrypted entry"),
    Case("zip with a hidden directory", "a.zip", changed_entry(PLAIN, 8, "<H", 0x2000), "encrypted entry"),
    Case("zip encrypted in front only", "a.zip", PLAIN[:6] + b"\x01\x00" + PLAIN[8:], "encrypted entry"),
    Case("zip packed with bzip2", "a.zip", packed(("a", b"x"), method=zipfile.ZIP_BZIP2), "unusual way"),
    Case("zip packed with lzma", "a.zip", packed(("a", b"x"), method=zipfile.ZIP_LZMA), "unusual way"),
    Case("zip of an unknown form", "a.zip", changed_entry(PLAIN, 10, "<H", 97), "unusual way"),
    Case("zip with two forms", "a.zip", changed_entry(PLAIN, 10, "<H", 0), "two names or forms"),
    Case("zip with two names", "a.zip", two_names(), "two names or forms"),
    Case(
        "zip with a zero in a name",
        "a.zip",
        renamed(packed(("a.csv", b"x")), b"a.csv", b"a\x00csv"),
        "control",
    ),
    Case(
        "zip with the same name twice",
        "a.zip",
        renamed(packed(("a", b"1"), ("b", b"2")), b"b", b"a"),
        "two entries",
    ),
    Case("zip with names of one case", "a.zip", packed(("A.csv", b"1"), ("a.CSV", b"2")), "two entries"),
    Case("zip with names of one accent", "a.zip", packed(("\u00e9", b"1"), ("e\u0301", b"2")), "two entries"),
    Case("zip with wide and narrow names", "a.zip", packed(("\uff41", b"1"), ("a", b"2")), "two entries"),
    Case("zip with a file as a folder", "a.zip", packed(("a", b"1"), ("a/b", b"2")), "a file and a folder"),
    Case("zip with a folder as a file", "a.zip", packed(("a/b", b"1"), ("a", b"2")), "two entries"),
    Case("zip with a link", "a.zip", packed(("a", b"/etc/passwd"), mode=stat.S_IFLNK), "a link"),
    Case("zip with a device", "a.zip", packed(("a", b""), mode=stat.S_IFCHR), "a device or a pipe"),
    Case("zip with a disk", "a.zip", packed(("a", b""), mode=stat.S_IFBLK), "a device or a pipe"),
    Case("zip with a pipe", "a.zip", packed(("a", b""), mode=stat.S_IFIFO), "a device or a pipe"),
    Case("zip with a socket", "a.zip", packed(("a", b""), mode=stat.S_IFSOCK), "a device or a pipe"),
    Case("zip with a full folder", "a.zip", packed(("a/", b"content")), "with content"),
    Case("zip that shares bytes", "a.zip", overlapping(), "two entries"),
    Case("zip that overlaps", "a.zip", overlapping_with_own_names(), "share the same bytes"),
    Case("zip in a zip", "a.zip", packed(("b.zip", PLAIN)), "a ZIP archive inside"),
    Case("zip in a zip under another name", "a.zip", packed(("b.csv", PLAIN)), "a ZIP archive inside"),
    Case("zip with a gzip", "a.zip", packed(("b.csv", b"\x1f\x8b\x08" + bytes(20))), "a gzip file inside"),
    Case(
        "zip with 7-zip", "a.zip", packed(("b", b"7z\xbc\xaf\x27\x1c" + bytes(20))), "a 7-Zip archive inside"
    ),
    Case("zip with a pickle", "a.zip", packed(("b.csv", b"\x80\x04K\x01.")), "a pickle inside"),
    Case("zip as torch writes it", "model.zip", packed(("archive/data.pkl", b"(dp0\n.")), "a pickle inside"),
    Case("zip named as a table", "a.csv", packed(("../a", b"x")), "'..'"),
]
HARMLESS = [
    Case("a plain zip", "a.zip", PLAIN),
    Case("an empty zip", "a.zip", packed()),
    Case("a zip with a comment", "a.zip", changed_end(PLAIN, 20, "<H", 5) + b"hello"),
    Case("a zip with a folder of its own", "a.zip", packed(("a/", b""), ("a/b.csv", b"x"))),
    Case(
        "a zip that compresses well", "a.zip", lambda: packed(("a.csv", b"id,city\n" + b"1,Rome\n" * 100_000))
    ),
    Case("a zip of small zeros", "a.zip", packed(("a.bin", bytes(1_000_000)))),
    Case("a zip with names in many scripts", "a.zip", packed(("дані/表.csv", b"1"), ("más.csv", b"2"))),
    Case("a zip with dots in names", "a.zip", packed(("v1..2/a..csv", b"1"), (".hidden", b"2"))),
    Case("a zip with a name that begins as a device", "a.zip", packed(("console.csv", b"1"))),
    Case("a zip with stored entries", "a.zip", packed(("a.csv", b"1"), method=zipfile.ZIP_STORED)),
    Case("a zip with ten thousand entries", "a.zip", lambda: packed(*((f"{n}", b"") for n in range(10_000)))),
    Case(
        "a zip with a joiner in a name",
        "a.zip",
        packed(("\u0646\u0627\u0645\u0647\u200c\u0647\u0627.csv", b"1")),
    ),
]
