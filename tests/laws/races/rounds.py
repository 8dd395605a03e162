"""The races: what 64 clients ask at once, and by formula how many of them must win.

Every round has wallets of its own, so rounds share a database and nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from studio_server.ledger import (
    EffectKeyReused,
    GrantAlreadyIssued,
    GrantSource,
    HoldFinished,
    HoldRefused,
    IssueGrant,
    LedgerRefusal,
    NotEnoughToGive,
    OpenEnvelope,
    OpenWallet,
    PlaceHold,
    PlanCaps,
    Release,
    Reverse,
    SetMember,
    Settle,
    TransferCredits,
    VoidGrant,
    VoidsAboveGrant,
)

from tests.laws.races.clients import CLIENTS, NOON

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.laws.races.clients import Clients

PLENTY = 1_000_000
PRICES = "p1"
OPEN = PlanCaps(open_holds=1_000)


@dataclass
class Round:
    """One round: its clients, its own names and its dice."""

    clients: Clients
    name: str
    draw: random.Random

    def do(self, command: Any) -> Any:
        """Something before the race; it must succeed."""
        answer = self.clients.servers[0].do(command)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wallet(self, balance: int, plan: PlanCaps = OPEN, owner: str = "ada") -> tuple[str, str]:
        """A wallet of this round with one grant in it; their ids."""
        name = f"{self.name}-{owner}"
        wallet_id = self.do(OpenWallet(f"open-{name}", name, plan=plan)).wallet_id
        if not balance:
            return wallet_id, ""
        grant = self.do(IssueGrant(f"grant-{name}", wallet_id, GrantSource.GIFT, balance, name))
        return wallet_id, grant.grant_id

    def holds(self, wallet_id: str, sizes: list[int], **more: Any) -> list[Any]:
        """One hold per client, each under its own key."""
        return [
            PlaceHold(f"{self.name}-{number}", wallet_id, "run", size, PRICES, 600, **more)
            for number, size in enumerate(sizes)
        ]

    def view(self, wallet_id: str) -> Any:
        """The wallet after the race."""
        server = self.clients.servers[-1]
        return server.store.read(lambda tx: server.ledger.wallet_view(tx, wallet_id))


def balance(this: Round) -> str | None:
    """Holds of one size on one balance."""
    size, full = 1 + this.draw.randrange(9), this.draw.randrange(500)
    wallet_id, _ = this.wallet(full)
    answers = this.clients.race(this.holds(wallet_id, [size] * CLIENTS))
    winners = min(CLIENTS, full // size)
    return wins(answers, winners, "balance") or _is(this.view(wallet_id).available, full - winners * size)


def two_sizes(this: Round) -> str | None:
    """Small and large holds on one balance: what is left is less than whoever lost asked for."""
    full, sizes = this.draw.randrange(400), [this.draw.choice((3, 8)) for _ in range(CLIENTS)]
    wallet_id, _ = this.wallet(full)
    answers = this.clients.race(this.holds(wallet_id, sizes))
    lost = [size for size, answer in zip(sizes, answers, strict=True) if isinstance(answer, HoldRefused)]
    left = full - (sum(sizes) - sum(lost))
    if left < 0 or any(size <= left for size in lost):
        return f"{left} were left and holds of {Counter(lost)} lost"
    return wins(answers, CLIENTS - len(lost), "balance") or _is(this.view(wallet_id).available, left)


def daily_cap(this: Round) -> str | None:
    """Holds under a daily cap."""
    size, cap = 1 + this.draw.randrange(9), this.draw.randrange(400)
    wallet_id, _ = this.wallet(PLENTY, PlanCaps(daily=cap, open_holds=1_000))
    answers = this.clients.race(this.holds(wallet_id, [size] * CLIENTS))
    winners = min(CLIENTS, cap // size)
    return wins(answers, winners, "daily") or _is(this.view(wallet_id).daily.held, winners * size)


def monthly_cap(this: Round) -> str | None:
    """Holds under a monthly cap."""
    size, cap = 1 + this.draw.randrange(9), this.draw.randrange(400)
    wallet_id, _ = this.wallet(PLENTY, PlanCaps(monthly_allocation=cap, open_holds=1_000))
    answers = this.clients.race(this.holds(wallet_id, [size] * CLIENTS))
    return wins(answers, min(CLIENTS, cap // size), "monthly")


def open_holds(this: Round) -> str | None:
    """Holds under a cap on how many are open."""
    most = this.draw.randrange(80)
    wallet_id, _ = this.wallet(PLENTY, PlanCaps(open_holds=most))
    answers = this.clients.race(this.holds(wallet_id, [1] * CLIENTS))
    return wins(answers, min(CLIENTS, most), "open_holds")


def member_cap(this: Round) -> str | None:
    """Holds of one member under a cap."""
    size, cap = 1 + this.draw.randrange(9), this.draw.randrange(400)
    wallet_id, _ = this.wallet(PLENTY)
    this.do(SetMember(f"member-{this.name}", wallet_id, "usr_bo", cap))
    answers = this.clients.race(this.holds(wallet_id, [size] * CLIENTS, member_id="usr_bo"))
    return wins(answers, min(CLIENTS, cap // size), "member")


def envelope(this: Round) -> str | None:
    """Holds in one envelope."""
    size, cap = 1 + this.draw.randrange(9), 1 + this.draw.randrange(400)
    wallet_id, _ = this.wallet(PLENTY)
    opened = this.do(OpenEnvelope(f"env-{this.name}", wallet_id, "plan", cap, NOON + timedelta(days=1)))
    holds = this.holds(wallet_id, [size] * CLIENTS, envelope_id=opened.envelope_id)
    return wins(this.clients.race(holds), min(CLIENTS, cap // size), "envelope")


def one_key(this: Round) -> str | None:
    """One command under one key, from everybody: it takes effect once and all are told the same."""
    wallet_id, _ = this.wallet(PLENTY)
    answers = this.clients.race(this.holds(wallet_id, [8])[:1] * CLIENTS)
    if len(set(answers)) != 1:
        return f"one key was answered {Counter(map(str, answers))}"
    return _is(this.view(wallet_id).held, 8)


def one_key_many_bodies(this: Round) -> str | None:
    """One key for 64 different holds: one wins, everybody else is told the key is taken."""
    wallet_id, _ = this.wallet(PLENTY)
    holds = [
        PlaceHold(f"{this.name}-key", wallet_id, "run", 1 + number, PRICES, 600) for number in range(CLIENTS)
    ]
    return wins(this.clients.race(holds), 1, EffectKeyReused.__name__)


def voucher(this: Round) -> str | None:
    """One voucher redeemed under 64 keys gives once."""
    wallet_id, _ = this.wallet(0)
    grants = [
        IssueGrant(f"{this.name}-{number}", wallet_id, GrantSource.PROMOTION, 50, f"voucher-{this.name}")
        for number in range(CLIENTS)
    ]
    return wins(this.clients.race(grants), 1, GrantAlreadyIssued.__name__) or _is(
        this.view(wallet_id).available, 50
    )


def hold_end(this: Round) -> str | None:
    """A hold settled and released at once ends one way, and everything is spent or back."""
    wallet_id, _ = this.wallet(100)
    hold_id = this.do(*this.holds(wallet_id, [8])[:1]).hold_id
    ends = [
        Settle(hold_id, number % 4, PRICES) if this.draw.random() < 0.5 else Release(hold_id, "cancelled")
        for number in range(CLIENTS)
    ]
    answers = this.clients.race(ends)
    won = {(answer.state, answer.settled) for answer in answers if not isinstance(answer, Exception)}
    lost = [answer for answer in answers if isinstance(answer, Exception)]
    if len(won) != 1 or not all(isinstance(one, HoldFinished | EffectKeyReused) for one in lost):
        return f"the hold ended {won}, others were told {Counter(type(one).__name__ for one in lost)}"
    view, settled = this.view(wallet_id), won.pop()[1]
    return _is((view.available, view.held), (100 - settled, 0))


def gift(this: Round) -> str | None:
    """Gifts out of one balance: what left is what arrived."""
    size, full = 1 + this.draw.randrange(9), 1 + this.draw.randrange(400)
    giver, _ = this.wallet(full)
    taker, _ = this.wallet(0, owner="bo")
    gifts = [
        TransferCredits(f"{this.name}-{number}", giver, taker, size, f"{this.name}-{number}")
        for number in range(CLIENTS)
    ]
    winners = min(CLIENTS, full // size)
    moved = winners * size
    return wins(this.clients.race(gifts), winners, NotEnoughToGive.__name__) or _is(
        (this.view(giver).available, this.view(taker).available), (full - moved, moved)
    )


def crossed_gifts(this: Round) -> str | None:
    """Gifts between two wallets both ways at once: nobody waits for ever, and the sum stays."""
    ada, _ = this.wallet(200)
    bo, _ = this.wallet(200, owner="bo")
    pairs = [(ada, bo), (bo, ada)]
    gifts = [
        TransferCredits(f"{this.name}-{number}", *pairs[number // 2 % 2], 3, f"{this.name}-{number}")
        for number in range(CLIENTS)
    ]
    return wins(this.clients.race(gifts), CLIENTS, "nobody") or _is(
        (this.view(ada).available, this.view(bo).available), (200, 200)
    )


def voiding(this: Round) -> str | None:
    """One grant taken back bit by bit by everybody: never more than it gave."""
    size, full = 1 + this.draw.randrange(9), 1 + this.draw.randrange(400)
    wallet_id, grant_id = this.wallet(full)
    voids = [VoidGrant(f"{this.name}-{number}", grant_id, "refund", size) for number in range(CLIENTS)]
    winners = min(CLIENTS, full // size)
    return wins(this.clients.race(voids), winners, VoidsAboveGrant.__name__) or _is(
        this.view(wallet_id).available, full - winners * size
    )


def undoing(this: Round) -> str | None:
    """One settlement undone by everybody comes back once."""
    wallet_id, _ = this.wallet(100)
    hold_id = this.do(*this.holds(wallet_id, [8])[:1]).hold_id
    this.do(Settle(hold_id, 5, PRICES))
    answers = this.clients.race([Reverse(f"hold:{hold_id}:terminal", "fault")] * CLIENTS)
    if len(set(answers)) != 1:
        return f"one undoing was answered {Counter(map(str, answers))}"
    return _is(this.view(wallet_id).available, 100)


RACES: tuple[Callable[[Round], str | None], ...] = (
    *(balance, two_sizes, daily_cap, monthly_cap, open_holds, member_cap, envelope, one_key),
    *(one_key_many_bodies, voucher, hold_end, gift, crossed_gifts, voiding, undoing),
)


def wins(answers: list[Any], winners: int, told: str) -> str | None:
    """Exactly so many won; everybody else was refused with `told` (a limit, or the refusal's name)."""
    won = [answer for answer in answers if not isinstance(answer, Exception)]
    reasons = Counter(_reason(answer) for answer in answers if isinstance(answer, Exception))
    if len(won) == winners and set(reasons) <= {told}:
        return None
    return f"{len(won)} won where {winners} had to, others were told {dict(reasons)}"


def _reason(answer: Exception) -> str:
    if isinstance(answer, HoldRefused):
        return answer.limit
    return type(answer).__name__ if isinstance(answer, LedgerRefusal) else repr(answer)


def _is(found: Any, expected: Any) -> str | None:
    return None if found == expected else f"the wallet says {found} where {expected} is right"
