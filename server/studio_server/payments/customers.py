"""Who a user is at the payment provider: made once, kept by us, never taken from a request.

Owns the table `payment_customers`, which goes with the person. The provider is told our random id only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.payments.provider import PaymentFailure, PaymentUnsettled
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

CLOCKS_MAY_DIFFER = timedelta(minutes=5)


class CustomerProvider(Protocol):
    """What is asked of the provider about customers."""

    async def create_customer(self, user_id: str, key: str) -> str:
        """Make a customer for a user; the same key never makes two."""
        ...

    async def customer_for(self, user_id: str, since: datetime) -> str | None:
        """The latest customer that was made for a user since then, or None."""
        ...

    async def delete_customer(self, customer_id: str) -> None:
        """Delete a customer with cards and subscriptions; one that is gone already is no failure."""
        ...


@dataclass(frozen=True)
class Customer:
    """A user at the provider; `customer_id` is None before the provider has answered."""

    user_id: str
    customer_id: str | None
    attempt: int
    created_at: datetime

    @property
    def key(self) -> str:
        """The idempotency key of this attempt."""
        return f"customer:{self.user_id}:{self.attempt}"


class Customers:
    """Finds and makes customers."""

    def __init__(self, db: Store, provider: CustomerProvider) -> None:
        self._db, self._provider = db, provider

    async def customer_of(self, user_id: str) -> str:
        """The customer of this user; made at the provider when there is none yet, once whoever asks.

        Raises:
            PaymentFailure, StorageError: There may be one all the same; asking again goes on with it.
        """
        known = await self._db.write(lambda tx: _begun(tx, user_id))
        if known.customer_id is not None:
            return known.customer_id
        try:
            made = await self._provider.create_customer(user_id, known.key)
        except PaymentFailure as fault:
            made = await self._found_again(known, fault)
        return await self._db.write(lambda tx: _keep(tx, user_id, made))

    def known(self, tx: Tx, user_id: str) -> str | None:
        """The customer of this user, without asking anybody."""
        return customer_known(tx, user_id)

    async def replace(self, user_id: str, gone: str) -> str:
        """Another customer instead of one that the provider no longer knows.

        Raises:
            PaymentFailure, StorageError: Asking again goes on with it.
        """
        await self._db.write(lambda tx: _forget(tx, user_id, gone))
        return await self.customer_of(user_id)

    async def delete(self, customer_id: str) -> None:
        """Let the provider forget a customer with cards and subscriptions; our row goes with the person.

        Raises:
            PaymentFailure: It may be there still.
        """
        await self._provider.delete_customer(customer_id)

    async def _found_again(self, known: Customer, fault: PaymentFailure) -> str:
        """The customer whose answer was lost. Without one its key is not used again.

        Raises:
            PaymentFailure: What the provider said at first, or that it cannot be asked now.
        """
        found = await self._provider.customer_for(known.user_id, known.created_at - CLOCKS_MAY_DIFFER)
        if found is None:
            await self._db.write(lambda tx: _next_attempt(tx, known))
            raise fault
        return found


def customer_known(tx: Tx, user_id: str) -> str | None:
    """The customer of this user as our row says, or None."""
    found = _of(tx, user_id)
    return None if found is None else found.customer_id


def _begun(tx: Tx, user_id: str) -> Customer:
    tx.execute(
        "INSERT INTO payment_customers (user_id, created_us) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (user_id, to_microseconds(tx.now)),
    )
    found = _of(tx, user_id)
    if found is None:
        raise PaymentUnsettled(user_id)
    return found


def _of(tx: Tx, user_id: str) -> Customer | None:
    row = tx.one(
        "SELECT user_id, customer_id, attempt, created_us FROM payment_customers WHERE user_id = ?",
        (user_id,),
    )
    return None if row is None else Customer(*row[:3], created_at=from_microseconds(row[3]))


def _keep(tx: Tx, user_id: str, customer_id: str) -> str:
    """Keep what the provider answered; the first answer stays. Who left meanwhile has none."""
    tx.execute(
        "UPDATE payment_customers SET customer_id = ? WHERE user_id = ? AND customer_id IS NULL",
        (customer_id, user_id),
    )
    found = _of(tx, user_id)
    if found is None or found.customer_id is None:
        raise PaymentUnsettled(user_id)
    return found.customer_id


def _forget(tx: Tx, user_id: str, gone: str) -> None:
    tx.execute(
        "UPDATE payment_customers SET customer_id = NULL, attempt = attempt + 1, created_us = ?"
        " WHERE user_id = ? AND customer_id = ?",
        (to_microseconds(tx.now), user_id, gone),
    )


def _next_attempt(tx: Tx, known: Customer) -> None:
    tx.execute(
        "UPDATE payment_customers SET attempt = attempt + 1 WHERE user_id = ? AND attempt = ?"
        " AND customer_id IS NULL",
        (known.user_id, known.attempt),
    )
