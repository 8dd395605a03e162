"""The folder of one run: what the worker finds there, and what the server takes out again.

    in/      the uploads, by digest, read-only          out/         artefacts, numbered
    named/   the same files under the users' names      answer.json  the worker's answer
    tmp/     the worker's temporary files               worker.log   the start of what it printed

Everything the worker left is read as if it were hostile: no links, no pipes, no more bytes than agreed.
"""

import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from studio_server.runs.executor.protocol import Job

PIECE_BYTES = 1 << 20
READ_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
JOB = "job.json"
ANSWER = "answer.json"
WORKER_LOG = "worker.log"


class NotAPlainFile(OSError):
    """What the worker left under this name is not a file of at most the agreed size."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"'{path.name}' is not a plain file of the agreed size")


def prepare(job: Job, *, extra_path: str, others_read: bool = False) -> None:
    """Lay out the folder and write the job; runs of another user than the server have to read uploads."""
    for name in ("in", "named", "out", "tmp"):
        (job.workdir / name).mkdir(parents=True, exist_ok=True)
    description = {
        "tool_id": job.tool_id,
        "tool_reference": job.tool_reference,
        "extra_path": extra_path,
        "inputs": dict(job.inputs),
        "files": _provide(job.files, job.workdir / "in", READ_BY_OTHERS if others_read else 0),
        "now": job.now.isoformat(),
        "output_bytes": job.limits.output_bytes,
        "secrets": dict(job.secrets),
    }
    target = job.workdir / JOB
    target.touch(mode=0o600)
    target.write_text(json.dumps(description), "utf-8")


def _provide(files: Mapping[str, Path], folder: Path, readers: int) -> dict[str, str]:
    provided: dict[str, str] = {}
    for digest, stored in files.items():
        target = folder / digest.replace(":", "-")
        _link_or_copy(stored, target, readers)
        provided[digest] = f"in/{target.name}"
    return provided


def _link_or_copy(stored: Path, target: Path, readers: int) -> None:
    """A link only to what nobody may write: otherwise a tool could change the stored upload through it.

    A stored upload lies in a folder that only the server's user enters, so letting others read it gives it
    to none but the run that is handed it.
    """
    mode = stat.S_IMODE(stored.stat().st_mode)
    if not mode & WRITE_BITS:
        try:
            if mode | readers != mode:
                stored.chmod(mode | readers)
            target.hardlink_to(stored)
        except OSError:  # another file system, or links are not allowed: copy
            pass
        else:
            return
    shutil.copyfile(stored, target)
    target.chmod(0o400 | readers)


def clear(workdir: Path, *, keep_logs: bool) -> None:
    """Delete all but the artefacts, and the logs where they explain a failure; the rest is the caller's."""
    for entry in list(os.scandir(workdir)):
        if entry.name == "out" and entry.is_dir(follow_symlinks=False):
            _keep_plain_files(entry.path)
        elif not (keep_logs and entry.name.endswith(".log")):
            remove(entry)


def _keep_plain_files(folder: str) -> None:
    for entry in list(os.scandir(folder)):
        if not entry.is_file(follow_symlinks=False):
            remove(entry)


def remove(entry: os.DirEntry[str]) -> None:
    """Delete whatever it is, however deep, following no link."""
    if entry.is_dir(follow_symlinks=False):
        _remove_folder(entry.path)
    else:
        Path(entry.path).unlink(missing_ok=True)


def _remove_folder(top: str) -> None:
    """Level by level: what is two levels down moves up, so neither depth nor length of a path matters."""
    moved = 0
    while folders := _unlink_files(top):
        for folder in folders:
            if _remove_empty(folder):
                continue
            for below in _unlink_files(folder):
                moved += 1
                Path(below).rename(Path(top) / f".{secrets.token_hex(8)}-{moved}")
            Path(folder).rmdir()
    Path(top).rmdir()


def _remove_empty(folder: str) -> bool:
    try:
        Path(folder).rmdir()
    except OSError:
        return False
    return True


def _unlink_files(folder: str) -> list[str]:
    """Delete the files in a folder; its folders, made accessible."""
    found: list[str] = []
    Path(folder).chmod(0o700)
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            found.append(entry.path)
        else:
            Path(entry.path).unlink()
    return found


def read_answer(workdir: Path, most_bytes: int) -> bytes | None:
    """The worker's answer; None when there is none.

    Raises:
        NotAPlainFile: It is a link, a pipe or too large.
    """
    try:
        with _plain_file(workdir / ANSWER, most_bytes) as file:
            return file.read(most_bytes)
    except FileNotFoundError:
        return None


def weigh(path: Path, most_bytes: int) -> tuple[int, str]:
    """Size and digest of one artefact.

    Raises:
        NotAPlainFile: It is a link, a pipe or too large.
    """
    digest, size = hashlib.sha256(), 0
    with _plain_file(path, most_bytes) as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return size, f"sha256:{digest.hexdigest()}"


def beginning(path: Path, characters: int) -> str:
    """The first characters of a log, empty when there is none."""
    try:
        with _plain_file(path, 1 << 30) as file:
            return file.read(characters).decode("utf-8", "replace")
    except OSError:
        return ""


@contextmanager
def _plain_file(path: Path, most_bytes: int) -> Generator[BinaryIO]:
    """One name in one folder, neither of them a link; a file with a second name may be somebody else's."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        folder = os.open(path.parent, flags | os.O_DIRECTORY)
        try:
            descriptor = os.open(path.name, flags, dir_fd=folder)
        finally:
            os.close(folder)
    except FileNotFoundError:
        raise
    except OSError as refused:
        raise NotAPlainFile(path) from refused
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes or found.st_nlink > 1:
        os.close(descriptor)
        raise NotAPlainFile(path)
    with os.fdopen(descriptor, "rb") as file:
        yield file
