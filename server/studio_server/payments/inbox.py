"""Events from the provider: stored when they arrive, done only together with the work they ask for.

An event says that something happened, not what is true now; the work is to look (`converge`). A failure
leaves the row open and is answered so that the provider sends it again.
"""

from collections.abc import Callable

from studio_server.clock import to_microseconds
from studio_server.payments.converge import Converger
from studio_server.payments.incidents import report
from studio_server.payments.provider import Provider, Told
from studio_server.payments.saved_cards.keeping import Keeping
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

ABOUT_PAYMENTS = (
    *("checkout.session.", "payment_intent.", "charge.", "refund."),
    *("customer.subscription.", "invoice.", "invoice_payment."),
)
ABOUT_CARDS = "payment_method."
"""Everything else is stored and needs no work."""


class EventOfAnotherMode(ValueError):
    """A live event at a test server, or the reverse; nothing was stored."""


class Inbox:
    """Takes events whose signature was found right."""

    def __init__(
        self,
        db: Store,
        provider: Provider,
        converger: Converger,
        keeping: Keeping,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._provider, self._converger, self._tell = db, provider, converger, tell
        self._keeping = keeping

    async def take(self, event: Told) -> bool:
        """Store an event and do its work; whether there was any. One that is done already is not done again.

        Raises:
            EventOfAnotherMode: Nothing was stored.
            PaymentFailure, StorageError: The event stays open; the provider has to send it again.
        """
        if event.livemode != self._provider.livemode:
            raise EventOfAnotherMode(event.id)
        is_open = await self._db.write(lambda tx: self._store(tx, event))
        if not is_open:
            return False
        if event.kind.startswith(ABOUT_CARDS):
            await self._keeping.refresh(event.reference)
        if not event.kind.startswith(ABOUT_PAYMENTS) or not event.reference:
            await self._db.write(lambda tx: _done(tx, event.id))
            return False
        done = await self._converger.by_reference(event.reference, also=lambda tx: _done(tx, event.id))
        if done is not None and done.changed:
            self._tell(done.order.user_id)
        return True

    def _store(self, tx: Tx, event: Told) -> bool:
        """Keep an event; whether its work is still to be done."""
        if event.api_version != self._provider.api_version:
            report(tx, "event_of_another_version", event.api_version or "none", event.id)
        tx.execute(
            "INSERT INTO payment_events (id, kind, reference, state, received_us) VALUES (?, ?, ?, 'new', ?)"
            " ON CONFLICT DO NOTHING",
            (event.id, event.kind, event.reference, to_microseconds(tx.now)),
        )
        row = tx.one("SELECT state FROM payment_events WHERE id = ?", (event.id,))
        return row is None or row[0] == "new"


def _done(tx: Tx, event_id: str) -> None:
    tx.execute(
        "UPDATE payment_events SET state = 'done', done_us = ? WHERE id = ? AND state = 'new'",
        (to_microseconds(tx.now), event_id),
    )
