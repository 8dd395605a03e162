"""Which command comes next: one function per kind, drawing from dice that Hypothesis or a seed throws."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from studio_server.ledger import (
    Asset,
    CloseEnvelope,
    ClosePeriod,
    CoverDebt,
    CoverDebts,
    ExpireHold,
    ExpireHolds,
    ExpireLot,
    ExpireLots,
    GrantSource,
    IssueGrant,
    OpenEnvelope,
    OpenWallet,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    Release,
    Reverse,
    SetLimits,
    SetMember,
    Settle,
    SetWalletState,
    TransferCredits,
    VoidGrant,
    WalletState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.laws.machine.translation import Mirror
    from tests.laws.model.values import Wallet

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"),
    *("Africa/Cairo", "Asia/Beirut", "America/Santiago", "Australia/Lord_Howe", "America/Havana"),
    *("Africa/Casablanca", "America/Asuncion"),
)
PRICES = ("prices-1", "prices-2")
MEMBERS = ("usr_bo", "usr_cy")
NOBODY = "nobody"
HUGE = 2**53 - 1
RECENT = 6
"""Only the newest wallets, holds and lots are acted on: what is old is only looked at."""


class Dice(Protocol):
    """Where choices come from."""

    def below(self, count: int) -> int:
        """A whole number from 0 up to `count`, `count` left out."""
        ...


@dataclass
class Chooser:
    """Draws commands that fit what the mirror knows, and some that do not."""

    mirror: Mirror
    dice: Dice
    now: datetime
    serial: int = 0
    asked: list[Any] = field(default_factory=list)

    def pick(self, items: Sequence[Any]) -> Any:
        """One of the items."""
        return items[self.dice.below(len(items))]

    def one_in(self, count: int) -> bool:
        """True once in `count` times; what is simple is False."""
        return self.dice.below(count) == count - 1

    def key(self) -> str:
        """A key not used before."""
        self.serial += 1
        return f"k{self.serial}"

    def any_wallet(self) -> Wallet:
        """One of the newest wallets."""
        return self.pick(self.mirror.books.wallets[-RECENT:])

    def wallet_id(self) -> str:
        """Its id, or one that does not exist."""
        return NOBODY if self.one_in(60) else self.mirror.name("wallet_id", self.any_wallet())

    def amount(self, most: int = 60) -> int:
        """Mostly small, sometimes the largest, sometimes none."""
        return self.pick((0, -1, HUGE, HUGE + 1)) if self.one_in(40) else 1 + self.dice.below(most)

    def moment(self, most_hours: int) -> datetime:
        """Within so many hours from now, now and then in the past or exactly now."""
        if self.one_in(25):
            return self.now - timedelta(hours=self.dice.below(3))
        return self.now + timedelta(seconds=1 + self.dice.below(most_hours * 3_600))

    def cap(self, most: int) -> int | None:
        """No cap, or one."""
        return None if self.dice.below(2) == 0 else self.dice.below(most)

    def recent(self, kind: str) -> list[Any]:
        """The newest holds or lots of the newest wallets."""
        wallets = self.mirror.books.wallets[-RECENT:]
        found = [one.holds if kind == "hold_id" else one.lots for one in wallets]
        filled = [things for things in found if things]
        return self.pick(filled)[-RECENT:] if filled else []

    def an_id(self, kind: str, things: Sequence[Any]) -> str:
        """The ledger's id of one of them, or one that does not exist."""
        return NOBODY if not things or self.one_in(80) else self.mirror.name(kind, self.pick(things))


def open_wallet(draw: Chooser) -> Any:
    """A wallet of a new owner, or of a known one in some asset."""
    owners = [wallet.owner for wallet in draw.mirror.books.wallets[-3:]]
    owner = draw.pick(owners) if owners and draw.one_in(3) else f"usr_{draw.serial}"
    return OpenWallet(draw.key(), owner, draw.pick(tuple(Asset)), plan(draw), draw.pick(ZONES))


def plan(draw: Chooser) -> PlanCaps:
    """A plan that bounds something, or nothing."""
    if draw.one_in(3):
        return PlanCaps()
    per_run = None if draw.dice.below(3) else 30 + draw.dice.below(40)
    return PlanCaps(draw.cap(300), draw.cap(500), per_run, draw.pick((100, 100, 100, 5, 3, 1, 0)))


def issue_grant(draw: Chooser) -> Any:
    """Any source, end, start, rank and roll-over; a reference that was used before now and then."""
    key = draw.key()
    given = [lot.reference for lot in draw.mirror.books.lots[-RECENT:] if not lot.reference.startswith("(")]
    used = draw.pick(given) if given else key
    return IssueGrant(
        key,
        draw.wallet_id(),
        draw.pick(tuple(GrantSource)),
        draw.amount(400),
        used if draw.one_in(15) else key,
        draw.moment(200) if draw.dice.below(2) else None,
        draw.moment(10) if draw.one_in(8) else None,
        draw.dice.below(40) if draw.one_in(4) else None,
        roll_over=1 + draw.dice.below(40) if draw.one_in(4) else None,
    )


