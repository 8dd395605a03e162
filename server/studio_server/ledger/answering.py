"""What was answered before: the same key with the same body is told the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_server.ledger.canonical import from_text
from studio_server.ledger.commands import ExpireHold, Release, Settle, effect_key
from studio_server.ledger.refusals import EffectKeyReused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_server.ledger.commands import Command
    from studio_server.storage import Row


def stored_answer(stored: Sequence[Row], key: str, body: str, command: Command) -> Any:
    """The answer already given under this key, or None.

    A hold that ended in another way than asked for is not a reused key: what it ended as is the answer.
    """
    if not stored:
        return None
    if stored[0][0] == body:
        return from_text(stored[0][1])
    if isinstance(command, Settle | Release | ExpireHold) and key == effect_key(command):
        return None
    raise EffectKeyReused(key)
