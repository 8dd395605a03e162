"""Layer: what a run sees of the disk. Programs and libraries, read-only, and the run's own folder as /job.

Built inside a mount namespace on a new file system in memory, before it is known which run it will be; the
machine's own root is unmounted at the end, so no data folder, no home and no socket of the machine is left to
be named. The run's folder comes in later, as a mount without a name that the meter hands over.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from studio_server.runs.executor.sandbox import kernel
from studio_server.runs.executor.sandbox.namespaces import MOUNTS

FOLDER = "/job"
"""Where a run finds its folder."""
BASE = "/tmp"  # noqa: S108  - only a place to mount on, inside a namespace of this run alone
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "fonts", "mime.types")
DEVICES = ("null", "zero", "full", "random", "urandom")
MEMORY_FOLDERS = ("/tmp", "/dev/shm")  # noqa: S108  - inside the run's own view
MEMORY_FOLDER_BYTES = 64 << 20
NAMES = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
"""File → what a run may know of names: itself; nobody is asked."""
PEOPLE = "worker:x:{user}:{group}::/job:/bin/false\n"

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE, MS_SLAVE = 4096, 16384, 1 << 18, 1 << 19
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE = 1
MOVE_FROM_DESCRIPTOR = 4
MNT_DETACH = 2


def build(libraries: Iterable[str], *, user: int, group: int) -> bool:
    """Replace the root of this process, libraries read-only under their own names; whether there is a /proc.

    Raises:
        OSError: The kernel refused; what is seen now is undefined, so the process must end.
    """
    sources = {path: os.open(path, os.O_PATH) for path in _shown(libraries)}
    kernel.mount("none", "/", "", MS_REC | MS_PRIVATE)
    kernel.mount("studio", BASE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m,nr_inodes=4096")
    for folder in MEMORY_FOLDERS:
        _memory(folder)
    for path, descriptor in sources.items():
        _show(path, descriptor)
    os.mkdir(BASE + FOLDER)  # noqa: PTH102  - see above
    _links_and_people(user, group)
    shown = _processes()
    os.chdir(BASE)
    _enter()
    return shown


def stay_apart() -> None:
    """Get a mount namespace that this process may take mounts from; what the machine mounts still comes in.

    Raises:
        OSError: The kernel refused.
    """
    kernel.unshare(MOUNTS)
    kernel.mount("none", "/", "", MS_REC | MS_SLAVE)


def take(folder: str) -> int:
    """The folder as a mount without a name, writable, without devices and set-uid programs.

    Raises:
        OSError: The kernel refused.
    """
    descriptor = kernel.system_call("open_tree", AT_FDCWD, folder.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC)
    _set(descriptor, b"", ATTR_NOSUID | ATTR_NODEV, AT_EMPTY_PATH)
    return descriptor


def put(descriptor: int) -> None:
    """Show what was taken as the run's folder.

    Raises:
        OSError: The kernel refused.
    """
    kernel.system_call("move_mount", descriptor, b"", AT_FDCWD, FOLDER.encode(), MOVE_FROM_DESCRIPTOR)
    os.close(descriptor)


def _shown(libraries: Iterable[str]) -> tuple[str, ...]:
    system = [path for path in SYSTEM if os.path.isdir(path) and not os.path.islink(path)]  # noqa: PTH112, PTH114  - on the path of every run
    settings = [f"/etc/{name}" for name in SETTINGS if os.path.exists(f"/etc/{name}")]  # noqa: PTH110  - see above
    devices = [f"/dev/{name}" for name in DEVICES]
    return tuple(dict.fromkeys((*system, *settings, *devices, *libraries)))


def _memory(folder: str) -> None:
    os.makedirs(BASE + folder, exist_ok=True)  # noqa: PTH103  - see above
    options = f"mode=1777,size={MEMORY_FOLDER_BYTES},nr_inodes=4096"
    kernel.mount("studio", BASE + folder, "tmpfs", MS_NOSUID | MS_NODEV, options)


def _show(path: str, descriptor: int) -> None:
    target = BASE + path
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):  # noqa: PTH112  - see above
        os.makedirs(target, exist_ok=True)  # noqa: PTH103  - see above
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120  - see above
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(source, target, "", MS_BIND | MS_REC)
    device = path.startswith("/dev/")
    _restrict(target, ATTR_NOSUID | (0 if device else ATTR_RDONLY) | (0 if device else ATTR_NODEV))
    os.close(descriptor)


def _restrict(target: str, attributes: int) -> None:
    """Set attributes on a mount and on all that is mounted below it."""
    _set(AT_FDCWD, target.encode(), attributes, AT_RECURSIVE)


def _set(descriptor: int, name: bytes, attributes: int, flags: int) -> None:
    wanted = attributes.to_bytes(8, "little") + bytes(24)
    kernel.system_call("mount_setattr", descriptor, name, flags, wanted, len(wanted))


def _links_and_people(user: int, group: int) -> None:
    for path in SYSTEM:
        if os.path.islink(path):  # noqa: PTH114  - see above
            os.symlink(os.readlink(path), BASE + path)  # noqa: PTH115, PTH211  - see above
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"{BASE}/dev/{name}")  # noqa: PTH211  - see above
    os.makedirs(f"{BASE}/etc", exist_ok=True)  # noqa: PTH103  - see above
    Path(f"{BASE}/etc/passwd").write_text(PEOPLE.format(user=user, group=group), "ascii")
    Path(f"{BASE}/etc/group").write_text(f"worker:x:{group}:\n", "ascii")
    for name, text in NAMES.items():
        Path(f"{BASE}/etc/{name}").write_text(text, "ascii")


def _processes() -> bool:
    """Show the run's own processes; where the machine hides its /proc, a run has none at all."""
    os.mkdir(f"{BASE}/proc")  # noqa: PTH102  - see above
    for options in ("subset=pid", ""):
        try:
            kernel.mount("proc", f"{BASE}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
        except OSError:
            continue
        return True
    return False


def _enter() -> None:
    """The new root takes the place of the old one, which is unmounted and can no longer be named."""
    kernel.system_call("pivot_root", b".", b".")
    kernel.unmount(".", MNT_DETACH)
    kernel.mount("none", "/", "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
