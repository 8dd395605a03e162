"""Random histories: after every step the books agree with a model, and every invariant holds."""

from __future__ import annotations

import os
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from studio_server.ledger import (
    ExpireHolds,
    ExpireLots,
    GrantSource,
    HoldFinished,
    HoldRefused,
    IssueGrant,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    Release,
    SetLimits,
    Settle,
    SettlesAboveHold,
)

from tests.ledger.books import PRICES, Books
from tests.ledger.reference import DAY, Model, ModelHold

MIDNIGHT = datetime(2026, 11, 1, tzinfo=UTC)
START_MINUTE = 28 * DAY + 23 * 60
LAST_MINUTE = 90 * DAY
RANKS = {GrantSource.PLAN: 10, GrantSource.GIFT: 20, GrantSource.PURCHASE: 30}
EXAMPLES = int(os.environ.get("STUDIO_RANDOM_EXAMPLES", "20"))
STEPS = 40


class RandomBooks(RuleBasedStateMachine):
    """One wallet, every command, a moving clock, replays and restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        start = MIDNIGHT + timedelta(minutes=START_MINUTE)
        self.books = Books(Path(self.folder.name) / "books.db", start=start)
        self.model = Model(day_cap=60, month_allocation=90, most_open=4, minute=START_MINUTE)
        self.wallet = self.books.open_wallet(PlanCaps(daily=60, monthly_allocation=90, open_holds=4))
        self.holds: list[tuple[str, ModelHold]] = []
        self.answered: list[tuple[Any, Any]] = []

    def do(self, command: Any) -> Any:
        """Execute, and remember what was answered."""
        answer = self.books.do(command)
        self.answered.append((command, answer))
        return answer

    @rule(
        source=st.sampled_from(list(RANKS)),
        amount=st.integers(1, 50),
        lasts=st.none() | st.integers(1, 3 * DAY),
    )
    def give(self, source: GrantSource, amount: int, lasts: int | None) -> None:
        """A grant."""
        key = self.books.fresh_key()
        ends_at = None if lasts is None else self.books.clock.now() + timedelta(minutes=lasts)
        self.do(IssueGrant(key, self.wallet, source, amount, key, ends_at))
        self.model.give(RANKS[source], amount, lasts, bought=source is GrantSource.PURCHASE)

    @rule(needed=st.integers(1, 45), lease=st.integers(1, 2 * DAY))
    def place(self, needed: int, lease: int) -> None:
        """A hold, accepted or refused exactly as the model says."""
        key = self.books.fresh_key()
        expected = self.model.refusal(needed)
        command = PlaceHold(key, self.wallet, f"run-{key}", needed, PRICES, lease * 60)
        if expected is None:
            hold = self.do(command)
            self.holds.append((hold.hold_id, self.model.place(needed, lease)))
        else:
            with pytest.raises(HoldRefused) as refused:
                self.books.do(command)
            assert refused.value.limit == expected

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """A charge, in time, late, twice, or too high."""
        hold_id, hold = data.draw(st.sampled_from(self.holds))
        charge = data.draw(st.integers(0, hold.ceiling + 1))
        command = Settle(hold_id, charge, PRICES)
        if charge > hold.ceiling:
            with pytest.raises(SettlesAboveHold):
                self.books.do(command)
        elif hold.state == "open":
            ended = self.do(command)
            self.model.end(hold, "settled", charge)
            assert (ended.settled, ended.returned, ended.late) == (charge, hold.ceiling - charge, False)
        elif hold.state == "settled" and hold.charged != charge:
            with pytest.raises(HoldFinished):
                self.books.do(command)
        elif hold.state != "settled":
            self._settle_late(command)

    def _settle_late(self, command: Settle) -> None:
        known = [
            given
            for given, _ in self.answered
            if isinstance(given, Settle) and given.hold_id == command.hold_id
        ]
        if not known:
            assert self.do(command).late

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """A release, of an open hold or of one that has ended."""
        hold_id, hold = data.draw(st.sampled_from(self.holds))
        if hold.state == "open":
            self.do(Release(hold_id, "cancelled"))
            self.model.end(hold, "released", 0)
        elif hold.state != "released":
            with pytest.raises(HoldFinished):
                self.books.do(Release(hold_id, "cancelled"))

    @rule(minutes=st.integers(1, 30) | st.integers(31, 2 * DAY))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        if self.model.minute + minutes < LAST_MINUTE:
            self.books.clock.advance(timedelta(minutes=minutes))
            self.model.minute += minutes

    @rule()
    def sweep_holds(self) -> None:
        """Holds past their lease end."""
        assert len(self.books.do(ExpireHolds()).holds) == self.model.sweep_holds()

    @rule()
    def sweep_lots(self) -> None:
        """Lots past their end are emptied."""
        assert len(self.books.do(ExpireLots()).lots) == self.model.sweep_lots()

    @rule(daily=st.none() | st.integers(0, 60))
    def limit(self, daily: int | None) -> None:
        """The owner lowers or lifts the daily limit."""
        self.do(SetLimits(self.books.fresh_key(), self.wallet, OwnLimits(daily=daily)))
        self.model.own_day = daily

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        """Any command asked again answers as before and does nothing."""
        command, answer = data.draw(st.sampled_from(self.answered))
        assert self.books.do(command) == answer

    @rule()
    def restart(self) -> None:
        """The server stops and starts."""
        self.books.reopen()

    @invariant()
    def agrees_with_the_model(self) -> None:
        """Balance, holds, windows and every lot."""
        view = self.books.view(self.wallet)
        assert view.available == self.model.ready()
        assert view.held == sum(lot.aside for lot in self.model.lots)
        assert view.open_holds == len(self.model.open())
        assert view.daily.settled + view.daily.held == self.model._in_day(self.model.minute)
        assert view.monthly.settled + view.monthly.held == self.model._in_month(self.model.minute)
        stored = self.books.rows("SELECT available, held, spent, expired FROM lots ORDER BY lot_id")
        assert stored == [(lot.ready, lot.aside, lot.gone, lot.lost) for lot in self.model.lots]

    @invariant()
    def books_are_right(self) -> None:
        """The shared checker."""
        assert self.books.violations() == []

    def teardown(self) -> None:
        """Close and clean up."""
        self.books.db.close()
        self.folder.cleanup()


def test_random_histories_agree_with_the_model_and_keep_every_invariant() -> None:
    number = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
    print(f"STUDIO_SEED={number}")
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(RandomBooks), settings=profile)
