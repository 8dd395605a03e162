"""Statistics add up to what was counted by hand."""

import json
from datetime import timedelta

import httpx
from fakes.toy_server import RUN, ToyServer, finished
from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.audit.statistics import statistics

from tests.ledger.books import Books

STEP = PurchaseStep("ord_1", reference="pi_1", amount_minor=900, currency="eur", credits=500)


def two_days(books: Books) -> None:
    """Saturday: 500 given, 8 held and 3 of them spent; Sunday: 6 held and all returned, one purchase."""
    wallet_id = books.open_wallet()
    books.grant(wallet_id, 500)
    books.settle(books.hold(wallet_id, 8).hold_id, 3)
    books.clock.advance(timedelta(days=1))
    books.release(books.hold(wallet_id, 6).hold_id)
    books.db.write_blocking(lambda tx: record_purchase_step(tx, "system", EventKind.PURCHASE_PAID, STEP))


def test_counts_and_credits_are_those_of_two_days_counted_by_hand(either: Books) -> None:
    two_days(either)
    found = either.db.read(statistics)
    assert found.by_day == {
        "2026-11-21": {"open_wallet": 1, "grant": 1, "hold": 1, "charge": 1},
        "2026-11-22": {"hold": 1, "release": 1, "purchase_paid": 1},
    }
    assert found.by_kind == {
        "open_wallet": 1, "grant": 1, "hold": 2, "charge": 1, "release": 1, "purchase_paid": 1
    }  # fmt: skip
    assert found.moved == {
        "CREDIT": {"granted": 500, "charged": 3, "returned": 11, "refunded": 0, "voided": 0}
    }
    assert (found.first_at, found.last_at) == ("2026-11-21T12:00:00+00:00", "2026-11-22T12:00:00+00:00")


def test_the_last_day_alone_leaves_out_the_day_before(either: Books) -> None:
    two_days(either)
    since = either.clock.now() - timedelta(hours=1)
    found = either.db.read(lambda tx: statistics(tx, since=since))
    assert list(found.by_day) == ["2026-11-22"]
    assert found.moved == {"CREDIT": {"granted": 0, "charged": 0, "returned": 6, "refunded": 0, "voided": 0}}


def test_an_empty_chain_has_no_first_and_no_last_time(either: Books) -> None:
    found = either.db.read(statistics)
    assert (found.first_at, found.by_kind, sum(found.runs.values())) == (None, {}, 0)
    assert "first none, last none" in str(found)


async def test_runs_and_refusals_are_counted_as_they_happened(
    ada: httpx.AsyncClient, server: ToyServer
) -> None:
    for inputs in ({}, {}, {"fail": True}):
        await finished(ada, (await ada.post(RUN, json={"inputs": inputs})).json())
    await ada.put("/api/account/settings/credits", json={"per_run_limit_credits": 3})
    for _ in range(2):
        assert (await ada.post(RUN, json={"max_credits": 8})).status_code == 402
    await ada.put(
        "/api/account/settings/credits", json={"per_run_limit_credits": None, "daily_limit_credits": 10}
    )
    assert (await ada.post(RUN, json={"max_credits": 8})).status_code == 402
    found = server.services.db.read(statistics)
    ended = {"completed": 2, "failed": 1, "cancelled": 0, "lost": 0, "answered": 0}
    assert found.runs == {"allowed": 3, "blocked": 3} | ended
    assert found.refusals == {"per_run": 2, "daily": 1}
    assert json.loads(found.as_json())["refusals"] == {"per_run": 2, "daily": 1}
    charged = server.services.db.read(lambda tx: tx.one("SELECT sum(charged_credits) FROM runs"))[0]
    assert found.moved["CREDIT"]["charged"] == charged == 9
