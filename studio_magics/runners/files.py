"""Reads files and folders into content-addressed records; never follows a link out of a folder."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from studio_magics.client.refusals import did_you_mean, either
from studio_magics.contracts.inputs import MAX_FOLDER_FILES, MAX_UPLOAD_BYTES, InputFile, name_fault
from studio_magics.display.wording import size_text
from studio_magics.runners.ignoring import Ignored, RulesRefused, rules_of

MAX_FILE_BYTES = MAX_UPLOAD_BYTES
MAX_TOTAL_BYTES = 1_000_000_000
MAX_DEPTH = 12
BLOCK_BYTES = 1024 * 1024


class FileRefused(ValueError):
    """A file or folder cannot be taken as input: what was found, what is allowed, what to do."""

    def __init__(self, found: str, allowed: str, action: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed
        self.action = action


@dataclass(frozen=True)
class LocalFile:
    """One input file and where its bytes are on this machine."""

    record: InputFile
    path: Path


def read_file(path: Path, *, name: str | None = None, limit_bytes: int | None = MAX_FILE_BYTES) -> LocalFile:
    """The record of one file.

    Raises:
        FileRefused: It is missing, not a plain file, unreadable or above the limit.
    """
    size = _checked_size(path, limit_bytes)
    _refuse_name(name or path.name)
    try:
        digest = _digest(path)
    except OSError as error:
        raise unreadable(path, error) from error
    record = InputFile(digest=digest, name=name or path.name, size_bytes=size)
    return LocalFile(record, path)


def read_folder(path: Path, *, limit_bytes: int | None = MAX_TOTAL_BYTES) -> list[LocalFile]:
    """The records of all files below the folder, by relative name, sorted; what `ignoring` covers stays out.

    Raises:
        FileRefused: A link, too many files, too many bytes, rules that cannot be followed, or nothing at all.
    """
    try:
        rules = rules_of(path)
    except RulesRefused as wrong:
        raise FileRefused(str(wrong), "one pattern a line", "correct that line") from wrong
    names = sorted(_names(path, "", 0, rules))
    return _read_all([(name, path / name) for name in names], str(path), limit_bytes)


def read_matches(pattern: str, *, limit_bytes: int | None = MAX_TOTAL_BYTES) -> list[LocalFile]:
    """The records of the files a pattern such as 'etl/*.sql' matches, named from their common folder."""
    found = [Path(name) for name in sorted(glob(pattern, recursive=True)) if Path(name).is_file()]  # noqa: PTH207  - the pattern may be absolute
    if not found:
        raise FileRefused(f"no file matches '{pattern}'", "a pattern that matches files", "check the pattern")
    base = Path(os.path.commonpath([str(path.parent) for path in found]))
    return _read_all([(path.relative_to(base).as_posix(), path) for path in found], pattern, limit_bytes)


def is_pattern(text: str) -> bool:
    """Whether the text is a pattern and not the name of an existing file."""
    return has_magic(text) and not Path(text).exists()


def unreadable(path: Path, error: OSError) -> FileRefused:
    """The refusal for a file that the operating system does not give."""
    reason = error.strerror or type(error).__name__
    action = f"check that '{path.name}' exists and may be read"
    return FileRefused(f"'{path}' ({reason})", "a file that can be read", action)


def missing(path: Path) -> FileRefused:
    """The refusal for a name that is neither a file nor a folder, with the closest names there."""
    try:
        there = sorted(entry.name for entry in path.parent.iterdir())[:2_000]
    except OSError:
        there = []
    close = [f"'{path.with_name(name)}'" for name in did_you_mean(path.name, there)]
    action = f"did you mean {either(close)}?" if close else "check the name; %pwd shows the current folder"
    return FileRefused(f"no file '{path}'", "an existing file or folder", action)


def _read_all(named: list[tuple[str, Path]], source: str, limit_bytes: int | None) -> list[LocalFile]:
    if not named:
        raise FileRefused(f"no file in '{source}'", "a folder with files", "check the folder")
    if len(named) > MAX_FOLDER_FILES:
        allowed = f"{MAX_FOLDER_FILES:,} files at most"
        raise FileRefused(f"{len(named):,} files in '{source}'", allowed, "give a folder with fewer files")
    total = 0
    for _, path in named:
        total += _checked_size(path, None)
        if limit_bytes is not None and total > limit_bytes:
            allowed = f"{size_text(limit_bytes)} in all"
            raise FileRefused(f"more than {allowed} in '{source}'", allowed, "give fewer or smaller files")
    return [read_file(path, name=name, limit_bytes=None) for name, path in named]


def _names(root: Path, prefix: str, depth: int, rules: Ignored) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise FileRefused(
            f"folders nested deeper than {MAX_DEPTH}", f"{MAX_DEPTH} levels", "give an inner folder"
        )
    try:
        entries = sorted(os.scandir(root / prefix), key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(root / prefix, error) from error
    for entry in entries:
        name = f"{prefix}/{entry.name}" if prefix else entry.name
        if rules.covers(name, is_folder=entry.is_dir(follow_symlinks=False)):
            continue
        if entry.is_symlink():
            raise FileRefused(f"a link, '{name}'", "plain files and folders", f"replace '{name}' by a copy")
        if entry.is_dir(follow_symlinks=False):
            yield from _names(root, name, depth + 1, rules)
        else:
            yield name


def _refuse_name(name: str) -> None:
    """Refuse a name that cannot travel, before anything else about the file is looked at."""
    fault = name_fault(name)
    if fault:
        shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)[:80]
        raise FileRefused(f"the file '{shown}', whose name {fault}", "a name of plain signs", "rename it")


def _checked_size(path: Path, limit_bytes: int | None) -> int:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise FileRefused(f"'{path}' is not a plain file", "a file", "give a file or a folder")
    if limit_bytes is not None and status.st_size > limit_bytes:
        found, allowed = size_text(status.st_size), f"{size_text(limit_bytes)} a file"
        action = "send a sample, fewer columns, or Parquet instead of CSV; a kernel run has no such limit"
        raise FileRefused(f"'{path.name}' of {found}", allowed, action)
    return status.st_size


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            found.update(block)
    return f"sha256:{found.hexdigest()}"
