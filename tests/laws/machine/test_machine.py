"""Random histories: after every step the books agree with the model, and every invariant holds."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from studio_server.clock import to_microseconds

from tests.laws.machine import walk
from tests.laws.machine.books import Twofold
from tests.laws.machine.engines import POSTGRESQL, SQLITE

EXAMPLES = int(os.environ.get("STUDIO_RANDOM_EXAMPLES", "12"))
WALK_STEPS = int(os.environ.get("STUDIO_WALK_STEPS", "3000"))
STEPS = 50
CHECK_EVERY = 10
ENGINES = (SQLITE, POSTGRESQL)
SEED = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))


class HypothesisDice:
    """Dice that Hypothesis throws, and throws lower while it looks for the smallest history that fails."""

    data: st.DataObject

    def below(self, count: int) -> int:
        """A whole number below `count`."""
        return self.data.draw(st.integers(0, count - 1))


class RandomBooks(RuleBasedStateMachine):
    """Every command, replays, sweeps, a moving clock and restarts, beside the model."""

    engine = SQLITE

    def __init__(self) -> None:
        super().__init__()
        self.dice = HypothesisDice()
        self.two: Twofold | None = None
        self.taken = 0

    @initialize(data=st.data(), hours=st.integers(0, walk.START_SPREAD_HOURS))
    def begin(self, data: st.DataObject, hours: int) -> None:
        """Empty books and a first wallet with something in it."""
        self.dice.data = data
        self.two = Twofold(self.dice, walk.FIRST + timedelta(hours=hours), self.engine)
        self.two.step("open_wallet")
        self.two.step("issue_grant")

    def step(self, data: st.DataObject, kind: str) -> None:
        """One command, compared in answer, refusal and tables."""
        self.dice.data = data
        assert self.two is not None
        self.two.step(kind)
        self.taken += 1
        if self.taken % CHECK_EVERY == 0:
            assert self.two.violations() == []

    @rule(data=st.data())
    def give(self, data: st.DataObject) -> None:
        """A grant."""
        self.step(data, "issue_grant")

    @rule(data=st.data(), kind=st.sampled_from(["place_hold", "settle", "release", "expire_hold"]))
    def hold(self, data: st.DataObject, kind: str) -> None:
        """A hold placed or ended."""
        self.step(data, kind)

    @rule(
        data=st.data(),
        kind=st.sampled_from(["void_grant", "reverse", "transfer", "close_period", "cover_debt"]),
    )
    def undo(self, data: st.DataObject, kind: str) -> None:
        """Something taken back, undone, given on or rolled over."""
        self.step(data, kind)

    @rule(
        data=st.data(),
        kind=st.sampled_from(
            ["open_wallet", "set_limits", "set_member", "open_envelope", "close_envelope", "set_state"]
        ),
    )
    def administer(self, data: st.DataObject, kind: str) -> None:
        """What bounds spending changes."""
        self.step(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(["sweep", "expire_lot"]))
    def sweep(self, data: st.DataObject, kind: str) -> None:
        """What is past its time ends."""
        self.step(data, kind)

    @precondition(lambda self: self.two is not None and self.two.chooser.asked)
    @rule(data=st.data(), kind=st.sampled_from(["again", "otherwise", "nonsense"]))
    def repeat(self, data: st.DataObject, kind: str) -> None:
        """An earlier command again, an earlier key with another body, a field out of range."""
        self.step(data, kind)

    @precondition(lambda self: self.two is not None)
    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        """Time passes, or the clock is set back."""
        self.dice.data = data
        walk.move(self.two)

    @precondition(lambda self: self.two is not None)
    @rule()
    def restart(self) -> None:
        """The server stops and starts."""
        self.two.restart()

    @precondition(lambda self: self.two is not None)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        """What the owner reads is what the model says."""
        self.dice.data = data
        two: Any = self.two
        wallet = two.chooser.any_wallet()
        wallet_id = two.mirror.name("wallet_id", wallet)

        def read(tx: Any) -> tuple[Any, int]:
            return two.ledger.wallet_view(tx, wallet_id), to_microseconds(tx.now)

        view, now = two.db.read(read)
        assert view.available == wallet.ready(now)
        assert view.held == sum(lot.held for lot in wallet.lots)
        assert view.debt == -wallet.debt
        assert view.open_holds == len(wallet.open_holds())
        drawn = [lot.lot_id for lot in view.lots if lot.available]
        assert drawn == [two.mirror.name("lot_id", lot) for lot in wallet.burnable(now)]

    def teardown(self) -> None:
        """The books are right; close and clean up."""
        if self.two is not None:
            found = self.two.violations()
            self.two.close()
            assert found == []


@pytest.mark.parametrize("engine", ENGINES)
def test_random_histories_agree_with_the_model_and_keep_every_invariant(engine: str) -> None:
    print(f"STUDIO_SEED={SEED}")
    profile = settings(
        max_examples=EXAMPLES if engine == SQLITE else max(1, EXAMPLES // 6),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    machine = type("RandomBooksOnOneEngine", (RandomBooks,), {"engine": engine})
    run_state_machine_as_test(seed(SEED)(machine), settings=profile)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_walk_agrees_with_the_model_step_by_step(engine: str) -> None:
    print(f"STUDIO_SEED={SEED}")
    tally = walk.run(WALK_STEPS if engine == SQLITE else WALK_STEPS // 4, SEED, engine)
    assert tally.findings == []


def test_every_kind_of_command_is_answered_and_refused_in_a_walk() -> None:
    tally = walk.run(3_000, 7)
    told = {part.rsplit(" ", 1)[0] for part in tally.detail.split(", ")}
    assert tally.findings == []
    assert {f"HoldRefused {limit}" for limit in LIMITS} <= told
    assert {"Reversed", "GrantVoided", "CreditsTransferred", "PeriodClosed", "EffectKeyReused"} <= told


LIMITS = ("wallet", "per_run", "monthly", "daily", "member", "envelope", "balance", "open_holds")


def test_a_step_of_a_walk_is_replayed_from_its_seed() -> None:
    first, second = (walk.replay(11, 0, steps=400) for _ in range(2))
    assert first == second
    assert len(first) == 400


@pytest.mark.parametrize("column", ["available", "held", "spent"])
def test_the_walk_sees_a_lot_that_the_books_count_otherwise_than_the_model(column: str) -> None:
    def miscount(two: Twofold) -> None:
        lot = two.mirror.books.wallets[-1].lots[-1]
        setattr(lot, column, getattr(lot, column) + 1)

    assert walk.finds(5, miscount)


def test_the_walk_sees_a_window_that_forgets_a_hold() -> None:
    assert walk.finds(5, lambda two: two.mirror.books.wallets[-1].holds.pop())


def test_the_walk_sees_a_debt_that_is_forgotten() -> None:
    def forget(two: Twofold) -> None:
        two.mirror.books.wallets[-1].debt -= 1

    assert walk.finds(5, forget)
