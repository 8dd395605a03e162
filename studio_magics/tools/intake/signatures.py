"""What the first bytes of a file say it is, whatever its name says."""

from typing import Literal

Kind = Literal[
    "zip", "gzip", "bzip2", "xz", "zstd", "7z", "rar", "tar", "pickle", "zlib", "npy", "hdf5", "parquet",
    "encrypted parquet", "arrow", "avro", "orc", "sqlite", "program", "unknown",
]  # fmt: skip
HEAD_BYTES = 512
TEXT = frozenset((*b"\t\n\r\f\x1b", *range(0x20, 0x7F)))
"""What packed bytes are not made of alone."""
TAR_MARK_AT = 257
SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x93NUMPY", "npy"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
    (b"PARE", "encrypted parquet"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "arrow"),
    (b"Obj\x01", "avro"),
    (b"ORC", "orc"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    *((bytes((0x80, protocol)), "pickle") for protocol in range(2, 6)),
)
PACKED: frozenset[Kind] = frozenset({"zip", "gzip", "bzip2", "xz", "zstd", "7z", "rar", "tar"})
"""What holds other files or a compressed one."""
TITLES: dict[Kind, str] = {
    "gzip": "a gzip file",
    "bzip2": "a bzip2 file",
    "xz": "an xz file",
    "zstd": "a Zstandard file",
    "zip": "a ZIP archive",
    "7z": "a 7-Zip archive",
    "rar": "a RAR archive",
    "tar": "a tar archive",
}


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with these bytes; 512 of them are enough."""
    if head[TAR_MARK_AT : TAR_MARK_AT + 5] == b"ustar":
        return "tar"
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    return "zlib" if _is_zlib(head) else "unknown"


def _is_zlib(head: bytes) -> bool:
    """As joblib writes it: the usual window, and a header that divides by 31; 'x = 1' and 'x^2' are texts."""
    usual = len(head) > 1 and head[0] == 0x78 and (head[0] * 256 + head[1]) % 31 == 0  # noqa: PLR2004  - RFC 1950
    return usual and any(sign not in TEXT for sign in head)
