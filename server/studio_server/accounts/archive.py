"""A zip archive whose bytes depend on its content alone: tables as JSON and CSV, a signed manifest.

`manifest.json` names the SHA-256 of every other file; `manifest.hmac` is HMAC-SHA256 of the manifest under
the server's key. So anybody can tell a damaged file, and the operator can tell a changed archive.
"""

import csv
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any, Self

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can name: the archive does not depend on when it was made."""
MANIFEST, SIGNATURE = "manifest.json", "manifest.hmac"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
PIECE_BYTES = 1 << 20


class ArchiveTooLarge(ValueError):
    """The content is larger than one archive may be; nothing was handed out."""

    def __init__(self, allowed_bytes: int) -> None:
        super().__init__(f"an archive may have at most {allowed_bytes} bytes")
        self.allowed_bytes = allowed_bytes


class ArchiveWriter:
    """Writes one archive while the block runs: its files in the order they come, then `sign`."""

    def __init__(self, file: IO[bytes], key: bytes, *, most_bytes: int) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._key = key
        self._most_bytes = most_bytes
        self._left = most_bytes
        self._files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the archive; one that was not signed is not whole."""
        self._zip.close()

    def text(self, name: str, content: str) -> None:
        """One file with this text."""
        self._write(name, [content])

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """`json/<name>.json` and `csv/<name>.csv`; the rows are read twice, so hand in a sequence or a query.

        Raises:
            ArchiveTooLarge: The archive would be larger than allowed.
        """
        self._write(f"json/{name}.json", _as_json(columns, rows))
        self._write(f"csv/{name}.csv", _as_csv(columns, rows))

    def sign(self, about: Mapping[str, Any]) -> None:
        """Write the manifest, with `about` in it, and its signature."""
        manifest = json.dumps({**about, "files": self._files}, indent=1, sort_keys=True, ensure_ascii=False)
        with self._opened(MANIFEST) as file:
            file.write(manifest.encode())
        with self._opened(SIGNATURE) as file:
            file.write(signature(self._key, manifest.encode()).encode())

    def _write(self, name: str, pieces: Iterable[str]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._opened(name) as file:
            for piece in pieces:
                data = piece.encode("utf-8", "replace")
                size += len(data)
                if size > self._left:
                    raise ArchiveTooLarge(self._most_bytes)
                digest.update(data)
                file.write(data)
        self._left -= size
        self._files[name] = {"sha256": digest.hexdigest(), "size_bytes": size}

    @contextmanager
    def _opened(self, name: str) -> Generator[IO[bytes]]:
        entry = zipfile.ZipInfo(name, FIRST_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3
        entry.external_attr = 0o600 << 16
        with self._zip.open(entry, "w") as file:
            yield file


def faults(file: IO[bytes], key: bytes) -> list[str]:
    """What is wrong with an archive, in sentences; none means it is as the server made it."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _faults_in(archive, key)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as broken:
        return [f"it is not a whole archive: {broken}"]


def signature(key: bytes, manifest: bytes) -> str:
    """The signature of a manifest, in hexadecimal digits."""
    return hmac.new(key, b"studio: takeout\0" + manifest, hashlib.sha256).hexdigest()


def neutral(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _as_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield before + json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    for row in chain([columns], rows):
        writer.writerow([neutral(_as_cell(value)) for value in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _as_cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def _faults_in(archive: zipfile.ZipFile, key: bytes) -> list[str]:
    manifest = archive.read(MANIFEST)
    if not hmac.compare_digest(archive.read(SIGNATURE), signature(key, manifest).encode()):
        return ["its manifest does not carry this server's signature"]
    listed: dict[str, dict[str, Any]] = json.loads(manifest)["files"]
    names = archive.namelist()
    found = [f"{name} is not in the manifest" for name in names if name not in (*listed, MANIFEST, SIGNATURE)]
    found += [f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    found += [f"{name} is missing" for name in listed if name not in names]
    found += [
        f"{name} was changed"
        for name, said in listed.items()
        if name in names and _digest(archive, name) != said["sha256"]
    ]
    return found


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
