"""Between the ledger's commands and the model's: objects for ids, instants for times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger import commands as ask
from studio_server.ledger.commands import effect_key

from tests.laws.model import books as given
from tests.laws.model import spending, undoing
from tests.laws.model.books import Books
from tests.laws.model.values import Answer, Caps, Envelope, Hold, Lot, Wallet

if TYPE_CHECKING:
    from studio_server.ledger.values import OwnLimits, PlanCaps


class Disagreement(AssertionError):
    """The books and the model say two things."""


@dataclass
class Mirror:
    """The model, and which of its objects the ledger calls by which id."""

    books: Books = field(default_factory=Books)
    objects: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    names: dict[tuple[str, int], str] = field(default_factory=dict)

    def name(self, kind: str, thing: Any) -> str:
        """The ledger's id of an object of the model."""
        return self.names[kind, thing.number]

    def wallet(self, wallet_id: str) -> Wallet | None:
        """The wallet the ledger calls so."""
        return self.objects["wallet_id"].get(wallet_id)

    def expect(self, command: Any, now: int) -> Answer:
        """What the model answers.

        Raises:
            Refused: the model says no.
        """
        self.books.now = now
        key = effect_key(command)
        if isinstance(command, ask.Settle | ask.Release | ask.ExpireHold):
            return self._end_hold(command, key)
        return self.books.once(key, command, lambda: self._act(command, key))

    def touched(self, command: Any) -> list[Wallet]:
        """The wallets a command may change."""
        found = [self.wallet(getattr(command, kind, "")) for kind in ("wallet_id", "to_wallet_id")]
        for kind in ("hold_id", "lot_id", "grant_id", "envelope_id"):
            thing = self.objects[kind].get(getattr(command, kind, None) or "")
            found.append(None if thing is None else thing.wallet)
        found.append(self._undone_in(getattr(command, "reverses", "")))
        return [wallet for wallet in found if wallet is not None]

    def compare(self, answer: Answer, outcome: Any) -> None:
        """Every number of the model's answer is in the outcome; new ids are learned from it."""
        for field_name, said in answer.items():
            told = getattr(outcome, field_name)
            if not self._same(field_name, said, told):
                raise Disagreement(f"{field_name}: the model says {said!r}, the ledger {told!r} in {outcome}")

    def _same(self, field_name: str, said: Any, told: Any) -> bool:
        if isinstance(told, datetime):
            return said == to_microseconds(told)
        if isinstance(said, Wallet | Lot | Hold | Envelope):
            return self._is_called(field_name.removeprefix("next_"), said, told)
        if field_name == "pins":
            return [(self.name("lot_id", lot), amount) for lot, amount in said] == [
                (pin.lot_id, pin.amount) for pin in told
            ]
        if field_name == "lot_ids":
            same = [self._is_called("lot_id", *pair) for pair in zip(said, told, strict=True)]
            return all(same)
        return said == told

    def _is_called(self, kind: str, thing: Any, told: str) -> bool:
        if told not in self.objects[kind] and (kind, thing.number) not in self.names:
            self.objects[kind][told] = thing
            self.names[kind, thing.number] = told
            if kind == "lot_id":
                thing.name = told
        return self.objects[kind].get(told) is thing

    def learn_grant(self, lot: Lot, grant_id: str) -> None:
        """The grant behind a lot that no answer named."""
        self._is_called("grant_id", lot, grant_id)

    def _undone_in(self, reverses: str) -> Wallet | None:
        hold = self._hold_behind(reverses)
        void = self.books.voids.get(reverses)
        return hold.wallet if hold is not None else None if void is None else void.lot.wallet

    def _hold_behind(self, reverses: str) -> Hold | None:
        parts = reverses.split(":")
        return self.objects["hold_id"].get(parts[1]) if len(parts) == 3 and parts[0] == "hold" else None

    def _end_hold(self, command: Any, key: str) -> Answer:
        hold = self.objects["hold_id"].get(command.hold_id)
        how = {ask.Settle: "settled", ask.Release: "released", ask.ExpireHold: "expired"}[type(command)]
        charge, price = getattr(command, "charge", 0), getattr(command, "price_version", "")
        if isinstance(command, ask.Release):
            given.written(command.reason)
        return spending.end_hold(self.books, key, command, hold, how=how, charge=charge, price=price)

    def _act(self, command: Any, key: str) -> Answer:  # noqa: PLR0911  - one line per command
        wallet = self.wallet(getattr(command, "wallet_id", ""))
        match command:
            case ask.PlaceHold():
                return self._place(command, wallet)
            case ask.VoidGrant():
                given.written(command.effect_key, command.reason)
                lot = self.objects["grant_id"].get(command.grant_id)
                return undoing.void_grant(self.books, key, lot, command.amount)
            case ask.Reverse():
                return self._reverse(command)
            case ask.TransferCredits():
                taker = self.wallet(command.to_wallet_id)
                texts, end = (command.effect_key, command.reference), instant(command.ends_at)
                return undoing.transfer(
                    self.books,
                    wallet,
                    taker,
                    amount=command.amount,
                    texts=texts,
                    reference=command.reference,
                    ends=end,
                )
            case ask.ClosePeriod():
                lot = self.objects["lot_id"].get(command.lot_id)
                return undoing.close_period(self.books, lot, instant(command.next_ends_at))
            case ask.ExpireLot():
                return given.expire_lot(self.books, self.objects["lot_id"].get(command.lot_id))
            case _:
                return self._administer(command, wallet)

    def _administer(self, command: Any, wallet: Wallet | None) -> Answer:  # noqa: PLR0911  - as above
        books = self.books
        match command:
            case ask.OpenWallet():
                return given.open_wallet(
                    books,
                    owner=command.owner_id,
                    asset=command.asset,
                    zone=command.zone,
                    plan=caps(command.plan),
                    most_open=command.plan.open_holds,
                )
            case ask.IssueGrant():
                return self._grant(command, wallet)
            case ask.SetLimits():
                plan = None if command.plan is None else caps(command.plan)
                own = None if command.own is None else own_caps(command.own)
                return given.set_limits(books, wallet, own, plan, getattr(command.plan, "open_holds", 0))
            case ask.SetMember():
                return given.set_member(
                    wallet, command.effect_key, command.member_id, command.cap, command.active
                )
            case ask.SetWalletState():
                return given.set_state(wallet, command.state)
            case ask.OpenEnvelope():
                return given.open_envelope(
                    books,
                    wallet,
                    (command.effect_key, command.purpose),
                    command.ceiling,
                    to_microseconds(command.ends_at),
                )
            case ask.CloseEnvelope():
                return given.close_envelope(self.objects["envelope_id"].get(command.envelope_id))
            case ask.CoverDebt():
                return given.cover_debt(books, wallet)
            case _:
                raise TypeError(command)

    def _grant(self, command: ask.IssueGrant, wallet: Wallet | None) -> Answer:
        return given.issue_grant(
            self.books,
            command.effect_key,
            wallet,
            source=command.source,
            amount=command.amount,
            reference=command.reference,
            ends=instant(command.ends_at),
            effective=instant(command.effective_at),
            rank=command.priority,
            roll_over=command.roll_over,
        )

    def _place(self, command: ask.PlaceHold, wallet: Wallet | None) -> Answer:
        return spending.place_hold(
            self.books,
            wallet,
            ceiling=command.ceiling,
            texts=(command.effect_key, command.purpose),
            price=command.price_version,
            lease_seconds=command.lease_seconds,
            member=command.member_id,
            envelope=self.objects["envelope_id"].get(command.envelope_id or ""),
            in_envelope=command.envelope_id is not None,
        )

    def _reverse(self, command: ask.Reverse) -> Answer:
        given.written(command.reason)
        if command.reverses.startswith("key:"):
            return undoing.reverse_void(self.books, command.reverses)
        return undoing.reverse_settle(self.books, self._hold_behind(command.reverses))


def instant(at: datetime | None) -> int | None:
    """Microseconds, or None."""
    return None if at is None else to_microseconds(at)


def caps(plan: PlanCaps) -> Caps:
    """A plan's caps as the model has them."""
    return Caps(plan.daily, plan.monthly_allocation, plan.per_run)


def own_caps(own: OwnLimits) -> Caps:
    """The owner's limits as the model has them."""
    return Caps(own.daily, own.monthly, own.per_run)
