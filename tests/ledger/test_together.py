"""A set of holds does what its commands do one after the other, to the last byte of every table."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest
from studio_server.ledger import (
    EffectKeyReused,
    ExpireHold,
    ExpireHolds,
    GrantSource,
    GuardFailed,
    HoldPlaced,
    HoldRefused,
    IssueGrant,
    LedgerRefusal,
    OpenEnvelope,
    OpenWallet,
    Order,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    Release,
    SetLimits,
    SetMember,
    Settle,
    VoidGrant,
    decide_holds,
    load_together,
    together,
    write_together,
)

from tests.ledger.books import FREE, PRICES, Books

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.ledger.load_together import Standing
    from studio_server.storage import Tx
    from studio_server.storage.joint import Answered
    from studio_server.storage.tx import Engine

TABLES = (
    *("effects", "transfers", "entries", "audit", "holds", "hold_lots", "accounts", "lots", "windows"),
    *("wallets", "wallet_limits", "grants", "members", "envelopes"),
)
PLANS = {"ada": FREE, "bob": PlanCaps(open_holds=6), "team": PlanCaps(monthly_allocation=100)}
LOTS = ((GrantSource.PLAN, 1), (GrantSource.GIFT, None), (GrantSource.PURCHASE, 2))
SEEDS = range(12)
SETS = 40
EVEN_ONE: dict[Engine, int] = {"sqlite": 1, "postgresql": 1}
"""A set of one is quicker alone; here it is a set all the same."""
BROKEN = (apsw.ConstraintError, psycopg.IntegrityError)


class SaidIds:
    """Serial numbers as another ledger drew them, else its own."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.drawn = 0
        self.next: str | None = None

    def serial(self) -> str:
        """The one that was set, once, or a fresh one."""
        said, self.next = self.next, None
        self.drawn += 1
        return said or f"{self.prefix}{self.drawn:08d}"

    def new(self, prefix: str) -> str:
        """An identifier."""
        return f"{prefix}_{self.serial()}"


class Pairs:
    """The same books twice: one does sets, the other every command alone, in the order the set took."""

    def __init__(self, folder: Path, urls: tuple[str | None, str | None]) -> None:
        self.ids = SaidIds("a")
        self.alone_ids = SaidIds("a")
        self.sets = Books(folder / "sets.db", ids=self.ids, url=urls[0])  # pyright: ignore[reportArgumentType]  - of the protocol
        self.alone = Books(folder / "alone.db", ids=self.alone_ids, url=urls[1])  # pyright: ignore[reportArgumentType]  - of the protocol
        self.together = self.sets.ledger.together
        self.together.fewest = EVEN_ONE
        self.counted = {"set": 0, "alone": 0, "refused": 0}

    def both(self, command: Any) -> Any:
        """One command in each."""
        self.ids.drawn = self.alone_ids.drawn = max(self.ids.drawn, self.alone_ids.drawn)
        found = self.sets.do(command)
        assert self.alone.do(command) == found
        return found

    def ask(self, orders: list[Order]) -> list[Any]:
        """A set here, its commands one by one there; the answers, which are the same."""
        said = self.sets.db.write_blocking(lambda tx: self._as_set(tx, orders))
        for place in sorted(
            range(len(orders)), key=lambda place: _turn(orders[place], said[place][1], place)
        ):
            self._check(orders[place], said[place][0])
        return [answer for answer, _ in said]

    def _as_set(self, tx: Tx, orders: list[Order]) -> list[tuple[Any, bool]]:
        answers = self.together.together(tx, orders)
        self.counted["set"] += sum(found is not None for found in answers)
        self.counted["alone"] += sum(found is None for found in answers)
        self.counted["refused"] += sum(found is not None and found.refusal is not None for found in answers)
        return [
            (_told(found), False) if found is not None else (self._one(tx, order), True)
            for order, found in zip(orders, answers, strict=True)
        ]

    def _one(self, tx: Tx, order: Order) -> Any:
        try:
            return self.together.alone(tx, order)
        except LedgerRefusal as refusal:
            return refusal

    def _check(self, order: Order, said: Any) -> None:
        self.alone_ids.next = self._serial_of(said)
        try:
            found = self.alone.db.write_blocking(
                lambda tx: self.alone.ledger.execute(tx, order.command, actor=order.actor)
            )
        except LedgerRefusal as refusal:
            found = refusal
        self.alone_ids.next = None
        if isinstance(found, LedgerRefusal):
            assert (type(said), str(said)) == (type(found), str(found))
        else:
            assert said == found

    def _serial_of(self, said: Any) -> str | None:
        if isinstance(said, LedgerRefusal):
            return None
        return str(getattr(said, "receipt_id", "") or said.hold_id).split("_", 1)[1]

    def advance(self, seconds: int) -> None:
        """Time passes in both."""
        for books in (self.sets, self.alone):
            books.clock.advance(timedelta(seconds=seconds))

    def differences(self) -> list[str]:
        """The tables that are not the same."""
        return [table for table in TABLES if _rows(self.sets, table) != _rows(self.alone, table)]

    def close(self) -> None:
        """Both books are right, then closed."""
        for books in (self.sets, self.alone):
            assert books.violations() == []
            books.db.close()


