"""What arrives at the webhook: only what Stripe signed in time is believed, once. Cases 1 to 14."""

import json

import pytest

from tests.payments.shop import OLD_SECRET, SECRET, Shop, open_shop


async def test_one_event_five_times_at_once_is_one_purchase(shop: Shop) -> None:
    await shop.buy()
    assert set(await shop.deliver(copies=5, together=True)) == {200}
    assert (shop.bought_credits(), shop.rows("payment_moves"), shop.rows("payment_events")) == (500, 1, 3)
    await shop.settled()


@pytest.mark.parametrize("seed", range(6))
async def test_shuffled_and_doubled_events_end_in_the_same_state(shop: Shop, seed: int) -> None:
    await shop.buy()
    assert set(await shop.deliver(copies=2, seed=seed)) == {200}, seed
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_when_every_event_is_lost_comparing_credits_once_and_reports_it(shop: Shop) -> None:
    page = await shop.buy()
    shop.fake.books.events.clear()
    report = await shop.services.payments.reconciler.all()
    assert [(each.order.id, each.moved) for each in report.corrections] == [(page["order_id"], 500)]
    assert shop.incidents() == ["corrected_by_reconciliation"]
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


@pytest.mark.parametrize(
    "how",
    [
        {"tamper": lambda body: body.replace("1000", "9000")},
        {"secret": "whsec_of_somebody_else"},
        {"skew_seconds": -3_600},
        {"skew_seconds": 86_400},
        {"skew_seconds": -301},
        {"skew_seconds": 301},
    ],
)
async def test_what_stripe_did_not_sign_just_now_is_refused_and_leaves_nothing(shop: Shop, how: dict) -> None:
    await shop.buy()
    assert set(await shop.deliver()) == {200} if not how else True
    events = list(shop.fake.books.events)
    assert [await shop.courier.bring(event, **how) for event in events] == [400] * 3
    assert (shop.bought_credits(), shop.rows("payment_events"), shop.incidents()) == (0, 0, [])
    await shop.services.payments.reconciler.all()
    assert shop.bought_credits() == 500
    await shop.settled()


async def test_an_event_signed_at_the_edge_of_five_minutes_is_taken(shop: Shop) -> None:
    await shop.buy()
    events = list(shop.fake.books.events)
    for event, skew in zip(events, (-300, 300, 0), strict=True):
        assert await shop.courier.bring(event, skew_seconds=skew) == 200


@pytest.mark.undelivered
async def test_the_old_secret_is_good_while_both_are_set_and_no_longer(shop: Shop, tmp_path) -> None:
    async with open_shop(tmp_path / "both", stripe_webhook_secrets=(SECRET, OLD_SECRET)) as both:
        await both.buy()
        assert {await both.courier.bring(e, secret=OLD_SECRET) for e in both.fake.books.events} == {200}
        assert both.bought_credits() == 500
    await shop.buy()
    assert {await shop.courier.bring(e, secret=OLD_SECRET) for e in shop.fake.books.events} == {400}


def _not_events() -> list[bytes]:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter", "related_object": {}}
    return [
        b"[]",
        b'"text"',
        b"17",
        b"null",
        b"{}",
        b"",
        json.dumps(thin).encode(),
        b"{" * 5_000,
        b"not json",
    ]


@pytest.mark.parametrize("body", _not_events(), ids=range(len(_not_events())))
async def test_a_signed_body_that_is_no_event_is_400(shop: Shop, body: bytes) -> None:
    header = shop.courier.header(body.decode())
    assert await shop.courier.bring_raw(body, header=header) == 400
    assert shop.rows("payment_events") == 0


async def test_no_header_is_400_bytes_that_are_no_text_are_400_and_two_megabytes_are_413(shop: Shop) -> None:
    now = int(shop.clock.now().timestamp())
    assert await shop.courier.bring_raw(b"{}") == 400
    assert await shop.courier.bring_raw(b"\xff\xfe{}", header=f"t={now},v1=00") == 400
    assert await shop.courier.bring_raw(b"{}", header="t=soon,v1=00") == 400
    assert await shop.courier.bring_raw(b"x" * 2_000_000, header=f"t={now},v1=00") == 413


async def test_an_event_of_an_unknown_kind_is_kept_and_answered_with_200(shop: Shop) -> None:
    event = {"id": "evt_new", "object": "event", "type": "moon.landed", "livemode": False, "api_version": "x"}
    assert await shop.courier.bring(event | {"data": {"object": {"id": "m_1", "object": "moon"}}}) == 200
    assert (shop.rows("payment_events"), shop.rows("payment_moves")) == (1, 0)
    await shop.settled()