def place_hold(draw: Chooser) -> Any:
    """A hold, for a member or in an envelope now and then."""
    wallet_id = draw.wallet_id()
    wallet = draw.mirror.wallet(wallet_id)
    inside = [one for one in draw.mirror.books.envelopes[-RECENT:] if one.wallet is wallet or draw.one_in(20)]
    return PlaceHold(
        draw.key(),
        wallet_id,
        "run",
        draw.amount(),
        draw.pick(PRICES),
        1 + draw.dice.below(3 * 86_400),
        draw.pick(MEMBERS) if draw.one_in(6) else None,
        draw.an_id("envelope_id", inside) if inside and draw.one_in(4) else None,
    )


def a_hold(draw: Chooser) -> str:
    """An open hold mostly, else one of the newest."""
    if draw.mirror.books.open and not draw.one_in(3):
        return draw.an_id("hold_id", list(draw.mirror.books.open.values())[-RECENT:])
    return draw.an_id("hold_id", draw.recent("hold_id"))


def settle(draw: Chooser) -> Any:
    """A charge within the hold mostly, with its price mostly."""
    hold_id = a_hold(draw)
    hold = draw.mirror.objects["hold_id"].get(hold_id)
    most = 5 if hold is None else hold.ceiling
    charge = most + 1 if draw.one_in(30) else draw.dice.below(min(most, HUGE) + 1)
    price = PRICES[0] if hold is None or draw.one_in(30) else hold.price
    return Settle(hold_id, -1 if draw.one_in(60) else charge, price)


def release(draw: Chooser) -> Any:
    """A hold handed back."""
    return Release(a_hold(draw), draw.pick(("cancelled", "user_error")))


def expire_hold(draw: Chooser) -> Any:
    """One hold by the clock."""
    return ExpireHold(a_hold(draw))


def expire_lot(draw: Chooser) -> Any:
    """One lot by the clock."""
    return ExpireLot(draw.an_id("lot_id", draw.recent("lot_id")))


def set_limits(draw: Chooser) -> Any:
    """Own limits, a new plan, or both."""
    own = OwnLimits(draw.cap(250), draw.cap(400), draw.cap(120)) if draw.dice.below(2) else None
    return SetLimits(draw.key(), draw.wallet_id(), own, plan(draw) if own is None or draw.one_in(4) else None)


def void_grant(draw: Chooser) -> Any:
    """Part of a grant or all of it."""
    known = [lot for lot in draw.recent("lot_id") if ("grant_id", lot.number) in draw.mirror.names]
    grant = draw.an_id("grant_id", known)
    return VoidGrant(draw.key(), grant, "refund", draw.amount() if draw.dice.below(2) else None)


def reverse(draw: Chooser) -> Any:
    """A settlement or a voiding undone, or something that cannot be."""
    voids = list(draw.mirror.books.voids)[-RECENT:]
    if voids and draw.dice.below(2):
        return Reverse(draw.pick(voids), "mistake")
    hold_id = draw.an_id("hold_id", draw.recent("hold_id"))
    return Reverse(draw.pick((f"hold:{hold_id}:terminal",) * 9 + ("key:k1", "nonsense")), "platform_error")


def transfer(draw: Chooser) -> Any:
    """A gift to another wallet, of one's own asset mostly."""
    giver = draw.any_wallet()
    others = [one for one in draw.mirror.books.wallets[-RECENT:] if one.asset == giver.asset] or [giver]
    to = draw.mirror.name("wallet_id", draw.pick(others))
    key = draw.key()
    reference = f"t{draw.dice.below(40)}" if draw.one_in(6) else key
    end = draw.moment(80) if draw.one_in(3) else None
    return TransferCredits(
        key,
        draw.mirror.name("wallet_id", giver),
        draw.wallet_id() if draw.one_in(8) else to,
        draw.amount(),
        reference,
        end,
    )


def set_member(draw: Chooser) -> Any:
    """Somebody may spend, or no longer."""
    active = not draw.one_in(8)
    return SetMember(draw.key(), draw.wallet_id(), draw.pick(MEMBERS), draw.cap(150), active)


def open_envelope(draw: Chooser) -> Any:
    """A shared ceiling."""
    return OpenEnvelope(draw.key(), draw.wallet_id(), "plan", draw.amount(200), draw.moment(48))


def close_envelope(draw: Chooser) -> Any:
    """One of the newest closed."""
    return CloseEnvelope(draw.key(), draw.an_id("envelope_id", draw.mirror.books.envelopes[-RECENT:]))


