"""Input files on a worker, by digest: sent once, kept while a run needs them, forgotten when room is short.

Used from several threads of one worker process.
"""

import hashlib
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from studio_server.runs.executor.cluster.wire import Piece

READ_BYTES = 1 << 20
CLAIM_SECONDS = 600.0
"""A run that has not begun by then is forgotten; one that has holds links or copies of its own."""


class ContentDiffers(ValueError):
    """What arrived does not have the digest it was announced with; it was thrown away."""

    def __init__(self, digest: str, found: str) -> None:
        super().__init__(f"the content is {found}, not {digest}")
        self.digest = digest
        self.found = found


class Contents:
    """The folder of input files; at most `most_bytes`, but never without a file that a run uses."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._most_bytes = most_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._claims: dict[str, tuple[float, set[str]]] = {}
        self._lock = threading.Lock()

    def path(self, digest: str) -> Path:
        """Where the content is, once it is here."""
        return self._folder / digest.replace(":", "-")

    def claim(self, attempt: str, digests: Iterable[str]) -> list[str]:
        """Keep these contents until the attempt releases them; returns those that are not here."""
        with self._lock:
            wanted = set(digests)
            self._claims[attempt] = (time.monotonic(), wanted)
            for digest in sorted(wanted & self._sizes.keys()):
                self._sizes.move_to_end(digest)
            return sorted(wanted - self._sizes.keys())

    def release(self, attempt: str) -> None:
        """The attempt is over; what nobody uses may go when room is needed."""
        for part in self._folder.glob(f".part-{attempt}-*"):
            part.unlink(missing_ok=True)
        with self._lock:
            self._claims.pop(attempt, None)
            self._make_room()

    def receive(self, attempt: str, piece: Piece) -> None:
        """Take one piece of a content; the last one makes it usable.

        Raises:
            ContentDiffers: All pieces together are something else.
        """
        part = self._part(attempt, piece.digest)
        with part.open("r+b" if piece.offset else "wb") as file:
            file.seek(piece.offset)
            file.write(piece.content)
        if piece.is_last:
            self._keep(part, piece.digest)

    def copy(self, attempt: str, digest: str, source: Path) -> bool:
        """Take the content from a folder that server and worker share; False when it is not there.

        Raises:
            ContentDiffers: The file there is something else.
        """
        part = self._part(attempt, digest)
        try:
            shutil.copyfile(source, part)
        except OSError:  # not shared after all, or not readable here: it will be sent
            part.unlink(missing_ok=True)
            return False
        self._keep(part, digest)
        return True

    def _part(self, attempt: str, digest: str) -> Path:
        return self._folder / f".part-{attempt}-{digest.replace(':', '-')}"

    def _keep(self, part: Path, digest: str) -> None:
        """Read-only from now on, so that runs may be given the very file in place of a copy."""
        found = _digest(part)
        if found != digest:
            part.unlink()
            raise ContentDiffers(digest, found)
        size = part.stat().st_size
        part.chmod(0o400)
        with self._lock:
            part.replace(self.path(digest))
            self._sizes[digest] = size
            self._make_room()

    def _make_room(self) -> None:
        claimed = self._claimed()
        total = sum(self._sizes.values())
        for digest in [digest for digest in self._sizes if digest not in claimed]:
            if total <= self._most_bytes:
                return
            total -= self._sizes.pop(digest)
            self.path(digest).unlink(missing_ok=True)

    def _claimed(self) -> set[str]:
        oldest = time.monotonic() - CLAIM_SECONDS
        self._claims = {name: claim for name, claim in self._claims.items() if claim[0] > oldest}
        return {digest for _, digests in self._claims.values() for digest in digests}


def _digest(path: Path) -> str:
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            hasher.update(piece)
    return f"sha256:{hasher.hexdigest()}"
