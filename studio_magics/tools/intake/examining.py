"""Looks at one file before a tool gets it: which family it belongs to, then that family's guard."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from studio_magics.contracts.inputs import name_fault
from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import compressed, numpy_files, parquet_files, pickles, plain_text, zip_files
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.signatures import HEAD_BYTES, Kind, kind_of
from studio_magics.tools.intake.tar_files import check_tar
from studio_magics.tools.intake.zip_files import check_zip

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.tools.intake.compressed import Compression

JSON_SUFFIXES = (".json", ".jsonl", ".ndjson", ".geojson", ".ipynb")
YAML_SUFFIXES = (".yaml", ".yml")
XML_SUFFIXES = (".xml", ".svg", ".xsd", ".xsl", ".xslt", ".rss", ".kml", ".gml", ".wsdl", ".pom", ".csproj")
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".sql", ".md", ".ini", ".toml", ".py", ".log")
TABLES_IN_GZIP = (".csv.gz", ".tsv.gz", ".txt.gz")
"""Their reader counts what comes out on its own way through them, within the same limits."""
PACKED: dict[Kind, Compression] = {"gzip": "gzip", "bzip2": "bzip2", "xz": "xz", "zlib": "zlib"}
CLOSED: dict[Kind, str] = {
    "7z": "a 7-Zip archive",
    "rar": "a RAR archive",
    "zstd": "a Zstandard file",
    "arrow": "an Arrow or Feather file",
    "avro": "an Avro file",
    "orc": "an ORC file",
    "hdf5": "an HDF5 file, which may hold pickles",
}
MAX_TEXT_BYTES = 256_000_000


def examine(path: Path, name: str, *, field: str = "data") -> None:
    """Refuse the file if opening it could be a mistake; `name` is what its user calls it.

    Raises:
        InputRejected: Naming `field` and the file; nothing was unpacked, parsed or run.
    """
    try:
        _examine(path, name.lower())
    except IntakeRefused as refused:
        raise InputRejected(
            field,
            found=f"{shown_name(name)}: {refused.found}",
            allowed=refused.allowed,
            action=refused.action,
        ) from refused


def shown_name(name: str) -> str:
    """A file's name as it may stand in a sentence."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)[:100]


def _examine(path: Path, name: str) -> None:
    fault = name_fault(name)
    if fault:
        raise IntakeRefused(f"a name that {fault}", "a relative name of plain signs", "rename it")
    head = _head(path)
    pickles.refuse_by_name(name)
    kind = kind_of(head[:HEAD_BYTES])
    if kind in {"pickle", "unknown"}:
        pickles.refuse_pickle(head)
    if kind in CLOSED:
        raise IntakeRefused(CLOSED[kind], "Parquet, CSV, JSON, YAML, XML, ZIP or tar", "write it as Parquet")
    if kind in PACKED:
        _examine_packed(path, name, PACKED[kind])
    elif kind != "unknown":
        _examine_known(path, kind)
    elif name.endswith(TEXT_SUFFIXES + JSON_SUFFIXES + YAML_SUFFIXES + XML_SUFFIXES):
        _examine_text(path, name, head)


def _head(path: Path) -> bytes:
    """The first bytes of a plain file; what would block or never end is not opened.

    Raises:
        IntakeRefused: It is a device, a pipe or a folder.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb", closefd=True) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IntakeRefused("no plain file", "a plain file", "give a copy of its content")
        return stream.read(pickles.LOOKED_AT_BYTES)


def _examine_known(path: Path, kind: Kind) -> None:
    if kind == "zip":
        check_zip(path)
    elif kind == "tar":
        check_tar(path)
    elif kind == "npy":
        numpy_files.check_npy(path)
    elif kind in {"parquet", "encrypted parquet"}:
        parquet_files.check_parquet(path)


def _examine_packed(path: Path, name: str, compression: Compression) -> None:
    pickles.refuse_packed_pickle(path, compression)
    if compression == "gzip" and name.endswith(TABLES_IN_GZIP):
        return
    inner = kind_of(next(compressed.unpacked(path, compression), b"")[:HEAD_BYTES])
    if inner == "tar":
        check_tar(path, compression)
        return
    if inner in zip_files.PACKED:
        raise IntakeRefused("a packed file inside a packed file", "packed once", "unpack it first")
    for _ in compressed.unpacked(path, compression):
        pass


def _examine_text(path: Path, name: str, head: bytes) -> None:
    plain_text.refuse_other_encoding(head[: plain_text.LOOKED_AT_BYTES])
    if name.endswith(TEXT_SUFFIXES):
        return
    if path.stat().st_size > MAX_TEXT_BYTES:
        allowed = f"at most {MAX_TEXT_BYTES // 10**6} MB"
        raise IntakeRefused(
            f"a text of more than {MAX_TEXT_BYTES // 10**6} MB", allowed, "write it as Parquet"
        )
    from studio_magics.tools.intake import json_text, xml_text, yaml_text

    content = path.read_bytes()
    if name.endswith(JSON_SUFFIXES):
        json_text.check_json(content)
    elif name.endswith(YAML_SUFFIXES):
        yaml_text.check_yaml(plain_text.decoded(content))
    else:
        xml_text.check_xml(content)
