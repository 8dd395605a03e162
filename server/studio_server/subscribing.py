"""What an operator does about plans by hand: `plan`, on the books themselves. Nothing is charged for here."""

import argparse
from typing import Any

from studio_server.accounts.identity import Identity
from studio_server.accounts.people import NAME_LENGTH
from studio_server.accounts.plans import NotSubscribed, PlanIsPaid, PlanKeyReused, PlanState, PlanUnknown
from studio_server.audit.events import OPERATOR
from studio_server.operating import on_books
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.storage.tx import Tx

REFUSED = 1
REFERENCE_LENGTH = 180


def add_verbs(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `plan` to the command."""
    planning = commands.add_parser("plan", help="see a user's plan, or put them on another one")
    planning.add_argument("subject", type=_text(NAME_LENGTH), help="the user's name at the issuer")
    planning.add_argument("plan", nargs="?", help="the new plan: higher at once, lower at the period's end")
    planning.add_argument("--issuer", type=_text(NAME_LENGTH), default="local")
    planning.add_argument(
        "--reference",
        type=_text(REFERENCE_LENGTH),
        help="why, needed with a new plan: the same reference changes it once",
    )
    planning.set_defaults(run=_plan)


def put_on_plan(settings: Settings, identity: Identity, plan_id: str | None, *, reference: str | None) -> str:
    """Put a user on a plan (None: only look) and tell how their plan stands; the same reference does it once.

    Raises:
        PlanUnknown, NotSubscribed, PlanIsPaid, PlanKeyReused, LedgerRefusal: Nothing was changed.
        DatabaseInUse, BooksBroken: The books cannot be used now.
    """

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, identity)
        if plan_id is not None:
            key = f"operator:{reference}"
            services.plans.change(tx, user.id, plan_id, key=key, actor=OPERATOR)
        available = services.ledger.wallet_view(tx, user.wallet_id).available
        return f"{_standing(services.plans.state(tx, user.id))}; {available:,} credits available"

    return on_books(settings, work)


def _standing(state: PlanState) -> str:
    ends = f"{state.period.ends_at:%Y-%m-%d %H:%M} UTC"
    following = "it goes on" if state.next_plan is None else f"then {state.next_plan.title}"
    return f"{state.plan.title} until {ends}, {following}"


def _plan(settings: Settings, chosen: argparse.Namespace) -> int:
    if chosen.plan is not None and chosen.reference is None:
        return _refuse("a new plan needs a --reference: the same reference changes it once")
    identity = Identity(chosen.issuer, chosen.subject, chosen.subject, "token")
    try:
        _say(put_on_plan(settings, identity, chosen.plan, reference=chosen.reference))
    except (PlanUnknown, NotSubscribed, PlanIsPaid, PlanKeyReused) as refused:
        return _refuse(str(refused))
    return 0


def _text(longest: int) -> Any:
    def read(text: str) -> str:
        if not 1 <= len(text) <= longest:
            raise argparse.ArgumentTypeError(f"1 to {longest} characters, not {len(text)}")
        return text

    return read


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal


def _refuse(text: str) -> int:
    _say(f"studio-server: {text}")
    return REFUSED
