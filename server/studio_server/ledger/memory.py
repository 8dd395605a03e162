"""A store in memory: the same core, the same postings, the same guards, no database.

For simulations and what-if questions. It keeps what a command can look at, refuses what the schema would
refuse, and can tell everything it holds. One thread at a time; nothing is durable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_server.ledger import commands as ask
from studio_server.ledger import state as seen
from studio_server.ledger.canonical import from_text, to_text
from studio_server.ledger.commands import effect_key
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Moment, MoveKind
from studio_server.ledger.memory_rows import Place, Rows
from studio_server.ledger.posting import Asked, Ground, accounts_of, lot_changes, post
from studio_server.ledger.refusals import EffectKeyReused, LedgerRefusal
from studio_server.ledger.values import (
    GrantSource,
    Hold,
    HoldState,
    Limits,
    Lot,
    OwnLimits,
    Period,
    PlanCaps,
    Settled,
    Wallet,
    Window,
)
from studio_server.ledger.windows import day_window, month_window
from studio_server.ledger.writes import GuardFailed
from studio_server.storage.audit_chain import GENESIS

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ids import IdSource
    from studio_server.ledger.commands import Command
    from studio_server.ledger.effects import Effects
    from studio_server.ledger.posting import Posting
    from studio_server.ledger.state import State
    from studio_server.ledger.values import Envelope


class MemoryStore:
    """Executes commands as the ledger does. `journal` lists (command, time, serial) as they took effect."""

    def __init__(self, ids: IdSource, *, recorded: bool = True) -> None:
        """With `recorded` False there are no texts and no hash chain: twice as fast, the money alike."""
        self.recorded = recorded
        self.rows = Rows()
        self.journal: list[tuple[Command, datetime, str]] = []
        self.tip: tuple[int, int, int, bytes] = (0, 0, 0, GENESIS)
        self._ids = ids

    def execute(self, command: Command, now: datetime, *, serial: str | None = None) -> Any:
        """Do what the command says, once; asked again it answers as before.

        Raises:
            LedgerRefusal: nothing was changed.
            GuardFailed, BelowZero: a fault of the core; nothing was changed.
        """
        body, key = to_text(command) if self.recorded else command, effect_key(command)
        answered = self._answered(key, body, command)
        if answered is not None:
            return answered
        moment = Moment(now, serial or self._ids.serial())
        effects = decide(self.load(command, now), command, moment)
        if isinstance(effects, LedgerRefusal):
            raise effects
        if effects.effect_key != key:
            answered = self._answered(effects.effect_key, body, command)
        if answered is not None:
            return answered
        asked = Asked(body if isinstance(body, str) else None, "system", moment)
        posting = post(effects, self._ground(effects), asked)
        self._check(effects)
        self._apply(effects, posting, body)
        self.journal.append((command, now, moment.serial))
        return effects.answer

    def load(self, command: Command, now: datetime) -> State:  # noqa: PLR0911  - one line per command
        """Everything `decide` looks at for this command."""
        rows = self.rows
        match command:
            case ask.PlaceHold():
                return self._spending(command, now)
            case ask.Settle() | ask.Release() | ask.ExpireHold():
                return self._held(command.hold_id)
            case ask.IssueGrant():
                earlier = rows.references.get((command.source, command.reference))
                wallet = rows.wallets.get(command.wallet_id)
                return seen.GrantState(wallet, earlier, self._owing(wallet))
            case ask.ExpireLot() | ask.ClosePeriod():
                return self._lot(command.lot_id)
            case ask.VoidGrant():
                grant, lot_id = rows.grants.get(command.grant_id, (None, ""))
                wallet = rows.wallets.get(rows.wallet_of.get(lot_id, ""))
                lots = () if wallet is None else self._lots(wallet.wallet_id)
                return seen.VoidState(grant, rows.lots.get(lot_id), wallet, lots)
            case ask.Reverse():
                return self._undo(command.reverses)
            case ask.TransferCredits():
                giver, receiver = rows.wallets.get(command.wallet_id), rows.wallets.get(command.to_wallet_id)
                parts = (
                    f"{command.reference}/{nth}" for nth in range(1 + len(self._lots(command.wallet_id)))
                )
                earlier = next(
                    (found for part in parts if (found := rows.references.get((GrantSource.GIFT, part)))),
                    None,
                )
                return seen.TransferState(
                    giver, receiver, self._lots(command.wallet_id), earlier, self._owing(receiver)
                )
            case _:
                return self._about_wallet(command, now)

    def _about_wallet(self, command: Command, now: datetime) -> State:
        rows = self.rows
        match command:
            case ask.OpenWallet():
                return seen.OpeningState(rows.owners.get((command.owner_id, command.asset)))
            case ask.SetLimits():
                return seen.LimitsState(
                    rows.wallets.get(command.wallet_id), self._limits(command.wallet_id, now)
                )
            case ask.CloseEnvelope():
                envelope = rows.envelopes.get(command.envelope_id)
                return seen.EnvelopeState(envelope, None if envelope is None else self._used_in(envelope))
            case ask.SetMember() | ask.OpenEnvelope() | ask.SetWalletState() | ask.CoverDebt():
                return seen.StandingState(
                    rows.wallets.get(command.wallet_id),
                    len(rows.open_holds.get(command.wallet_id, ())),
                    self._lots(command.wallet_id),
                )
            case _:
                raise seen.UnknownCommand(command)

    def _spending(self, command: ask.PlaceHold, now: datetime) -> seen.SpendState:
        rows, wallet_id = self.rows, command.wallet_id
        wallet = rows.wallets.get(wallet_id)
        zone = "UTC" if wallet is None else wallet.zone
        day, month = day_window(now, zone), month_window(now, zone)
        member = member_month = envelope = None
        if command.member_id is not None:
            member = rows.members.get((wallet_id, command.member_id))
            empty = Window(Period.MEMBER, month.start, month.ends_at, subject=command.member_id)
            member_month = self._window(wallet_id, empty)
        if command.envelope_id is not None:
            envelope = rows.envelopes.get(command.envelope_id)
            envelope = envelope if envelope is not None and envelope.wallet_id == wallet_id else None
        return seen.SpendState(
            wallet=wallet,
            limits=self._limits(wallet_id, now),
            lots=self._lots(wallet_id),
            day=self._window(wallet_id, day),
            month=self._window(wallet_id, month),
            open_holds=len(rows.open_holds.get(wallet_id, ())),
            member=member,
            member_month=member_month,
            envelope=envelope,
            envelope_window=None if envelope is None else self._used_in(envelope),
        )

    def _held(self, hold_id: str) -> seen.HeldState:
        hold = self.rows.holds.get(hold_id)
        if hold is None:
            return seen.HeldState(None, ())
        wallet = self.rows.wallets[hold.wallet_id]
        lots = tuple(self.rows.lots[pin.lot_id] for pin in hold.pins)
        return seen.HeldState(hold, lots, wallet, self._owing(wallet))

    def _lot(self, lot_id: str) -> seen.LotState:
        lot = self.rows.lots.get(lot_id)
        if lot is None:
            return seen.LotState("", None)
        wallet = self.rows.wallets[self.rows.wallet_of[lot_id]]
        return seen.LotState(wallet.wallet_id, lot, wallet, self._owing(wallet))

    def _undo(self, reverses: str) -> seen.UndoState:
        hold_id, parts = self.rows.undoable.get(reverses, (None, ()))
        if not parts:
            return seen.UndoState()
        wallet = self.rows.wallets[self.rows.wallet_of[parts[0][1]]]
        told = tuple(Settled(transfer_id, lot_id, amount) for transfer_id, lot_id, amount, _ in parts)
        lots = tuple(self.rows.lots[part.lot_id] for part in told)
        settled = parts[0][3] is MoveKind.SETTLE
        return seen.UndoState(
            hold=None if hold_id is None else self.rows.holds[hold_id],
            settled=told if settled else (),
            voided=() if settled else told,
            lots=lots,
            wallet=wallet,
            owing=self._owing(wallet),
        )

    def _lots(self, wallet_id: str) -> tuple[Lot, ...]:
        """Every lot in which something is available or held."""
        lots = self.rows.lots
        found = (lots[name] for name in self.rows.lots_of.get(wallet_id, ()))
        return tuple(lot for lot in found if lot.available + lot.held)

    def _owing(self, wallet: Wallet | None) -> tuple[Lot, ...]:
        return () if wallet is None or wallet.debt == 0 else self._lots(wallet.wallet_id)

    def _limits(self, wallet_id: str, now: datetime) -> Limits:
        stored = self.rows.limits.get(wallet_id, Limits(PlanCaps(), OwnLimits()))
        lots = (self.rows.lots[name] for name in self.rows.lots_of.get(wallet_id, ()))
        bought = sum(
            lot.amount - lot.voided for lot in lots if lot.source == GrantSource.PURCHASE and lot.is_live(now)
        )
        return replace(stored, bought=bought)

    def _window(self, wallet_id: str, empty: Window) -> Window:
        return self.rows.windows.get((wallet_id, empty.period, empty.subject, empty.start), empty)

    def _used_in(self, envelope: Envelope) -> Window:
        empty = Window(Period.ENVELOPE, envelope.opened_at, envelope.ends_at, subject=envelope.envelope_id)
        return self._window(envelope.wallet_id, empty)

    def _ground(self, effects: Effects) -> Ground:
        effect, entry, audit, tip = self.tip
        accounts = {
            name: self.rows.accounts[name] for name in accounts_of(effects) if name in self.rows.accounts
        }
        return Ground(effect, entry, audit, tip, accounts, self.rows.totals)

    def _answered(self, key: str, body: str | Command, command: Command) -> Any:
        stored = self.rows.answers.get(key)
        if stored is None:
            return None
        if stored[0] == body:
            return from_text(stored[1]) if self.recorded else stored[1]
        if isinstance(command, ask.Settle | ask.Release | ask.ExpireHold) and key == effect_key(command):
            return None
        raise EffectKeyReused(key)

    def _check(self, effects: Effects) -> None:
        """What the schema and the guarded writes would refuse, before anything is written."""
        for part in effects.parts:
            for lot_id, change in lot_changes(part.moves).items():
                _guard("lot", lot_id, self._changed_lot(part, lot_id, change))
            for place, window in self._changed_windows(part).items():
                cap = next(
                    (aside.cap for aside in part.set_aside if aside.window.period is window.period), None
                )
                within = cap is None or window.used + window.held <= cap
                whole = window.held >= 0 and 0 <= window.reversed <= window.settled
                _guard("window", str(place), within and whole)
            if part.hold_end is not None:
                hold = self.rows.holds[part.hold_end.hold_id]
                whole = part.hold_end.settled + part.hold_end.returned == hold.ceiling
                _guard("hold", hold.hold_id, hold.state is HoldState.OPEN and whole)
            for new in part.lots:
                used = (new.grant.source, new.grant.reference) in self.rows.references
                _guard("grant", new.grant.reference, not used)

    def _changed_lot(self, effects: Effects, lot_id: str, change: list[int]) -> bool:
        new = {added.lot.lot_id: added.lot for added in effects.lots}
        lot = new.get(lot_id) or self.rows.lots.get(lot_id)
        if lot is None:
            return False
        return min(lot.available + change[0], lot.held + change[1], lot.spent + change[2]) >= 0

    def _changed_windows(self, effects: Effects) -> dict[Place, Window]:
        changed: dict[Place, Window] = {}
        for aside in effects.set_aside:
            window = self._window(effects.wallet_id, aside.window)
            place = (effects.wallet_id, window.period, window.subject, window.start)
            changed[place] = replace(window, held=window.held + aside.amount)
        if effects.window_end is not None:
            hold, settled = effects.window_end.hold, effects.window_end.settled
            for place, window in self._windows_of(hold):
                ended = replace(window, held=window.held - hold.ceiling, settled=window.settled + settled)
                changed[place] = ended
        if effects.undone is not None:
            for place, window in self._windows_of(effects.undone.hold):
                changed[place] = replace(window, reversed=window.reversed + effects.undone.amount)
        return changed

    def _windows_of(self, hold: Hold) -> list[tuple[Place, Window]]:
        places: list[Place] = [
            (hold.wallet_id, Period.DAY, "", hold.day_start),
            (hold.wallet_id, Period.MONTH, "", hold.month_start),
        ]
        if hold.member_id is not None:
            places.append((hold.wallet_id, Period.MEMBER, hold.member_id, hold.month_start))
        if hold.envelope_id is not None:
            opened = self.rows.envelopes[hold.envelope_id].opened_at
            places.append((hold.wallet_id, Period.ENVELOPE, hold.envelope_id, opened))
        return [(place, self.rows.windows[place]) for place in places]

    def _apply(self, effects: Effects, posting: Posting, body: str | Command) -> None:
        for part, line in zip(effects.parts, posting.effects, strict=True):
            windows = self._changed_windows(part)
            self._open(part)
            self._change(part)
            self.rows.windows.update(windows)
            self.rows.totals[part.wallet_id] = (line[-2], line[-1])
            self.rows.answers[part.effect_key] = (body, line[8] if self.recorded else part.answer)
        self._remember_undoable(effects, posting)
        for change in posting.accounts:
            self.rows.accounts[change.account_id] = change.after
            if change.account_id.endswith("/debt"):
                wallet_id = change.account_id.removesuffix("/debt")
                self.rows.wallets[wallet_id] = replace(self.rows.wallets[wallet_id], debt=change.after[0])
        entry = posting.entries[-1][0] if posting.entries else self.tip[1]
        chained = posting.audits[-1] if posting.audits else self.tip[2:]
        self.tip = (posting.effects[-1][0], entry, chained[0], chained[-1])

    def _open(self, effects: Effects) -> None:
        rows = self.rows
        if effects.wallet is not None:
            rows.wallets[effects.wallet_id] = effects.wallet
            rows.owners[effects.wallet.owner_id, effects.wallet.asset] = effects.wallet_id
        if effects.limits is not None:
            rows.limits[effects.wallet_id] = effects.limits
        for new in effects.lots:
            rows.lots[new.lot.lot_id] = new.lot
            rows.lots_of.setdefault(effects.wallet_id, []).append(new.lot.lot_id)
            rows.wallet_of[new.lot.lot_id] = effects.wallet_id
            rows.grants[new.grant.grant_id] = (new.grant, new.lot.lot_id)
            rows.grant_of[new.lot.lot_id] = new.grant.grant_id
            rows.references[new.grant.source, new.grant.reference] = new.grant.grant_id
        if effects.hold is not None:
            rows.holds[effects.hold.hold_id] = effects.hold
            rows.open_holds.setdefault(effects.wallet_id, set()).add(effects.hold.hold_id)
        if effects.member is not None:
            rows.members[effects.wallet_id, effects.member.member_id] = effects.member
        if effects.envelope is not None:
            rows.envelopes[effects.envelope.envelope_id] = effects.envelope

    def _change(self, effects: Effects) -> None:
        rows = self.rows
        for lot_id, change in lot_changes(effects.moves).items():
            lot = rows.lots[lot_id]
            rows.lots[lot_id] = replace(
                lot,
                available=lot.available + change[0],
                held=lot.held + change[1],
                spent=lot.spent + change[2],
            )
        if effects.void is not None:
            lot = rows.lots[effects.void.lot_id]
            rows.lots[lot.lot_id] = replace(
                lot, voided=lot.voided + effects.void.amount, owed=lot.owed + effects.void.owed
            )
        self._change_hold(effects)
        if effects.envelope_closed is not None:
            envelope = rows.envelopes[effects.envelope_closed]
            closed_at = getattr(effects.answer, "closed_at", envelope.ends_at)
            rows.envelopes[envelope.envelope_id] = replace(envelope, closed_at=closed_at)
        if effects.wallet_state is not None:
            wallet = rows.wallets[effects.wallet_id]
            rows.wallets[effects.wallet_id] = replace(wallet, state=effects.wallet_state)

    def _change_hold(self, effects: Effects) -> None:
        rows = self.rows
        if effects.hold_end is not None:
            end = effects.hold_end
            rows.holds[end.hold_id] = replace(
                rows.holds[end.hold_id],
                state=end.state,
                settled=end.settled,
                returned=end.returned,
                ended_at=getattr(effects.answer, "ended_at", None),
            )
            rows.open_holds[effects.wallet_id].discard(end.hold_id)
        if effects.undone is not None:
            hold = effects.undone.hold
            rows.holds[hold.hold_id] = replace(rows.holds[hold.hold_id], reversed=effects.undone.amount)

    def _remember_undoable(self, effects: Effects, posting: Posting) -> None:
        kinds = {"settle": (MoveKind.SETTLE,), "void_grant": (MoveKind.REVOKE, MoveKind.OWE)}
        wanted = kinds.get(effects.kind)
        if wanted is None:
            return
        parts = tuple(
            (line[0], line[5], line[7], MoveKind(line[2])) for line in posting.transfers if line[2] in wanted
        )
        self.rows.undoable[effects.effect_key] = (effects.hold_id, parts)


def _guard(what: str, row_id: str, holds: bool) -> None:
    if not holds:
        raise GuardFailed(what, row_id)
