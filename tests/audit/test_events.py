"""What an event may hold, and the one text it has on the chain."""

import pytest
from studio_server.audit import events
from studio_server.audit.events import (
    EventKind,
    NotForTheRecord,
    PurchaseStep,
    RunEnded,
    act_of,
    record_purchase_step,
    record_run_end,
)

from tests.ledger.books import Books

STEP = PurchaseStep("ord_1", reference="pi_3N", amount_minor=900, currency="eur", credits=500)
END = RunEnded(
    "run_1",
    tool_id="t",
    state="timed_out",
    code="cpu_limit",
    receipt_id="r",
    charged_credits=9,
    returned_credits=0,
)
PERSONAL = ["Ada Lovelace", "ada@example.org", "two\nlines", "Zoë", "x" * 256]


def test_the_text_of_an_event_has_sorted_keys_and_no_spaces() -> None:
    act = act_of("system", STEP, kind=EventKind.PURCHASE_PAID)
    assert (act.action, act.subject) == ("purchase_paid", "ord_1")
    assert act.details == '{"amount_minor":900,"credits":500,"currency":"eur","reference":"pi_3N"}'


@pytest.mark.parametrize("text", PERSONAL)
@pytest.mark.parametrize("member", ["subject", "reference"])
def test_text_that_could_be_a_persons_words_is_refused_in_every_member(text: str, member: str) -> None:
    step = PurchaseStep(**(vars(STEP) | {member: text}))
    with pytest.raises(NotForTheRecord, match=member):
        act_of("system", step, kind=EventKind.PURCHASE_PAID)


@pytest.mark.parametrize("text", PERSONAL)
def test_an_actor_with_a_name_is_refused_like_a_member(text: str) -> None:
    with pytest.raises(NotForTheRecord, match="actor"):
        act_of(text, STEP, kind=EventKind.PURCHASE_PAID)


def test_without_its_guard_a_persons_name_would_reach_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FORMAL", events.re.compile(r"(?s).*"))
    assert "Ada" in act_of("Ada Lovelace", STEP, kind=EventKind.PURCHASE_PAID).actor


def test_what_is_refused_writes_nothing_and_rolls_its_transaction_back(books: Books) -> None:
    step = PurchaseStep("Ada Lovelace", reference="pi", amount_minor=1, currency="eur", credits=1)
    with pytest.raises(NotForTheRecord):
        books.db.write_blocking(lambda tx: record_purchase_step(tx, "system", EventKind.PURCHASE_PAID, step))
    assert books.rows("SELECT count(*) FROM audit") == [(0,)]


def test_a_kind_that_is_no_step_of_a_purchase_is_refused_as_one(books: Books) -> None:
    with pytest.raises(ValueError, match="run_lost"):
        books.db.write_blocking(lambda tx: record_purchase_step(tx, "system", EventKind.RUN_LOST, STEP))


def test_every_step_of_a_purchase_can_be_put_on_the_chain(books: Books) -> None:
    for kind in sorted(events.PURCHASE_STEPS):
        books.db.write_blocking(lambda tx, kind=kind: record_purchase_step(tx, "system", kind, STEP))
    assert [row[0] for row in books.rows("SELECT action FROM audit ORDER BY sequence")] == sorted(
        events.PURCHASE_STEPS
    )
    assert books.violations() == []


def test_a_run_that_ran_out_of_time_is_recorded_as_failed_with_its_state(books: Books) -> None:
    books.db.write_blocking(lambda tx: record_run_end(tx, END))
    action, details = books.rows("SELECT action, details FROM audit")[0]
    assert action == "run_failed"
    assert '"state":"timed_out"' in details
