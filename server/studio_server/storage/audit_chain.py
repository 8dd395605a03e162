"""The hash chain: every recorded act carries the hash of the one before it.

`hash(n) = SHA-256(hash(n-1) ‖ length-prefixed fields)`. Changing, removing or inserting a row breaks every
later hash; cutting the tail off does not, which is why the head is anchored outside the database as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.storage.rowwise import RowWrite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from studio_server.storage.tx import Row, Tx

GENESIS = bytes(32)
NO_RECORD = bytes(32)
FRAMES = tuple([length.to_bytes(8, "big").decode("latin-1") for length in range(4_096)])
"""What stands before a field of this length, one character for each byte."""
ROWS = RowWrite(
    "INSERT INTO audit (sequence, recorded_us, actor, action, subject, details, record_digest,"
    " previous_hash, hash)",
    {
        "sequence": "bigint",
        "recorded_us": "bigint",
        "actor": "text",
        "action": "text",
        "subject": "text",
        "details": "text",
        "record_digest": "bytea",
        "previous_hash": "bytea",
        "hash": "bytea",
    },
)


@dataclass(frozen=True)
class ChainHead:
    """Where the chain stands: the last sequence, its hash, and how many rows there are."""

    sequence: int
    hash: bytes
    count: int


@dataclass(frozen=True)
class Act:
    """Something that was done and must stay on record. No personal data: subjects are random ids."""

    actor: str
    action: str
    subject: str
    details: str
    record_digest: bytes = NO_RECORD


def append(tx: Tx, act: Act) -> int:
    """Put `act` at the end of the chain, in this transaction, and tell its sequence."""
    return append_all(tx, (act,))


def append_all(tx: Tx, acts: Iterable[Act]) -> int:
    """Put acts at the end of the chain, in their order, in this transaction; tell the last sequence."""
    last = tx.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
    sequence, previous = (0, GENESIS) if last is None else (int(last[0]), bytes(last[1]))
    recorded_us = to_microseconds(tx.now)
    rows: list[Row] = []
    for act in acts:
        sequence += 1
        linked = link(previous, sequence, recorded_us, act)
        named = (sequence, recorded_us, act.actor, act.action, act.subject, act.details)
        rows.append((*named, act.record_digest, previous, linked))
        previous = linked
    tx.write_rows([(ROWS, rows)])
    return sequence


def tip(tx: Tx) -> bytes:
    """The hash of the last row: another one after every act. Cheap, where `head` counts all rows."""
    last = tx.one("SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1")
    return GENESIS if last is None else bytes(last[0])


def head(tx: Tx) -> ChainHead:
    """Where the chain stands now; an empty chain stands at sequence 0."""
    last = tx.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
    if last is None:
        return ChainHead(0, GENESIS, 0)
    counted = tx.one("SELECT count(*) FROM audit") or (0,)
    return ChainHead(int(last[0]), bytes(last[1]), int(counted[0]))


def link(previous: bytes, sequence: int, recorded_us: int, act: Act) -> bytes:
    """The hash of one row."""
    fields = (str(sequence), str(recorded_us), act.actor, act.action, act.subject, act.details)
    return digest((previous, *[field.encode() for field in fields], act.record_digest))


@lru_cache(maxsize=4_096)
def _prefix(length: int) -> bytes:
    return length.to_bytes(8, "big")


def digest(fields: Iterable[bytes]) -> bytes:
    """SHA-256 over fields, each after its length, so that no two lists of fields run together."""
    return hashlib.sha256(b"".join([_prefix(len(field)) + field for field in fields])).digest()


def digest_of_texts(texts: Sequence[str]) -> bytes:
    """The digest of the texts in UTF-8. Short ASCII, as nearly all is, is framed as text and encoded once."""
    whole = "".join(texts)
    if len(whole) >= len(FRAMES) or not whole.isascii():
        return digest([text.encode() for text in texts])
    framed = "".join([FRAMES[len(text)] + text for text in texts])
    return hashlib.sha256(framed.encode("latin-1")).digest()


def first_broken(tx: Tx) -> int | None:
    """The sequence of the first row that does not fit the chain, or None."""
    previous, expected = GENESIS, 1
    for row in tx.stream(
        "SELECT sequence, recorded_us, actor, action, subject, details, record_digest, previous_hash, hash"
        " FROM audit ORDER BY sequence"
    ):
        act = Act(row[2], row[3], row[4], row[5], bytes(row[6]))
        fits = row[0] == expected and bytes(row[7]) == previous
        if not fits or bytes(row[8]) != link(previous, expected, row[1], act):
            return expected
        previous, expected = bytes(row[8]), expected + 1
    return None
