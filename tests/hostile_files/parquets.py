"""Parquet files that declare more than they hold, point elsewhere or are damaged."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from tests.hostile_files.case import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
Value = int | bytes | list["Value"] | dict[int, "Value"]


def number(value: int) -> bytes:
    """An unsigned number, seven bits a byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def zigzag(value: int) -> bytes:
    """A signed number."""
    return number((value << 1) ^ (value >> 63))


def struct(fields: dict[int, Value]) -> bytes:
    """A struct in Thrift's compact form."""
    out, last = b"", 0
    for field, value in sorted(fields.items()):
        out += bytes([(field - last) << 4 | kind(value)]) + written(value)
        last = field
    return out + b"\x00"


def kind(value: Value) -> int:
    """The type of a value on the wire."""
    return {int: I64, bytes: BINARY, list: LIST, dict: STRUCT}[type(value)]


def written(value: Value) -> bytes:
    """The value on the wire."""
    if isinstance(value, int):
        return zigzag(value)
    if isinstance(value, bytes):
        return number(len(value)) + value
    if isinstance(value, dict):
        return struct(value)
    inner = kind(value[0]) if value else STRUCT
    return bytes([0xF0 | inner]) + number(len(value)) + b"".join(map(written, value))


def chunk(**changed: int) -> dict[int, Value]:
    """A column chunk of a hundred numbers."""
    about = {"values": 100, "unpacked": 400, "packed": 40, "page": 4} | changed
    return {
        2: 4,
        3: {
            1: 2,
            2: [0],
            3: [b"id"],
            4: 0,
            5: about["values"],
            6: about["unpacked"],
            7: about["packed"],
            9: about["page"],
        },
    }


def footer(rows: int = 100, group_rows: int | None = None, chunks: Sequence[dict[int, Value]] | None = None,
           columns: int = 1, **more: Value) -> dict[int, Value]:  # fmt: skip
    """What stands at the end of a file."""
    names: list[Value] = [{4: b"schema", 5: columns}, *({1: 2, 4: b"id%d" % n} for n in range(columns))]
    group: dict[int, Value] = {
        1: list(chunks or [chunk()]),
        2: 400,
        3: rows if group_rows is None else group_rows,
    }
    return {1: 2, 2: names, 3: rows, 4: [group], **{int(key[1:]): value for key, value in more.items()}}


def file(content: dict[int, Value] | bytes, *, magic: bytes = b"PAR1", length: int | None = None) -> bytes:
    """A Parquet file of this footer."""
    end = content if isinstance(content, bytes) else struct(content)
    size = len(end) if length is None else length
    return magic + bytes(200) + end + size.to_bytes(4, "little") + magic


@cache
def real(rows: int, *, columns: int = 1, constant: bool = False) -> bytes:
    """What pyarrow writes."""
    values = [7] * rows if constant else list(range(rows))
    target = io.BytesIO()
    parquet.write_table(pa.table({f"c{n}": values for n in range(columns)}), target, compression="zstd")
    return target.getvalue()


DEEP = b"\x1c" * 5_000
HOSTILE = [
    Case("parquet of a trillion rows", "a.parquet", file(footer(10**12)), "declares 1,000,000,000,000 rows"),
    Case("parquet of a billion rows", "a.parquet", file(footer(10**9)), "declares 1,000,000,000 rows"),
    Case("parquet of many cells", "a.parquet", file(footer(10**6, columns=500)), "declares 1,000,000 rows"),
    Case("parquet of too many columns", "a.parquet", file(footer(columns=10_001)), "10,001 columns"),
    Case(
        "parquet that grows",
        "a.parquet",
        file(footer(chunks=[chunk(unpacked=10**10)])),
        "grows more than 1,000",
    ),
    Case(
        "parquet that grows in parts",
        "a.parquet",
        file(footer(chunks=[chunk(unpacked=10**7) for _ in range(60)])),
        "grows more than 1,000",
    ),
    Case("parquet with two counts", "a.parquet", file(footer(100, 99)), "counts its rows in two ways"),
    Case("parquet of minus rows", "a.parquet", file(footer(-5)), "damaged footer"),
    Case("parquet of minus bytes", "a.parquet", file(footer(chunks=[chunk(unpacked=-5)])), "damaged footer"),
    Case(
        "parquet that points elsewhere",
        "a.parquet",
        file(footer(chunks=[{1: b"../../etc/passwd", **chunk()}])),
        "points to other files",
    ),
    Case(
        "parquet that points behind its end",
        "a.parquet",
        file(footer(chunks=[chunk(page=10**9)])),
        "behind its end",
    ),
    Case(
        "parquet of a huge chunk", "a.parquet", file(footer(chunks=[chunk(packed=10**9)])), "behind its end"
    ),
    Case("parquet without chunks' facts", "a.parquet", file(footer(chunks=[{2: 4}])), "damaged footer"),
    Case("parquet encrypted", "a.parquet", file(footer(), magic=b"PARE"), "an encrypted Parquet file"),
    Case("parquet encrypted in part", "a.parquet", file(footer(f8={1: {}})), "an encrypted Parquet file"),
    Case("parquet with a huge footer", "a.parquet", file(footer(), length=2**31), "impossible footer"),
    Case(
        "parquet with a footer before its start",
        "a.parquet",
        file(footer(), length=5_000),
        "impossible footer",
    ),
    Case("parquet with a deep footer", "a.parquet", file(DEEP), "damaged footer"),
    Case(
        "parquet with a footer of lists",
        "a.parquet",
        file(b"\x19" + b"\xf9\xff\xff\xff\xff\x0f"),
        "damaged footer",
    ),
    Case("parquet with a long number", "a.parquet", file(b"\x16" + b"\xff" * 40), "damaged footer"),
    Case("parquet with a footer cut off", "a.parquet", file(struct(footer())[:-9]), "damaged footer"),
    Case("parquet with an unknown kind", "a.parquet", file(b"\x1e\x00"), "damaged footer"),
    Case("parquet cut off", "a.parquet", real(100)[:-20], "cut off"),
    Case("parquet of a mark only", "a.parquet", b"PAR1", "cut off"),
    Case("parquet of zeros", "a.parquet", b"PAR1" + bytes(100) + b"PAR1", "damaged footer"),
    Case("parquet named as a table", "a.csv", file(footer(10**12)), "declares 1,000,000,000,000 rows"),
]
HARMLESS = [
    Case("a parquet made by hand", "a.parquet", file(footer())),
    Case("a parquet", "a.parquet", lambda: real(100)),
    Case("a parquet without rows", "a.parquet", lambda: real(0)),
    Case("a parquet of many columns", "a.parquet", lambda: real(5, columns=400)),
    Case("a parquet of two million equal values", "a.parquet", lambda: real(2_000_000, constant=True)),
]
