"""Fills a file system of its own, of 4 MB, under real books; must be started where it may mount one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from studio_server.ledger.checker import check
from studio_server.ledger.verify import verify
from studio_server.storage import StorageError
from studio_server.storage.recovery import FIRST_PAUSE_SECONDS

from tests.storage.test_recovery import Books

MOST_GRANTS = 20_000


def main() -> None:
    """Grant until it is full, make space, recover, grant again; every answered grant is there."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "studio", folder], check=True)  # noqa: S607  - from PATH
        ballast = Path(folder, "ballast")
        ballast.write_bytes(bytes(1_500_000))
        books = Books(Path(folder), None)
        try:
            _fill(books, ballast)
        finally:
            books.db.close()
            subprocess.run(["umount", folder], check=True)  # noqa: S607  - from PATH


def _fill(books: Books, ballast: Path) -> None:
    acknowledged = _grant_until_refused(books)
    reason = books.db.writes_stopped
    if reason is None:
        sys.exit("the file system never was full")
    books.after(0)
    if not books.db.writes_stopped:
        sys.exit("writes were taken on a full file system")
    missing = acknowledged - books.recorded()
    ballast.unlink()
    books.after(FIRST_PAUSE_SECONDS)
    acknowledged.add(books.grant("after"))
    missing |= acknowledged - books.recorded()
    broken = books.db.read(check)
    books.inspection.full()
    if missing or broken or verify(books.db.path, anchor=books.anchor).exit_code:
        sys.exit(f"missing {sorted(missing)[:3]}, broken {broken}")
    print(f"{len(acknowledged)} grants answered, all recorded; stopped because: {reason}")


def _grant_until_refused(books: Books) -> set[str]:
    acknowledged: set[str] = set()
    for number in range(MOST_GRANTS):
        try:
            acknowledged.add(books.grant(f"grant {number}"))
        except StorageError:
            break
    return acknowledged


if __name__ == "__main__":
    main()