@pytest.mark.undelivered
async def test_a_live_event_at_a_test_server_is_refused(shop: Shop) -> None:
    await shop.buy()
    events = [event | {"livemode": True} for event in shop.fake.books.events]
    assert [await shop.courier.bring(event) for event in events] == [400] * 3
    assert (shop.rows("payment_events"), shop.bought_credits()) == (0, 0)


async def test_while_stripe_fails_an_event_is_not_done_and_comes_again(shop: Shop) -> None:
    await shop.buy()
    event = shop.fake.books.events[-1]
    shop.fake.faults["GET /v1/payment_intents/{id}"] = ["fail"] * 3
    assert await shop.courier.bring(event) >= 500
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (0, 0)
    assert shop.read(lambda tx: tx.one("SELECT state FROM payment_events")) == ("new",)
    assert await shop.courier.bring(event) == 200
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_a_month_old_event_signed_anew_changes_nothing(shop: Shop) -> None:
    from datetime import timedelta

    page = await shop.buy()
    events = list(shop.fake.books.events)
    await shop.deliver()
    shop.fake.books.refund(shop.order(page["order_id"]).intent_id)
    await shop.deliver()
    shop.clock.advance(timedelta(days=30))
    before = shop.everything()
    again = [event | {"id": f"{event['id']}_again"} for event in events]
    assert set(await shop.courier.bring_all([*events, *again])) == {200}
    assert shop.everything() == before
    assert shop.bought_credits() == 0 - 300  # the month's own credits have ended


async def test_a_payment_we_did_not_begin_is_200_reported_once_and_gives_nothing(shop: Shop) -> None:
    shop.fake.books.foreign_intent(5_000, product="something else")
    assert await shop.deliver(copies=3) == [200] * 3
    assert (shop.incidents(), shop.rows("payment_moves")) == (["unmatched_payment"], 0)
    await shop.settled()


async def test_an_event_of_another_version_is_handled_by_looking_and_reported(shop: Shop) -> None:
    await shop.buy()
    old = [event | {"api_version": "2020-08-27"} for event in shop.fake.books.events]
    for event in old:
        picture = event["data"]["object"]
        for name in ("amount", "payment_status", "amount_received"):
            picture.pop(name, None)
    assert set(await shop.courier.bring_all(old)) == {200}
    assert (shop.bought_credits(), shop.incidents()) == (500, ["event_of_another_version"])
    await shop.settled()


async def test_without_a_secret_there_is_no_webhook(tmp_path) -> None:
    async with open_shop(tmp_path / "none", stripe_webhook_secrets=()) as shop:
        await shop.buy()
        assert await shop.deliver() == [404] * 3
        assert (await shop.services.payments.reconciler.all()).corrections[0].moved == 500


@pytest.mark.undelivered
async def test_an_old_event_is_not_renewed_by_a_second_time_in_its_header(shop: Shop) -> None:
    await shop.buy()
    body = json.dumps(shop.fake.books.events[0])
    old = shop.courier.header(body, skew_seconds=-3_600)
    now = int(shop.clock.now().timestamp())
    for header in (f"{old},t={now}", f"{old},v1=0,t={now}"):
        assert await shop.courier.bring_raw(body.encode(), header=header) == 400
    assert shop.rows("payment_events") == 0


async def test_what_has_no_signature_of_now_is_refused_before_its_body_is_read(shop: Shop) -> None:
    read = []

    async def endless():
        while len(read) < 3_000_000:
            read.append(1)
            yield b"x" * 1_000

    now = int(shop.clock.now().timestamp())
    for header in (
        "",
        "t=,v1=1",
        f"t={now}",
        f"t={now - 400},v1=1",
        f"t={now},v0=1",
        "v1=1",
        f"t=+{now},v1=1",
    ):
        sent = await shop.nobody().post(
            "/api/stripe/webhook", content=endless(), headers={"stripe-signature": header}
        )
        assert (sent.status_code, sent.json()["code"], read) == (400, "signature_wrong", []), header


async def test_strangers_at_the_same_address_do_not_use_up_what_stripe_may_send(tmp_path) -> None:
    async with open_shop(tmp_path / "busy", requests_per_second=1) as busy:
        await busy.buy()
        answers = [(await busy.nobody().get("/api/tools")).status_code for _ in range(6)]
        assert answers[-1] == 429
        assert await busy.courier.bring_raw(b"{}", header="t=1,v1=0") == 400
        assert await busy.deliver(copies=4) == [200] * 12
        assert busy.bought_credits() == 500


async def test_counted_as_a_stranger_stripe_would_be_refused_with_them(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio_server.app import CallerMiddleware

    monkeypatch.setattr(CallerMiddleware, "_is_uncounted", lambda *_: False)
    async with open_shop(tmp_path / "busy", requests_per_second=1) as busy:
        await busy.buy()
        assert 429 in await busy.deliver(copies=4)
