"""Uploaded inputs: stored once per user under the digest of their content.

Bytes are streamed to a private file, hashed on the way, and named only when the digest is right. It gets its
name in the transaction that writes its row, so that neither is long there without the other: a row
without a file counts as not stored, a file without a row is replaced by the next upload or swept.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from studio_magics.contracts.inputs import UploadInfo
from studio_server.runs import upload_rows
from studio_server.runs.upload_refusals import (
    UploadDiffers,
    UploadInUse,
    UploadKindRefused,
    UploadMissing,
    UploadTooLarge,
)
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

__all__ = ["UploadDiffers", "UploadMissing", "UploadTooLarge", "Uploads"]
PICKLES = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))
"""How a pickle begins: the one kind of file that is never data. All others are looked at in the worker."""
START_BYTES = 2


class Uploads:
    """The uploads of all users in one folder, each user's apart."""

    def __init__(self, db: Store, folder: Path, *, max_bytes: int, max_bytes_together: int) -> None:
        self._db = db
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_together = max_bytes_together

    def find(self, tx: Tx, user_id: str, digest: str) -> UploadInfo | None:
        """What is stored under this digest for this user."""
        size = upload_rows.size_of(tx, user_id, digest)
        if size is None or not self.path(user_id, digest).exists():
            return None
        return UploadInfo(digest=digest, size_bytes=size, created=False)

    def use(self, tx: Tx, user_id: str, digest: str) -> None:
        """A run needs the content: it is kept from now on as long as one that was just sent."""
        upload_rows.use(tx, user_id, digest)

    def path(self, user_id: str, digest: str) -> Path:
        """Where the content is."""
        return self._folder / user_id / digest.removeprefix("sha256:")

    def files(self, user_id: str, inputs: Mapping[str, Any]) -> dict[str, Path]:
        """Where the content of every file named in these inputs is, by digest."""
        return {digest: self.path(user_id, digest) for digest in _digests(inputs)}

    def known(self, user_id: str, digest: str) -> UploadInfo | None:
        """As `find`, from outside of a transaction."""
        return self._db.read(lambda tx: self.find(tx, user_id, digest))

    async def store(self, user_id: str, digest: str, chunks: AsyncIterator[bytes]) -> UploadInfo:
        """Keep the content under its digest; content that is there already is not stored again.

        Raises:
            UploadTooLarge, UploadDiffers, UploadKindRefused: Nothing was kept.
        """
        known = self.known(user_id, digest)
        if known is not None and await self._db.write(lambda tx: upload_rows.use(tx, user_id, digest)):
            return known
        room = self._max_together - self._db.read(lambda tx: upload_rows.taken_bytes(tx, user_id))
        part = self.path(user_id, digest).with_name(f".part-{secrets.token_hex(8)}")
        try:
            size = await self._receive(part, digest, chunks, room)
            await self.keep(user_id, digest, part, size)
        finally:
            part.unlink(missing_ok=True)
        return UploadInfo(digest=digest, size_bytes=size, created=True)

    async def keep(self, user_id: str, digest: str, part: Path, size: int) -> None:
        """Give content that was checked its name and its row.

        Raises:
            UploadTooLarge: Others have taken the room meanwhile; nothing is kept.
        """

        def work(tx: Tx) -> None:
            upload_rows.one_at_a_time(tx, user_id)
            upload_rows.end_partial(tx, user_id, digest)
            if upload_rows.size_of(tx, user_id, digest) is None:
                self.refuse_without_room(tx, user_id, size)
            upload_rows.insert(tx, user_id, digest, size)
            _settle(part, self.path(user_id, digest))

        await self._db.write(work)

    def refuse_without_room(self, tx: Tx, user_id: str, size: int) -> None:
        """Refuse what is larger than an upload, or than the room that the user has left, may be.

        Raises:
            UploadTooLarge: It is.
        """
        if size > self._max_bytes:
            raise UploadTooLarge(self._max_bytes)
        if size + upload_rows.taken_bytes(tx, user_id) > self._max_together:
            raise UploadTooLarge(self._max_together, together=True)

    async def forget(self, user_id: str, digest: str) -> bool:
        """Delete the content, whole or partial; False when there is none.

        Raises:
            UploadInUse: A run of the user is not over; nothing was deleted.
        """

        def work(tx: Tx) -> bool:
            if upload_rows.has_open_runs(tx, user_id):
                raise UploadInUse
            there = upload_rows.delete(tx, user_id, digest)
            self.delete_files(user_id, digest)
            return there

        return await self._db.write(work)

    def partial_path(self, user_id: str, digest: str) -> Path:
        """Where content gathers that is not whole yet."""
        return self.path(user_id, digest).with_name(f".partial-{digest.removeprefix('sha256:')}")

    def delete_files(self, user_id: str, digest: str) -> None:
        """Delete the content; call it in the transaction that deletes its row."""
        self.path(user_id, digest).unlink(missing_ok=True)
        self.partial_path(user_id, digest).unlink(missing_ok=True)

    async def _receive(self, part: Path, digest: str, chunks: AsyncIterator[bytes], room: int) -> int:
        hasher, size, start = hashlib.sha256(), 0, b""
        with await asyncio.to_thread(_create, part) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._max_bytes:
                    raise UploadTooLarge(self._max_bytes)
                if size > room:
                    raise UploadTooLarge(self._max_together, together=True)
                start = start or chunk[:START_BYTES]
                await asyncio.to_thread(_take, file, hasher, chunk)
            await asyncio.to_thread(os.fsync, file.fileno())
        refuse_kind(start)
        found = f"sha256:{hasher.hexdigest()}"
        if found != digest:
            raise UploadDiffers(digest, found)
        return size


def refuse_kind(start: bytes) -> None:
    """Refuse content that begins as a pickle does: nothing more of a user's file is looked at here.

    Raises:
        UploadKindRefused: It does.
    """
    if start.startswith(PICKLES):
        raise UploadKindRefused("a pickle, which can run code when it is opened", "data: Parquet, CSV, text")


def _create(part: Path) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _settle(part: Path, target: Path) -> None:
    """Read-only from now on, so that workers may be given the very file in place of a copy."""
    if part.exists():  # a transaction may be tried again
        part.chmod(0o400)
        part.replace(target)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _take(file: BinaryIO, hasher: _Hash, chunk: bytes) -> None:
    file.write(chunk)
    hasher.update(chunk)


def _digests(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        if isinstance(digest := members.get("digest"), str) and "size_bytes" in members:
            yield digest
        for item in members.values():
            yield from _digests(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _digests(item)