def _rows(books: Books, table: str) -> list[tuple[Any, ...]]:
    return sorted(books.rows(f"SELECT * FROM {table}"), key=repr)


def _told(answered: Answered) -> Any:
    return answered.value if answered.refusal is None else answered.refusal


def _turn(order: Order, alone: bool, place: int) -> tuple[bool, bool, int]:
    """A set places holds, then ends some; what it left is done after it."""
    return alone, not alone and not isinstance(order.command, PlaceHold), place


@pytest.fixture
def pairs(tmp_path: Path, url: str | None) -> Any:
    """Two books on the engine of this test."""
    from tests.fakes.postgres import cluster, migrated

    other = None if url is None else cluster().new_database(migrated)
    both = Pairs(tmp_path, (url, other))
    yield both
    both.close()


async def test_a_set_that_finds_an_account_not_as_loaded_keeps_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = _two_orders(books)
    monkeypatch.setattr(together, "standing", _stale)
    with pytest.raises(
        (GuardFailed, apsw.ConstraintError), match=r"UPDATE accounts|continues the one before"
    ):
        books.db.write_blocking(lambda tx: books.ledger.together.together(tx, orders))
    assert books.rows("SELECT count(*) FROM holds") == [(0,)]
    found = [await books.db.write_jointly(books.ledger.together, order) for order in orders]
    assert [one.available_after for one in found] == [92, 83]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_without_its_guard_such_a_set_would_spoil_the_books(
    open_books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In SQLite the guard is a trigger: `test_entries_move_accounts` takes it away."""
    orders = _two_orders(open_books)
    monkeypatch.setattr(together, "standing", _stale)
    where = "account_id = :account_id AND :balance_before >= 0 AND :version_before >= 0"
    unguarded = replace(write_together.ACCOUNTS, where=where)
    monkeypatch.setattr(write_together, "ACCOUNTS", unguarded)
    open_books.db.write_blocking(lambda tx: open_books.ledger.together.together(tx, orders))
    assert open_books.violations() != []


@pytest.mark.parametrize("cap", [9, 16])
def test_holds_that_only_together_pass_a_cap_are_refused_by_the_database_too(
    books: Books, monkeypatch: pytest.MonkeyPatch, cap: int
) -> None:
    orders = _two_orders(books, PlanCaps(daily=cap))
    monkeypatch.setattr(decide_holds, "_bound_refusal", lambda *_: None)
    with pytest.raises((GuardFailed, *BROKEN)):
        books.db.write_blocking(lambda tx: books.ledger.together.together(tx, orders))
    assert books.rows("SELECT count(*) FROM holds") == [(0,)]


async def test_a_set_waits_for_nobody_and_answers_each_its_own(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 10)
    books.grant(bob, 100)
    holds = [Order(PlaceHold(f"key-{n}", (ada, bob)[n % 2], f"run-{n}", 4, PRICES, 600)) for n in range(8)]
    found = await asyncio.gather(
        *(books.db.write_jointly(books.ledger.together, order) for order in holds), return_exceptions=True
    )
    assert [type(one) for one in found[::2]] == [HoldPlaced, HoldPlaced, HoldRefused, HoldRefused]
    assert [one.available_after for one in found[1::2]] == [96, 92, 88, 84]
    again = await books.db.write_jointly(books.ledger.together, holds[1])
    assert again == found[1]
    with pytest.raises(EffectKeyReused):
        await books.db.write_jointly(books.ledger.together, Order(replace(holds[1].command, ceiling=5)))


def test_a_sweep_ends_every_hold_past_its_lease_whoever_it_belongs_to(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    grants = [books.grant(wallet, 20) for wallet in (ada, bob)]
    for wallet in (ada, bob, ada):
        books.hold(wallet, 5, lease_seconds=60)
    kept = books.hold(bob, 5, lease_seconds=600)
    books.do(VoidGrant("void", grants[0].grant_id, "refund"))
    books.clock.advance(timedelta(seconds=61))
    ended = books.do(ExpireHolds()).holds
    assert [one.returned for one in ended] == [5, 5, 5]
    assert books.rows("SELECT hold_id FROM holds WHERE state = 'open'") == [(kept.hold_id,)]
    assert books.do(ExpireHolds()).holds == ()


def _two_orders(books: Books, plan: PlanCaps | None = None) -> list[Order]:
    books.ledger.together.fewest = EVEN_ONE
    ada = books.open_wallet(plan)
    books.grant(ada, 100)
    return [Order(PlaceHold(f"key-{n}", ada, f"run-{n}", n, PRICES, 600)) for n in (8, 9)]


def _stale(tx: Tx, *commands: Any) -> Standing:
    """What was loaded, with one account that somebody has changed since."""
    found = load_together.standing(tx, *commands)
    name = next(name for name in found.accounts if name.endswith("/held"))
    balance, version = found.accounts[name]
    found.accounts[name] = (balance + 1, version)
    return found


class Walk:
    """Commands drawn at random over three wallets: what is ordinary, and what is not."""

    def __init__(self, pairs: Pairs, seed: int) -> None:
        self.pairs, self.draw = pairs, Random(seed)  # noqa: S311  - what is drawn is no secret
        self.holds: list[str] = []
        self.placed: list[PlaceHold] = []
        self.grants: list[str] = []
        self.wallets = [self._wallet(name, plan) for name, plan in PLANS.items()]
        team = self.wallets[-1]
        pairs.both(SetMember("member", team, "usr_bob", 20))
        ends_at = pairs.sets.clock.now() + timedelta(days=1)
        self.envelope_id = pairs.both(OpenEnvelope("envelope", team, "a lesson", 15, ends_at)).envelope_id

    def step(self) -> None:
        """One set, and sometimes something else between it and the next."""
        many = self.draw.choice([1, 2, 5, 9])
        orders = [Order(self._command(), self.draw.choice(["usr_ada", "system"])) for _ in range(many)]
        for order, said in zip(orders, self.pairs.ask(orders), strict=True):
            if isinstance(order.command, PlaceHold) and not isinstance(said, LedgerRefusal):
                self.holds.append(said.hold_id)
        self.pairs.advance(self.draw.choice([0, 0, 1, 90, 4_000]))
        if self.draw.random() < 0.2:
            limits = OwnLimits(daily=self.draw.choice([None, 10, 25]))
            key = f"limits-{len(self.holds)}-{self.draw.random()}"
            self.pairs.both(SetLimits(key, self.wallets[0], own=limits))
        if self.grants and self.draw.random() < 0.08:
            self.pairs.both(VoidGrant(f"void-{len(self.grants)}", self.grants.pop(), "refund"))

    def _wallet(self, name: str, plan: PlanCaps) -> str:
        wallet_id = self.pairs.both(OpenWallet(name, name, plan=plan)).wallet_id
        for number, (source, days) in enumerate(LOTS):
            ends_at = None if days is None else self.pairs.sets.clock.now() + timedelta(days=days)
            issue = IssueGrant(f"{name}{number}", wallet_id, source, 40, f"{name}{number}", ends_at)
            self.grants.append(self.pairs.both(issue).grant_id)
        return wallet_id

    def _command(self) -> Any:
        if not self.holds or self.draw.random() < 0.55:
            return self._place()
        hold_id = self.draw.choice([*self.holds[-6:], self.draw.choice(self.holds), "hold_unknown"])
        return self.draw.choice(
            [
                Settle(hold_id, self.draw.randint(0, 9), self.draw.choice([PRICES] * 9 + ["others"])),
                Settle(hold_id, self.draw.randint(0, 3), PRICES),
                Release(hold_id, self.draw.choice(["cancelled", "user_error"])),
                ExpireHold(hold_id),
            ]
        )

    def _place(self) -> PlaceHold:
        if self.placed and self.draw.random() < 0.15:
            again = self.draw.choice(self.placed[-8:])
            return replace(again, ceiling=again.ceiling + self.draw.choice([0, 0, 1]))
        wallet_id = self.draw.choice(self.wallets)
        key = f"key-{len(self.placed)}"
        place = PlaceHold(key, wallet_id, key, self.draw.randint(1, 9), PRICES, self.draw.choice([60, 600]))
        if wallet_id == self.wallets[-1]:
            place = replace(
                place,
                member_id=self.draw.choice([None, "usr_bob", "usr_eve"]),
                envelope_id=self.draw.choice([None, None, self.envelope_id]),
            )
        self.placed.append(place)
        return place


@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_leaves_every_table_as_its_commands_would_alone(pairs: Pairs, seed: int) -> None:
    print(f"seed {seed}")
    walk = Walk(pairs, seed)
    for _ in range(SETS):
        walk.step()
    assert pairs.differences() == []
    print(pairs.counted)
    assert min(pairs.counted.values()) > 0
    assert pairs.counted["refused"] > 0
