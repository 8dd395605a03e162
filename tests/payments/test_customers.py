"""A user is one customer at Stripe: made once, whoever asks and whatever is lost; gone with the person."""

import asyncio

import pytest
from studio_server.payments import customers
from studio_server.payments.at_stripe.customers import StripeCustomers
from studio_server.payments.customers import Customers
from studio_server.payments.provider import ProviderRefused, ProviderUnreachable

from tests.payments.shop import KEY, Shop
from tests.payments.test_leaving import leave

CREATE = "POST /v1/customers"


def of(shop: Shop) -> Customers:
    """A second part of the server that asks, over connections of its own."""
    return Customers(shop.services.db, StripeCustomers(shop.services.payments.provider))


async def user_id(shop: Shop) -> str:
    return (await shop.ada.get("/api/account")).json()["user_id"]


async def test_six_who_ask_at_once_get_the_same_customer(shop: Shop) -> None:
    ada = await user_id(shop)
    found = await asyncio.gather(*(of(shop).customer_of(ada) for _ in range(6)))
    assert set(found) == set(shop.fake.books.customers)
    assert (len(shop.fake.books.customers), shop.rows("payment_customers")) == (1, 1)
    assert shop.fake.books.customers[found[0]]["metadata"] == {"user": ada}


@pytest.mark.parametrize("fault", ["lose", "fail_and_remember"])
async def test_a_lost_answer_makes_no_second_customer(shop: Shop, fault: str) -> None:
    ada = await user_id(shop)
    shop.fake.faults[CREATE] = [fault] * 3
    found = await of(shop).customer_of(ada)
    assert list(shop.fake.books.customers) == [found]
    shop.fake.forget_keys()
    assert await of(shop).customer_of(ada) == found


async def test_after_an_answer_that_never_came_the_next_attempt_has_a_key_of_its_own(shop: Shop) -> None:
    ada = await user_id(shop)
    shop.fake.faults[CREATE] = ["fail"] * 3
    with pytest.raises(ProviderUnreachable):
        await of(shop).customer_of(ada)
    await of(shop).customer_of(ada)
    assert shop.read(lambda tx: tx.execute("SELECT attempt FROM payment_customers")) == [(2,)]


async def test_a_customer_that_was_deleted_at_stripe_is_replaced_once(shop: Shop) -> None:
    ada = await user_id(shop)
    gone = await of(shop).customer_of(ada)
    await StripeCustomers(shop.services.payments.provider).delete_customer(gone)
    others = await asyncio.gather(*(of(shop).replace(ada, gone) for _ in range(3)))
    assert (len(set(others)), gone in others) == (1, False)


async def test_deleting_a_customer_twice_is_no_failure(shop: Shop) -> None:
    stripe = StripeCustomers(shop.services.payments.provider)
    made = await of(shop).customer_of(await user_id(shop))
    await stripe.delete_customer(made)
    await stripe.delete_customer(made)
    shop.fake.key = "sk_test_another"
    with pytest.raises(ProviderRefused):
        await stripe.delete_customer(made)
    shop.fake.key = KEY


async def test_who_left_is_no_customer_any_more(shop: Shop) -> None:
    ada = await user_id(shop)
    await of(shop).customer_of(ada)
    await leave(shop)
    assert shop.rows("payment_customers") == 0


async def test_without_a_lasting_key_two_who_ask_at_once_make_two_customers(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = iter(range(9))
    monkeypatch.setattr(customers.Customer, "key", property(lambda _: f"another {next(count)}"))
    ada = await user_id(shop)
    await asyncio.gather(*(of(shop).customer_of(ada) for _ in range(2)))
    assert len(shop.fake.books.customers) == 2
