"""Plans: who is on which, what each period gives, what changes when.

Owns subscriptions. Every step runs in the transaction it is handed, happens once whoever asks (two replicas,
a webhook again), and goes by the transaction's time. Does not own payment: who takes money grants what was
paid and calls `follow`; from then on our clock begins no period, unless nobody pays for three weeks.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from studio_server.accounts import subscriptions as rows
from studio_server.accounts.periods import Period, anchored_period, calendar_period, worth_of_the_rest
from studio_server.accounts.returning import free_credits_from
from studio_server.accounts.subscriptions import PlanChange, Subscription
from studio_server.ids import IdSource
from studio_server.ledger import (
    ClosePeriod,
    GrantSource,
    IssueGrant,
    Ledger,
    PlanCaps,
    SetLimits,
    WalletNotOpen,
)
from studio_server.ledger.windows import month_window, months_after
from studio_server.notices.rows import Draft, NoticeKind, post
from studio_server.registry.catalogue import DEFAULT_PLAN, PlanEntry, Registry
from studio_server.storage.tx import Tx

SYSTEM = "system"
MISSED_ON_RECORD = 120
"""Of the periods that ended while no server ran, the latest so many go on record as missed."""


class PlanUnknown(LookupError):
    """There is no such plan, or it is no longer on offer."""

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"there is no plan '{plan_id}'")
        self.plan_id = plan_id


class NotSubscribed(LookupError):
    """The user has no plan that runs: unknown, or the wallet is closed."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id} has no plan")
        self.user_id = user_id


