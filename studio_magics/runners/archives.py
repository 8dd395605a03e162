"""Packs a folder into one archive: the same files give the same bytes, whoever packs them, whenever.

Only plain files are packed, by the names and the rules that `files` has for folders. A tool takes such an
archive where its input says `json_schema_extra={"archive": True}`, and unpacks it with
`tools.intake.unpacking`.
"""

import gzip
import tarfile
from pathlib import Path

from studio_magics.display.wording import size_text
from studio_magics.runners import files
from studio_magics.runners.files import FileRefused, LocalFile

ENDING = ".tar.gz"
PLAIN_FILE_MODE = 0o644


def pack_folder(
    folder: Path, target: Path, *, name: str, limit_bytes: int | None = files.MAX_TOTAL_BYTES
) -> LocalFile:
    """Pack the folder into `target` and give its record; `name` is what the folder is called.

    Raises:
        FileRefused: A link, too many files, too many bytes before or after packing, or nothing at all.
    """
    found = files.read_folder(folder, limit_bytes=limit_bytes)
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in found:
            _add(archive, file)
    most = files.MAX_FILE_BYTES if limit_bytes is not None else None
    if most is not None and target.stat().st_size > most:
        size = size_text(target.stat().st_size)
        said = f"the folder '{folder}' of {size} when it is packed"
        raise FileRefused(said, f"{size_text(most)} packed", "leave files out: list them in .studioignore")
    return files.read_file(target, name=f"{name}{ENDING}", limit_bytes=most)


def _add(archive: tarfile.TarFile, file: LocalFile) -> None:
    """One file without owner, time or rights: what differs between machines is no content."""
    entry = tarfile.TarInfo(file.record.name)
    entry.size, entry.mode, entry.mtime = file.record.size_bytes, PLAIN_FILE_MODE, 0
    with file.path.open("rb") as content:
        archive.addfile(entry, content)
