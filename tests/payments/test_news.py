"""What the streams of a person hear when a payment gives or takes."""

from studio_server.events.bus import Listener
from studio_server.storage.tx import Tx

from studio_magics.contracts.events import BalanceEvent, NoticeEvent
from tests.fakes.toy_server import person
from tests.payments.shop import Shop


def ada_of(shop: Shop) -> str:
    def read(tx: Tx) -> str:
        return shop.services.people.known(tx, person("ada")).id

    return shop.read(read)


async def heard(listener: Listener) -> tuple[list[NoticeEvent], list[int]]:
    """Notices, and the credits of every balance, that wait in a stream."""
    notices: list[NoticeEvent] = []
    balances: list[int] = []
    while (event := await listener.next(0)) is not None:
        if isinstance(event, NoticeEvent):
            notices.append(event)
        if isinstance(event, BalanceEvent):
            balances.append(event.balance.available_credits)
    return notices, balances


async def test_what_arrives_is_told_once_by_its_amount_and_order_however_often_it_is_looked_at(
    shop: Shop,
) -> None:
    with shop.services.bus.listen(ada_of(shop)) as listener:
        page = await shop.buy()
        for _ in range(3):
            await shop.verify(page["session_id"])
        await shop.deliver()
        notices, balances = await heard(listener)
    assert [(each.severity, each.text, each.about) for each in notices] == [
        ("info", "500 credits arrived", page["order_id"])
    ]
    assert balances == [800]
    await shop.settled()


async def test_dollars_that_arrive_are_told_as_dollars(shop: Shop) -> None:
    with shop.services.bus.listen(ada_of(shop)) as listener:
        await shop.bought("dollars-25")
        notices, _ = await heard(listener)
    assert [each.text for each in notices] == ["$27 arrived"]


async def test_what_a_refund_or_a_dispute_takes_back_is_told_with_the_reason(shop: Shop) -> None:
    refunded, disputed = await shop.bought(), await shop.bought("standard")
    with shop.services.bus.listen(ada_of(shop)) as listener:
        shop.fake.books.refund(refunded, 400)
        shop.fake.books.dispute(disputed)
        await shop.deliver()
        notices, _ = await heard(listener)
    assert sorted((each.severity, each.text) for each in notices) == [
        ("warning", "1,400 credits went back: the payment is disputed"),
        ("warning", "200 credits went back: the payment was refunded"),
    ]


async def test_nobody_else_hears_of_a_payment(shop: Shop) -> None:
    def bob(tx: Tx) -> str:
        return shop.services.people.known(tx, person("bob")).id

    with shop.services.bus.listen(shop.read(bob)) as listener:
        await shop.bought()
        assert await heard(listener) == ([], [])
