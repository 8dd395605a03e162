"""Customers at Stripe, over the connection of `payments`. They hold our random id; no name, no address."""

from datetime import datetime

import stripe

from studio_server.payments.at_stripe.payments import NOT_THERE, StripeSide, failure
from studio_server.payments.provider import ProviderRefused


class StripeCustomers:
    """Stripe as `CustomerProvider`."""

    def __init__(self, side: StripeSide) -> None:
        self._side, self._customers = side, side.client.v1.customers

    async def create_customer(self, user_id: str, key: str) -> str:
        """Make a customer for a user; the same key never makes two.

        Raises:
            ProviderRefused, ProviderUnreachable: There may be one all the same.
        """
        try:
            made = await self._customers.create_async(
                {"metadata": {"user": user_id}}, {"idempotency_key": key}
            )
        except stripe.StripeError as fault:
            raise failure(fault) from fault
        return made.id

    async def customer_for(self, user_id: str, since: datetime) -> str | None:
        """The latest customer that was made for a user since then, or None.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        made = {"created": {"gte": int(since.timestamp())}}
        async for each in self._side.every(self._customers, made):
            if each.metadata and each.metadata.to_dict().get("user") == user_id:
                return str(each.id)
        return None

    async def delete_customer(self, customer_id: str) -> None:
        """Delete a customer with cards and subscriptions; one that is gone already is no failure.

        Raises:
            ProviderRefused, ProviderUnreachable: It may be there still.
        """
        try:
            await self._customers.delete_async(customer_id)
        except stripe.StripeError as fault:
            refused = failure(fault)
            if not (isinstance(refused, ProviderRefused) and refused.code == NOT_THERE):
                raise refused from fault
