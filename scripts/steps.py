"""Do a step once: a stamp under `.build/stamps` holds the digest of what the step was made from."""

import hashlib
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.places import ROOT, STAMPS


def digest(files: Iterable[Path], *words: str) -> str:
    """One digest over words, the names and the contents of files."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(files):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def step(title: str, key: str, work: Callable[[], str | None], *, proof: Path) -> None:
    """Do `work` unless `proof` exists and the stamp holds `key`; say what is done and how long it took.

    `work` may return a remark for the line. A failing step leaves no stamp and is repeated next time.
    """
    stamp = STAMPS / title.replace(" ", "-").lower()
    if proof.exists() and stamp.is_file() and stamp.read_text() == key:
        return
    stamp.unlink(missing_ok=True)
    timed(title, work)
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def timed(title: str, work: Callable[[], str | None]) -> None:
    """Do `work` between its title and the seconds it took."""
    started = time.monotonic()
    print(f"  {title} …", end="", flush=True)
    try:
        remark = work()
    except BaseException:
        print(" failed", flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s" + (f" ({remark})" if remark else ""), flush=True)


def warn(text: str) -> None:
    """Tell something the user should know although work goes on."""
    print(f"  ! {text}", file=sys.stderr, flush=True)
