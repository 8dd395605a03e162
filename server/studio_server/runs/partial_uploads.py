"""Uploads in pieces: each piece says where it begins, and what has arrived survives whatever cuts it off.

How far an upload is, is the size of its file, so that no crash can make row and file disagree about it. The
digest is checked when the last piece is there, over the whole file; content that differs is not kept.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from studio_magics.contracts.inputs import UploadPart
from studio_server.runs import upload_rows
from studio_server.runs.upload_refusals import OffsetDiffers, SizeDiffers, UploadBusy, UploadDiffers
from studio_server.runs.uploads import START_BYTES, Uploads, refuse_kind
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

PIECE_BYTES = 1 << 20


class PartialUploads:
    """What arrives in pieces and becomes an upload."""

    def __init__(self, db: Store, uploads: Uploads) -> None:
        self._db = db
        self._uploads = uploads

    def find(self, user_id: str, digest: str) -> UploadPart | None:
        """How far the upload of this content is; None when nothing of it is here."""
        whole = self._uploads.known(user_id, digest)
        if whole is not None:
            return UploadPart(
                digest=digest, size_bytes=whole.size_bytes, offset_bytes=whole.size_bytes, complete=True
            )
        begun = self._db.read(lambda tx: upload_rows.partial(tx, user_id, digest))
        if begun is None:
            return None
        here = _size(self._uploads.partial_path(user_id, digest))
        return UploadPart(digest=digest, size_bytes=begun.size_bytes, offset_bytes=here, complete=False)

    async def append(
        self, user_id: str, digest: str, *, offset: int, size: int, chunks: AsyncIterator[bytes]
    ) -> tuple[UploadPart, bool]:
        """Add a piece that begins at `offset` of `size` bytes; True when this one made the upload whole.

        Raises:
            UploadTooLarge, SizeDiffers, UploadBusy: Nothing of the piece was kept.
            OffsetDiffers: As well; it tells where to go on.
            UploadDiffers, UploadKindRefused: The content is not what was announced; nothing of it is kept.
        """
        known = self.find(user_id, digest)
        if known is not None and known.complete:
            await self._db.write(lambda tx: upload_rows.use(tx, user_id, digest))
            return known, False
        await self._db.write(lambda tx: self._reserve(tx, user_id, digest, size))
        part = self._uploads.partial_path(user_id, digest)
        async with _locked(part) as descriptor:
            here = await _appended(descriptor, offset, size, chunks)
            if here < size:
                return UploadPart(digest=digest, size_bytes=size, offset_bytes=here, complete=False), False
            await self._finish(user_id, digest, part, size)
        return UploadPart(digest=digest, size_bytes=size, offset_bytes=size, complete=True), True

    def _reserve(self, tx: Tx, user_id: str, digest: str, size: int) -> None:
        upload_rows.one_at_a_time(tx, user_id)
        begun = upload_rows.partial(tx, user_id, digest)
        if begun is None:
            self._uploads.refuse_without_room(tx, user_id, size)
            upload_rows.begin_partial(tx, user_id, digest, size)
        elif begun.size_bytes != size:
            raise SizeDiffers(begun.size_bytes)
        upload_rows.touch_partial(tx, user_id, digest)

    async def _finish(self, user_id: str, digest: str, part: Path, size: int) -> None:
        try:
            await asyncio.to_thread(_check, part, digest)
        except ValueError:
            await self._db.write(lambda tx: self._give_up(tx, user_id, digest))
            raise
        await self._uploads.keep(user_id, digest, part, size)

    def _give_up(self, tx: Tx, user_id: str, digest: str) -> None:
        upload_rows.end_partial(tx, user_id, digest)
        self._uploads.partial_path(user_id, digest).unlink(missing_ok=True)


@contextlib.asynccontextmanager
async def _locked(part: Path) -> AsyncGenerator[int]:
    """The file of a partial upload, for one request at a time, on whatever server it arrives."""
    descriptor = await asyncio.to_thread(_opened, part)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise UploadBusy from taken
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(part: Path) -> int:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)


async def _appended(descriptor: int, offset: int, size: int, chunks: AsyncIterator[bytes]) -> int:
    """Write the piece and tell where it ends; what has arrived stays when the sender breaks off."""
    here = os.fstat(descriptor).st_size
    if here != offset:
        raise OffsetDiffers(offset, here)
    os.lseek(descriptor, offset, os.SEEK_SET)
    try:
        async for chunk in chunks:
            if here + len(chunk) > size:
                raise SizeDiffers(size)
            await asyncio.to_thread(_write, descriptor, chunk)
            here += len(chunk)
    finally:
        await asyncio.to_thread(os.fsync, descriptor)
    return here


def _write(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _check(part: Path, digest: str) -> None:
    """Hash the whole file as it is on the disk.

    Raises:
        UploadDiffers, UploadKindRefused: It is not what was announced, or not taken.
    """
    hasher = hashlib.sha256()
    with part.open("rb") as file:
        refuse_kind(file.read(START_BYTES))
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            hasher.update(piece)
    found = f"sha256:{hasher.hexdigest()}"
    if found != digest:
        raise UploadDiffers(digest, found)


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0
