"""What a run occupies on disk: files below its folder, and files that have no name left."""

import errno
import os
import stat
from collections.abc import Iterable

TOO_MUCH = 1 << 62
BLOCK_BYTES = 512


def disk_bytes(folder: str, most_files: int) -> int:
    """What the files below the folder occupy; links count once; too many or too deep files count as full."""
    total, files, seen = 0, 0, set[tuple[int, int]]()
    folders = [folder]
    while folders and files < most_files:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError as refused:
            if refused.errno == errno.ENAMETOOLONG:
                return TOO_MUCH
            continue
        for entry in entries:
            files += 1
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
                continue
            total += file_bytes(entry, seen)
    return total if files < most_files else TOO_MUCH


def file_bytes(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> int:
    """What one file occupies on disk, 0 for the second name of the same file."""
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return 0
    if (found.st_dev, found.st_ino) in seen:
        return 0
    seen.add((found.st_dev, found.st_ino))
    return found.st_blocks * BLOCK_BYTES


def nameless_bytes(folder: str, pids: Iterable[int]) -> int:
    """What files without a name occupy on the folder's disk that these processes hold open."""
    device, seen = os.stat(folder).st_dev, dict[int, int]()  # noqa: PTH116  - 4 times a second
    for pid in pids:
        for path in _open_files(pid):
            try:
                found = os.stat(path)  # noqa: PTH116  - see above
            except OSError:
                continue
            if found.st_nlink == 0 and found.st_dev == device and stat.S_ISREG(found.st_mode):
                seen[found.st_ino] = found.st_blocks * BLOCK_BYTES
    return sum(seen.values())


def _open_files(pid: int) -> list[str]:
    try:
        return [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH208  - see above
    except OSError:
        return []