class PlanIsPaid(ValueError):
    """The plan is paid at the payment provider and changed there; nothing was changed."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"the plan of {user_id} is paid every month: its owner changes it")
        self.user_id = user_id


class PlanKeyReused(ValueError):
    """The key already stands for a change to another plan."""

    def __init__(self, key: str, plan_id: str) -> None:
        super().__init__(f"the key {key!r} already stands for a change to '{plan_id}'")
        self.key, self.plan_id = key, plan_id


@dataclass(frozen=True)
class PlanState:
    """What a person is shown of their plan."""

    plan: PlanEntry
    next_plan: PlanEntry | None
    period: Period
    is_paid: bool = False
    """Whether invoices begin its periods."""


@dataclass(frozen=True)
class PaidPlan:
    """A plan that was paid for elsewhere: which, for which period, and what comes then (None: it again)."""

    plan_id: str
    next_plan_id: str | None
    starts_at: datetime
    ends_at: datetime


class Plans:
    """Starts, renews and changes plans, inside the transactions it is handed."""

    def __init__(
        self, registry: Registry, ledger: Ledger, ids: IdSource, *, free_credits: bool = True
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._ids = ids
        self._free_credits = free_credits

    def entry(self, plan_id: str) -> PlanEntry:
        """The plan of this id.

        Raises:
            PlanUnknown: It is not on offer.
        """
        found = self._registry.plans.get(plan_id)
        if found is None:
            raise PlanUnknown(plan_id)
        return found

    def join(self, tx: Tx, user_id: str, wallet_id: str, *, zone: str = "UTC") -> None:
        """Put a new user on the free plan and give this month's credits."""
        joined = month_window(tx.now, zone).start
        before = Subscription(
            user_id, wallet_id, DEFAULT_PLAN, None, "active", zone, 0, -1, -1, joined, joined, joined, joined
        )
        rows.add(tx, before)
        self._begin(tx, before, self.entry(DEFAULT_PLAN), calendar_period(joined, tx.now, zone))

    def state(self, tx: Tx, user_id: str) -> PlanState:
        """The plan that runs, the period it is in, and what it becomes at the period's end.

        Raises:
            NotSubscribed: There is none.
        """
        found = rows.of(tx, user_id)
        if found is None:
            raise NotSubscribed(user_id)
        following = None if found.next_plan_id is None else self.entry(found.next_plan_id)
        return PlanState(self.entry(found.plan_id), following, found.period, found.renews == "invoices")

    def due(self, tx: Tx, *, limit: int) -> list[str]:
        """Users whose period has ended, at most `limit`."""
        return rows.due(tx, limit)

    def renew(self, tx: Tx, user_id: str) -> bool:
        """Begin the period that runs now if the last one has ended; whether it did.

        What may roll over moves into the new period first, then its credits are granted; periods that ended
        unseen give nothing and go on record as missed.
        """
        seen = rows.of(tx, user_id)
        if seen is None or not seen.is_due(tx.now):
            return False
        last = rows.locked(tx, user_id)
        if last is None or not last.is_due(tx.now):
            return False
        try:
            self._renew(tx, last)
        except WalletNotOpen:
            rows.save(tx, replace(last, state="ended"))
        return True

    def change(self, tx: Tx, user_id: str, plan_id: str, *, key: str, actor: str = SYSTEM) -> PlanChange:
        """Change to a higher plan at once, to a lower one at the period's end, to the present one to stay.

        A first paid plan starts its own period with all its credits; a higher one gives the difference for
        the rest of the period. The same key answers as before. To cancel is to change to the free plan.

        Raises:
            PlanUnknown, NotSubscribed, PlanIsPaid, PlanKeyReused: Nothing was changed.
            LedgerRefusal: The wallet takes no credits.
        """
        target = self.entry(plan_id)
        self.renew(tx, user_id)
        now = rows.locked(tx, user_id)
        if now is None or now.state != "active":
            raise NotSubscribed(user_id)
        if now.renews == "invoices":
            raise PlanIsPaid(user_id)
        earlier = rows.change_under(tx, user_id, key)
        if earlier is not None and earlier.to_plan != plan_id:
            raise PlanKeyReused(key, earlier.to_plan)
        if earlier is not None:
            return earlier
        done = self._change(tx, now, target, actor)
        rows.keep_change(tx, user_id, key, done)
        if done.kind in {"started", "upgraded"}:
            self._limit(tx, now, target, f"{user_id}:{key}", actor)
            self._tell(
                tx,
                user_id,
                "plan_changed",
                f"change:{key}",
                _changed(self.entry(done.from_plan), target, done),
            )
        return done

    def follow(self, tx: Tx, user_id: str, paid: PaidPlan | None, *, key: str, gave: int = 0) -> None:
        """Let the plan be the one that is paid for elsewhere, or the free plan when nothing is paid any more.

        Gives no paid credits (who took the money does; `gave` is for the notice), but the free month's, once.
        The key is used once. A plan that an operator gave stays until something is paid.

        Raises:
            PlanUnknown: What was paid for is no longer on offer; nothing was changed.
        """
        now = rows.locked(tx, user_id)
        if now is None or now.state != "active":
            return
        if paid is not None and paid.ends_at + rows.UNPAID_KEEPS <= tx.now:
            paid = None
        try:
            if paid is not None:
                self._follow(tx, now, paid, key, gave)
            elif now.renews == "invoices":
                self._lapse(tx, now, key)
        except WalletNotOpen:
            rows.save(tx, replace(now, state="ended"))

    def close_stray(self, tx: Tx, lot_id: str) -> None:
        """Deal with an ended lot that may roll over: with its owner's renewal, or it expires.

        While the next period of a paid plan may still be paid, the lot waits for it.
        """
        user_id = rows.user_of_lot(tx, lot_id)
        seen = None if user_id is None else rows.of(tx, user_id)
        if seen is not None and seen.is_unpaid(tx.now):
            return
        if user_id is None or not self.renew(tx, user_id):
            self._ledger.execute(tx, ClosePeriod(lot_id))

    def _follow(self, tx: Tx, now: Subscription, paid: PaidPlan, key: str, gave: int) -> None:
        before, plan = self.entry(now.plan_id), self.entry(paid.plan_id)
        new = replace(now, plan_id=plan.id, next_plan_id=paid.next_plan_id, renews="invoices")
        is_new = (now.renews, now.starts_at, now.ends_at) != ("invoices", paid.starts_at, paid.ends_at)
        if is_new:
            number = now.last_paid + 1
            new = replace(new, anchor=paid.starts_at, first_number=number, last_paid=number)
            new = new.running(Period(number, paid.starts_at, paid.ends_at))
            self._roll(tx, new, before, plan, new.period)
        rows.save(tx, new)
        self._limit(tx, new, plan, key)
        if plan.id != before.id:
            done = PlanChange("started", before.id, plan.id, gave, tx.now)
            self._tell(tx, new.user_id, "plan_changed", key, _changed(before, plan, done))
        elif is_new and gave:
            self._tell(tx, new.user_id, "plan_renewed", key, _renewed(plan, gave, new.period))

    def _lapse(self, tx: Tx, last: Subscription, key: str) -> None:
        """Back to the free plan, whose month is given unless it was before."""
        before, plan = self.entry(last.plan_id), self.entry(DEFAULT_PLAN)
        new = replace(last, plan_id=plan.id, next_plan_id=None, renews="clock")
        period = calendar_period(new.joined_at, tx.now, new.zone)
        self._roll(tx, new, before, plan, period)
        granted = self._begin(tx, new, plan, period)
        self._limit(tx, new, plan, key)
        done = PlanChange("started", before.id, plan.id, granted, tx.now)
        self._tell(tx, new.user_id, "plan_changed", key, _changed(before, plan, done))

    def _renew(self, tx: Tx, last: Subscription) -> None:
        if last.renews == "invoices":
            self._lapse(tx, last, f"lapsed:{last.user_id}:{last.number}")
            return
        before, plan = self.entry(last.plan_id), self.entry(last.next_plan_id or last.plan_id)
        new = replace(last, plan_id=plan.id, next_plan_id=None)
        if last.plan_id == DEFAULT_PLAN != plan.id:
            new = replace(new, anchor=last.ends_at, first_number=last.last_paid + 1)
        period = _period(new, tx.now)
        self._miss(tx, new, _period(new, last.ends_at).number, period.number)
        self._roll(tx, new, before, plan, period)
        granted = self._begin(tx, new, plan, period)
        reference = _reference(new, period.number)
        self._limit(tx, new, plan, reference)
        if plan.id != before.id:
            told = PlanChange("started", before.id, plan.id, granted, tx.now)
            self._tell(tx, new.user_id, "plan_changed", reference, _changed(before, plan, told))
        elif granted:
            self._tell(tx, new.user_id, "plan_renewed", reference, _renewed(plan, granted, period))

    def _change(self, tx: Tx, now: Subscription, target: PlanEntry, actor: str) -> PlanChange:
        plan = self.entry(now.plan_id)
        if target.id == plan.id:
            rows.save(tx, replace(now, next_plan_id=None))
            return PlanChange("kept", plan.id, plan.id, 0, tx.now)
        if target.monthly_credits <= plan.monthly_credits:
            rows.save(tx, replace(now, next_plan_id=target.id))
            return PlanChange("scheduled", plan.id, target.id, 0, now.ends_at)
        step = self._start if plan.id == DEFAULT_PLAN else self._upgrade
        return step(tx, now, target, actor)

    def _start(self, tx: Tx, now: Subscription, target: PlanEntry, actor: str) -> PlanChange:
        paid = replace(
            now, plan_id=target.id, next_plan_id=None, anchor=tx.now, first_number=now.last_paid + 1
        )
        granted = self._begin(tx, paid, target, _period(paid, tx.now), actor)
        return PlanChange("started", now.plan_id, target.id, granted, tx.now)

    def _upgrade(self, tx: Tx, now: Subscription, target: PlanEntry, actor: str) -> PlanChange:
        plan = self.entry(now.plan_id)
        reference = f"{_reference(replace(now, plan_id=target.id), now.number)}:from:{plan.id}"
        granted = worth_of_the_rest(target.monthly_credits - plan.monthly_credits, now.period, tx.now)
        rolls = max(0, target.roll_over_credits - plan.roll_over_credits)
        self._grant(tx, now, reference, granted, rolls, now.ends_at, actor)
        rows.save(tx, replace(now, plan_id=target.id, next_plan_id=None))
        return PlanChange("upgraded", plan.id, target.id, granted, tx.now)

    def _begin(self, tx: Tx, it: Subscription, plan: PlanEntry, period: Period, actor: str = SYSTEM) -> int:
        """Enter the period and give its credits unless that was done before; what was given."""
        paid = it.last_paid if plan.id == DEFAULT_PLAN else period.number
        rows.save(tx, replace(it.running(period), last_paid=paid))
        reference = _reference(it, period.number)
        if rows.is_dealt_with(tx, reference):
            return 0
        amount = 0 if plan.id == DEFAULT_PLAN and self._gives_none(tx, it) else plan.monthly_credits
        if amount:
            self._grant(tx, it, reference, amount, plan.roll_over_credits, period.ends_at, actor)
        rows.deal_with(tx, it.user_id, [(reference, period.starts_at)], "granted" if amount else "nothing")
        return amount

    def _gives_none(self, tx: Tx, it: Subscription) -> bool:
        """No free credits: nobody gets them here, or this person left and came back too soon."""
        return not self._free_credits or free_credits_from(tx, it.user_id) is not None

    def _grant(  # noqa: PLR0917  - the terms of one grant, in the command's order
        self, tx: Tx, it: Subscription, reference: str, amount: int, rolls: int, ends_at: datetime, actor: str
    ) -> None:
        command = IssueGrant(
            effect_key=f"plan:{reference}",
            wallet_id=it.wallet_id,
            source=GrantSource.PLAN,
            amount=amount,
            reference=reference,
            ends_at=ends_at,
            roll_over=rolls or None,
        )
        self._ledger.execute(tx, command, actor=actor)

    def _miss(self, tx: Tx, it: Subscription, first: int, running: int) -> None:
        origin, offset = (it.joined_at, 0) if it.plan_id == DEFAULT_PLAN else (it.anchor, it.first_number)
        missed = [
            (_reference(it, number), months_after(origin, number - offset, it.zone))
            for number in range(max(first, running - MISSED_ON_RECORD), running)
        ]
        rows.deal_with(tx, it.user_id, missed, "missed")

    def _roll(self, tx: Tx, it: Subscription, before: PlanEntry, plan: PlanEntry, period: Period) -> None:
        """Move at most what the ended plan carries over into the new period, newest lots first.

        A lot moves with what its own terms allow or not at all; everything else in it expires.
        """
        left = before.roll_over_credits if plan.roll_over_credits else 0
        for lot_id, rolls in rows.rolling_lots(tx, it.wallet_id):
            fits = rolls <= left
            left -= rolls if fits else 0
            self._ledger.execute(tx, ClosePeriod(lot_id, period.ends_at if fits else None))

    def _limit(self, tx: Tx, it: Subscription, plan: PlanEntry, reference: str, actor: str = SYSTEM) -> None:
        present = self._ledger.wallet_view(tx, it.wallet_id).plan
        wanted = caps(plan, present)
        if wanted != present:
            command = SetLimits(f"plan-limits:{reference}", it.wallet_id, plan=wanted)
            self._ledger.execute(tx, command, actor=actor)

    def _tell(self, tx: Tx, user_id: str, kind: NoticeKind, about: str, text: str) -> None:
        post(tx, self._ids.new("notice"), Draft(user_id, kind, about, "info", text))


def caps(plan: PlanEntry, present: PlanCaps | None = None) -> PlanCaps:
    """What a plan allows: a day's cap, and in a month its credits and those carried over."""
    allowance = plan.monthly_credits + plan.roll_over_credits
    return replace(present or PlanCaps(), daily=plan.daily_cap_credits, monthly_allocation=allowance)


def _period(it: Subscription, now: datetime) -> Period:
    if it.plan_id == DEFAULT_PLAN:
        return calendar_period(it.joined_at, now, it.zone)
    return anchored_period(it.anchor, now, it.zone, first=it.first_number)


def _reference(it: Subscription, number: int) -> str:
    return f"{it.plan_id}:{it.user_id}:{number}"


def _changed(before: PlanEntry, plan: PlanEntry, change: PlanChange) -> str:
    gave = f" and gave {change.granted:,} credits" if change.granted else ""
    return f"The plan changed from {before.title} to {plan.title}{gave}"


def _renewed(plan: PlanEntry, granted: int, period: Period) -> str:
    return f"The plan {plan.title} gave {granted:,} credits; they end on {period.ends_at:%Y-%m-%d}"
