"""Customers of the fake: made, listed, deleted. What one has (cards, subscriptions) is kept elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import stripe

from tests.fakes.fake_stripe.books import missing

if TYPE_CHECKING:
    from starlette.routing import Route

    from tests.fakes.fake_stripe.app import FakeStripe
    from tests.fakes.fake_stripe.books import Books, Object

PATH = "/v1/customers"


def routes(fake: FakeStripe) -> list[Route]:
    """The operations; the list is in the table of lists."""
    books = fake.books
    return [
        fake.post(PATH, "CustomerCreateParams", lambda said: create(books, said), kind=stripe.Customer),
        fake.get(f"{PATH}/{{id}}", "customer", stripe.Customer),
        fake.delete(f"{PATH}/{{id}}", stripe.Customer, lambda customer: delete(books, customer)),
    ]


def create(books: Books, said: Object) -> Object:
    """A customer who has nothing yet."""
    found = books.new("cus", "customer")
    found |= {"metadata": said.get("metadata", {}), "email": said.get("email"), "balance": 0}
    found |= {"invoice_settings": {"default_payment_method": None}}
    books.customers[found["id"]] = found
    return found


def living(books: Books, customer_id: str) -> Object:
    """A customer who was not deleted.

    Raises:
        Refused: There is none.
    """
    found = books.get("customer", customer_id)
    if found.get("deleted"):
        raise missing("customer", customer_id)
    return found


def delete(books: Books, customer_id: str) -> Object:
    """Forget a customer; whatever hangs on it ends with `books.when_deleted`."""
    found = living(books, customer_id)
    for ends in books.when_deleted:
        ends(customer_id)
    created, livemode = found["created"], found["livemode"]
    found.clear()
    found |= {"id": customer_id, "object": "customer", "deleted": True}
    found |= {"created": created, "livemode": livemode}
    return found
