"""A caller's Idempotency-Key stands for one order: asked again, the same order, as it is by then.

The key is kept in the transaction that begins the order, where answers of other routes are kept too.
"""

import json

from studio_server.storage.idempotency import Asked, forget, remember, remembered
from studio_server.storage.tx import Tx

FOUND = 200


def order_of(tx: Tx, asked: Asked | None) -> str | None:
    """The order this key stands for, or None.

    Raises:
        KeyReused: The key was used with another body.
    """
    if asked is None:
        return None
    found = remembered(tx, asked.scope, asked.digest)
    return None if found is None else str(json.loads(found.answer_json)["order"])


def stand_for(tx: Tx, asked: Asked | None, order_id: str) -> None:
    """Let this key stand for this order from now on, and for no other."""
    if asked is not None:
        forget(tx, asked.scope)
        remember(tx, asked.scope, asked.digest, FOUND, json.dumps({"order": order_id}))
