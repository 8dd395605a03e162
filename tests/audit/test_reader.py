"""Lines of the chain: pages, filters, and the ledger's acts with what they moved."""

import json
from datetime import timedelta

import pytest
from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.audit.reader import Line, Wanted, lines, page

from tests.ledger.books import NOON, Books

STEP = PurchaseStep("ord_1", reference="pi_1", amount_minor=900, currency="eur", credits=500)


def read(books: Books, *, size: int = 500, **wanted: object) -> list[Line]:
    return books.db.read(lambda tx: list(lines(tx, Wanted(**wanted), size=size)))


@pytest.fixture
def told(either: Books) -> Books:
    """A wallet, 500 credits, a hold of 8 of which 3 were spent an hour later, and a purchase."""
    books = either
    wallet_id = books.open_wallet()
    books.grant(wallet_id, 500)
    hold = books.hold(wallet_id, 8, lease_seconds=7_200)
    books.clock.advance(timedelta(hours=1))
    books.settle(hold.hold_id, 3)
    books.db.write_blocking(lambda tx: record_purchase_step(tx, "system", EventKind.PURCHASE_PAID, STEP))
    return books


def test_acts_of_the_ledger_carry_wallet_hold_and_what_they_moved(told: Books) -> None:
    opened, granted, held, charged, paid = read(told)
    assert [line.kind for line in (opened, granted, held, charged, paid)] == [
        "open_wallet", "grant", "hold", "charge", "purchase_paid",
    ]  # fmt: skip
    assert (granted.details["available_change"], granted.details["spent"]) == (500, 0)
    assert (held.details["available_change"], held.details["held_change"]) == (-8, 8)
    assert (charged.details["held_change"], charged.details["spent"]) == (-8, 3)
    assert charged.details["hold_id"] == held.details["hold_id"]
    assert charged.details["wallet_id"] == charged.subject
    assert paid.details["amount_minor"] == 900


def test_every_line_links_to_the_one_before_it(told: Books) -> None:
    found = read(told)
    assert [line.previous_hash for line in found] == ["00" * 32, *(line.hash for line in found[:-1])]


def test_pages_of_every_size_give_the_same_lines(told: Books) -> None:
    whole = read(told)
    assert [line.sequence for line in whole] == [1, 2, 3, 4, 5]
    for size in (1, 2, 3, 5):
        assert read(told, size=size) == whole


@pytest.mark.parametrize(
    ("wanted", "sequences"),
    [
        ({"since": 3}, [4, 5]),
        ({"since": 1, "until": 3}, [2, 3]),
        ({"start": NOON + timedelta(minutes=1)}, [4, 5]),
        ({"end": NOON + timedelta(minutes=1)}, [1, 2, 3]),
        ({"kinds": frozenset({"charge", "purchase_paid"})}, [4, 5]),
        ({"kinds": frozenset({"settle"})}, [4]),
        ({"subject": "ord_1"}, [5]),
        ({"subject": "nobody"}, []),
    ],
)
def test_filters_leave_exactly_what_they_name(told: Books, wanted: dict, sequences: list[int]) -> None:
    assert [line.sequence for line in read(told, size=1, **wanted)] == sequences


def test_a_line_of_json_has_the_eight_members_of_the_contract(told: Books) -> None:
    line = json.loads(read(told)[3].as_json())
    assert sorted(line) == [
        "actor", "at", "details", "hash", "kind", "previous_hash", "sequence", "subject"
    ]  # fmt: skip
    assert line["at"] == "2026-11-21T13:00:00+00:00"
    assert line["actor"] == "system"


def test_an_event_that_names_an_effect_key_does_not_borrow_its_amounts(books: Books) -> None:
    from studio_server.storage.audit_chain import Act, append

    books.open_wallet()
    key = books.rows("SELECT effect_key FROM effects")[0][0]
    books.db.write_blocking(lambda tx: append(tx, Act("system", "estimate", "x", key)))
    assert read(books)[1].details == key


def test_a_page_reads_no_more_rows_than_its_limit(told: Books) -> None:
    assert len(told.db.read(lambda tx: page(tx, Wanted(), limit=2))) == 2
