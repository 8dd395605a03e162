"""Uploaded inputs: stored once per user under the digest of their content.

Bytes are streamed to a private file, hashed on the way, and named only when the digest is right.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from studio_magics.contracts.inputs import UploadInfo
from studio_server.clock import to_microseconds
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx


class UploadTooLarge(ValueError):
    """The content is larger than one upload, or than all uploads of a user together, may be."""

    def __init__(self, allowed_bytes: int, *, together: bool = False) -> None:
        super().__init__(f"at most {allowed_bytes} bytes are allowed")
        self.allowed_bytes = allowed_bytes
        self.together = together


class UploadDiffers(ValueError):
    """The content does not have the digest it was announced with."""

    def __init__(self, announced: str, found: str) -> None:
        super().__init__(f"the content is {found}, not {announced}")
        self.announced = announced
        self.found = found


class UploadMissing(LookupError):
    """An input names content that was never uploaded."""

    def __init__(self, digest: str, name: str) -> None:
        super().__init__(f"{name} has not been uploaded")
        self.digest = digest
        self.name = name


class Uploads:
    """The uploads of all users in one folder, each user's apart."""

    def __init__(self, db: Store, folder: Path, *, max_bytes: int, max_bytes_together: int) -> None:
        self._db = db
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_together = max_bytes_together

    def find(self, tx: Tx, user_id: str, digest: str) -> UploadInfo | None:
        """What is stored under this digest for this user."""
        row = tx.one("SELECT size_bytes FROM uploads WHERE user_id = ? AND digest = ?", (user_id, digest))
        return UploadInfo(digest=digest, size_bytes=row[0], created=False) if row else None

    def path(self, user_id: str, digest: str) -> Path:
        """Where the content is."""
        return self._folder / user_id / digest.removeprefix("sha256:")

    def files(self, user_id: str, inputs: Mapping[str, Any]) -> dict[str, Path]:
        """Where the content of every file named in these inputs is, by digest."""
        return {digest: self.path(user_id, digest) for digest in _digests(inputs)}

    async def store(self, user_id: str, digest: str, chunks: AsyncIterator[bytes]) -> UploadInfo:
        """Keep the content under its digest; content that is there already is not stored again.

        Raises:
            UploadTooLarge, UploadDiffers: Nothing was kept.
        """
        known = self._db.read(lambda tx: self.find(tx, user_id, digest))
        if known is not None and self.path(user_id, digest).exists():
            return known
        room = self._max_together - self._db.read(lambda tx: _stored_bytes(tx, user_id))
        target = self.path(user_id, digest)
        part = target.with_name(f".part-{secrets.token_hex(8)}")
        try:
            size = await self._receive(part, digest, chunks, room)
            await asyncio.to_thread(_settle, part, target)
        finally:
            part.unlink(missing_ok=True)
        await self._db.write(lambda tx: _insert(tx, user_id, digest, size))
        return UploadInfo(digest=digest, size_bytes=size, created=True)

    async def _receive(self, part: Path, digest: str, chunks: AsyncIterator[bytes], room: int) -> int:
        hasher, size = hashlib.sha256(), 0
        with await asyncio.to_thread(_create, part) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._max_bytes:
                    raise UploadTooLarge(self._max_bytes)
                if size > room:
                    raise UploadTooLarge(self._max_together, together=True)
                await asyncio.to_thread(_take, file, hasher, chunk)
            await asyncio.to_thread(os.fsync, file.fileno())
        found = f"sha256:{hasher.hexdigest()}"
        if found != digest:
            raise UploadDiffers(digest, found)
        return size


def _create(part: Path) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _settle(part: Path, target: Path) -> None:
    """Read-only from now on, so that workers may be given the very file in place of a copy."""
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


def _stored_bytes(tx: Tx, user_id: str) -> int:
    row = tx.one("SELECT coalesce(sum(size_bytes), 0) FROM uploads WHERE user_id = ?", (user_id,))
    return row[0] if row else 0


def _insert(tx: Tx, user_id: str, digest: str, size: int) -> None:
    tx.execute(
        "INSERT INTO uploads (user_id, digest, size_bytes, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (user_id, digest, size, to_microseconds(tx.now)),
    )
