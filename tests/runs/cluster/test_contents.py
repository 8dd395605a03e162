"""Inputs on a worker: only what has the digest it was announced with, and no more than there is room for."""

import hashlib
from pathlib import Path

import pytest
from studio_server.runs.executor.cluster import contents as module
from studio_server.runs.executor.cluster.contents import ContentDiffers, Contents
from studio_server.runs.executor.cluster.wire import Piece


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def send(contents: Contents, attempt: str, content: bytes, *, size: int = 3) -> str:
    digest = digest_of(content)
    for offset in range(0, len(content) + 1, size):
        piece = content[offset : offset + size]
        contents.receive(attempt, Piece(digest, offset, piece, is_last=len(piece) < size))
    return digest


def test_a_content_is_usable_when_its_last_piece_is_there_and_read_only(tmp_path: Path) -> None:
    contents = Contents(tmp_path, 100)
    digest = digest_of(b"four")
    contents.receive("a", Piece(digest, 0, b"fo", is_last=False))
    assert contents.claim("a", [digest]) == [digest]
    contents.receive("a", Piece(digest, 2, b"ur", is_last=True))
    assert contents.claim("a", [digest]) == []
    assert contents.path(digest).read_bytes() == b"four"
    assert not contents.path(digest).stat().st_mode & 0o222


def test_a_content_with_another_digest_is_thrown_away(tmp_path: Path) -> None:
    contents = Contents(tmp_path, 100)
    with pytest.raises(ContentDiffers):
        contents.receive("a", Piece(digest_of(b"this"), 0, b"that", is_last=True))
    assert list(tmp_path.iterdir()) == []


def test_a_shared_file_with_another_digest_is_thrown_away_and_a_missing_one_is_asked_for(
    tmp_path: Path,
) -> None:
    contents = Contents(tmp_path / "contents", 100)
    shared = tmp_path / "shared"
    assert not contents.copy("a", digest_of(b"this"), shared)
    shared.write_bytes(b"that")
    with pytest.raises(ContentDiffers):
        contents.copy("a", digest_of(b"this"), shared)
    assert contents.copy("a", digest_of(b"that"), shared)
    assert [path.name for path in (tmp_path / "contents").iterdir()] == [digest_of(b"that").replace(":", "-")]


def test_the_oldest_unused_content_goes_when_room_is_short_and_a_claimed_one_stays(tmp_path: Path) -> None:
    contents = Contents(tmp_path, 10)
    contents.claim("a", [digest_of(b"aaaa")])
    claimed, old = send(contents, "a", b"aaaa"), send(contents, "b", b"bbbb")
    new = send(contents, "c", b"cccc")
    assert contents.claim("d", [claimed, old, new]) == [old]
    contents.release("a")
    contents.release("d")
    send(contents, "e", b"eeee")
    assert contents.claim("f", [claimed, new]) == [claimed]


def test_a_claim_of_a_run_that_never_began_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLAIM_SECONDS", -1.0)
    contents = Contents(tmp_path, 6)
    contents.claim("a", [digest_of(b"aaaa")])
    claimed = send(contents, "a", b"aaaa")
    send(contents, "b", b"bbbb")
    assert contents.claim("c", [claimed]) == [claimed]


def test_pieces_of_a_run_that_was_given_up_are_deleted(tmp_path: Path) -> None:
    contents = Contents(tmp_path, 100)
    contents.receive("a", Piece(digest_of(b"four"), 0, b"fo", is_last=False))
    contents.release("a")
    assert list(tmp_path.iterdir()) == []