def set_state(draw: Chooser) -> Any:
    """Open again mostly, frozen at times, closed rarely."""
    states = (*(WalletState.OPEN,) * 10, *(WalletState.FROZEN,) * 2, WalletState.CLOSED)
    return SetWalletState(draw.key(), draw.wallet_id(), draw.pick(states), "asked")


def close_period(draw: Chooser) -> Any:
    """A lot's period closed, with a next one mostly."""
    rolling = [lot for lot in draw.any_wallet().lots if lot.roll_over is not None]
    lots = rolling[-RECENT:] if rolling and not draw.one_in(5) else draw.recent("lot_id")
    return ClosePeriod(draw.an_id("lot_id", lots), None if draw.one_in(4) else draw.moment(90))


def cover_debt(draw: Chooser) -> Any:
    """A debt paid."""
    return CoverDebt(draw.key(), draw.wallet_id())


def sweep(draw: Chooser) -> Any:
    """One of the three sweeps, of few or of all."""
    kind = draw.pick((ExpireHolds, ExpireLots, CoverDebts))
    return kind(limit=500 if draw.dice.below(2) else 1 + draw.dice.below(3))


def again(draw: Chooser) -> Any:
    """Any earlier command, as it was."""
    return draw.pick(draw.asked) if draw.asked else place_hold(draw)


OTHER: dict[str, Callable[[Any], Any]] = {
    "amount": lambda amount: 1 if amount is None else amount + 1,
    "ceiling": lambda ceiling: ceiling + 1,
    "charge": lambda charge: max(0, charge - 1),
    "reason": lambda reason: f"{reason}!",
    "owner_id": lambda owner: f"{owner}x",
    "cap": lambda cap: 7 if cap is None else None,
    "own": lambda own: OwnLimits(daily=1) if own is None else None,
    "state": lambda state: WalletState.OPEN if state == WalletState.FROZEN else WalletState.FROZEN,
    "envelope_id": lambda _: "env_other",
    "next_ends_at": lambda _: None,
    "wallet_id": lambda _: NOBODY,
}


def otherwise(draw: Chooser) -> Any:
    """An earlier key with another body."""
    command = again(draw)
    changed = [one.name for one in fields(command) if one.name in OTHER]
    if not changed:
        return command
    name = draw.pick(changed)
    return replace(command, **{name: OTHER[name](getattr(command, name))})


NONSENSE: dict[str, tuple[Any, ...]] = {
    "effect_key": ("", "x" * 256),
    "reference": ("", "x" * 256),
    "purpose": ("", "x" * 256),
    "price_version": ("", "x" * 256),
    "reason": ("",),
    "amount": (0, -1, HUGE + 1, True, 1.0),
    "ceiling": (0, -1, HUGE + 1, True, 1.0),
    "charge": (-1, HUGE + 1),
    "lease_seconds": (0, -1, 31 * 86_400 + 1),
    "zone": ("Nowhere/Land", ""),
    "member_id": ("", "x" * 256),
    "cap": (-1, HUGE + 1),
    "roll_over": (0, -1, HUGE + 1),
}


def nonsense(draw: Chooser) -> Any:
    """A command that fits but for one field outside its range."""
    kinds = (issue_grant, place_hold, settle, void_grant, transfer, set_member, open_envelope)
    command = draw.pick(kinds)(draw)
    name = draw.pick([one.name for one in fields(command) if one.name in NONSENSE])
    return replace(command, **{name: draw.pick(NONSENSE[name])})


KINDS: dict[str, tuple[int, Callable[[Chooser], Any]]] = {
    "open_wallet": (2, open_wallet),
    "issue_grant": (22, issue_grant),
    "place_hold": (34, place_hold),
    "settle": (22, settle),
    "release": (6, release),
    "expire_hold": (3, expire_hold),
    "expire_lot": (4, expire_lot),
    "set_limits": (4, set_limits),
    "void_grant": (7, void_grant),
    "reverse": (7, reverse),
    "transfer": (7, transfer),
    "set_member": (4, set_member),
    "open_envelope": (3, open_envelope),
    "close_envelope": (1, close_envelope),
    "set_state": (3, set_state),
    "close_period": (5, close_period),
    "cover_debt": (3, cover_debt),
    "sweep": (4, sweep),
    "nonsense": (2, nonsense),
    "again": (6, again),
    "otherwise": (5, otherwise),
}
WEIGHTED = tuple(name for name, (weight, _) in KINDS.items() for _ in range(weight))


def choose(draw: Chooser, kind: str | None = None) -> Any:
    """A command of the kind, or of one drawn by weight; a wallet first, where there is none."""
    if not draw.mirror.books.wallets:
        return open_wallet(draw)
    return KINDS[kind or draw.pick(WEIGHTED)][1](draw)
