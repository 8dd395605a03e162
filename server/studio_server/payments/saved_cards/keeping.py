"""The saved card of a person: shown as the provider shows it, removed when asked, taken off when it goes."""

import contextlib
import logging

from studio_server.accounts.people import User
from studio_server.audit.events import SYSTEM, CardStep, EventKind, record
from studio_server.payments.provider import PaymentFailure, ProviderRefused
from studio_server.payments.saved_cards import cards
from studio_server.payments.saved_cards.cards import CardFacts, SavedCard
from studio_server.payments.saved_cards.outcomes import Outcomes
from studio_server.payments.saved_cards.provider import CardProvider
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
CARDS_A_ROUND = 200


class Keeping:
    """Saved cards of one server."""

    def __init__(self, db: Store, provider: CardProvider, outcomes: Outcomes) -> None:
        self._db, self._provider, self._outcomes = db, provider, outcomes

    def card(self, user: User) -> SavedCard | None:
        """The card of this user, or None."""
        return self._db.read(lambda tx: cards.of(tx, user.id))

    async def remove(self, user: User) -> None:
        """Use the card of this user no more, from now on; at the provider it goes now or with the next round.

        Raises:
            StorageError: It is still there.
        """
        await self._db.write(lambda tx: self._drop(tx, user.id, actor=user.id))
        with contextlib.suppress(PaymentFailure):
            await self.take_off()

    async def take_off(self) -> None:
        """Let every card go at the provider that is no longer used here; one it refuses keeps no other.

        Raises:
            ProviderUnreachable, StorageError: Some are still there; the next time goes on.
        """
        for method_id in self._db.read(lambda tx: cards.to_take_off(tx, limit=CARDS_A_ROUND)):
            try:
                await self._provider.take_off(method_id)
            except ProviderRefused as fault:
                log.warning("a card cannot be taken off at the payment provider: %s", fault.code)
                continue
            await self._db.write(lambda tx, gone=method_id: cards.taken_off(tx, gone))

    async def refresh(self, method_id: str) -> bool:
        """Bring a saved card up to date with the provider; whether it is one of ours.

        Raises:
            PaymentFailure, StorageError: Nothing was changed.
        """
        if self._db.read(lambda tx: cards.by_method(tx, method_id)) is None:
            return False
        found = await self._provider.card(method_id)
        await self._db.write(lambda tx: self._as_it_is(tx, method_id, found))
        return True

    def _as_it_is(self, tx: Tx, method_id: str, found: CardFacts | None) -> None:
        known = cards.by_method(tx, method_id)
        if known is None:
            return
        if found is None or found.customer_id != known.customer_id:
            self._drop(tx, known.user_id, actor=SYSTEM)
        else:
            cards.renew(tx, found)

    def _drop(self, tx: Tx, user_id: str, *, actor: str) -> None:
        if cards.drop(tx, user_id):
            record(tx, actor, CardStep(user_id, ""), kind=EventKind.CARD_REMOVED)
            self._outcomes.stop(tx, user_id, "card_removed", actor=actor)
