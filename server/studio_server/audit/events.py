"""The closed set of events beside the ledger's own acts, and the one text each of them has on the chain.

Details are canonical JSON of random ids, tool ids, whole numbers, names of limits and digests. The chain is
never erased, so anything that could be a person's words is refused before it is written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from studio_server.storage.audit_chain import Act, append

if TYPE_CHECKING:
    from studio_server.storage import Tx

SYSTEM, ANONYMOUS, OPERATOR = "system", "anonymous", "operator"
FORMAL = re.compile(r"[A-Za-z0-9_.:+/=-]{0,255}")
"""Ids, digests, versions and codes; no space, no `@`, no line end."""
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class EventKind(StrEnum):
    """Every kind of event that is not an act of the ledger."""

    ESTIMATE = "estimate"
    EVENTS_MISSED = "events_missed"
    RUN_ALLOWED = "run_allowed"
    RUN_BLOCKED = "run_blocked"
    RUN_COMPLETED = "run_completed"
    RUN_FAILED = "run_failed"
    RUN_CANCELLED = "run_cancelled"
    RUN_LOST = "run_lost"
    RUN_ANSWERED = "run_answered"
    LIMIT_VIOLATION = "limit_violation"
    PURCHASE_STARTED = "purchase_started"
    PURCHASE_PAID = "purchase_paid"
    PURCHASE_FAILED = "purchase_failed"
    PURCHASE_ENDED = "purchase_ended"
    PURCHASE_REFUNDED = "purchase_refunded"
    PURCHASE_DISPUTED = "purchase_disputed"
    CARD_SAVED = "card_saved"
    CARD_REMOVED = "card_removed"
    RECHARGE_ON = "recharge_on"
    RECHARGE_STOPPED = "recharge_stopped"
    TOKEN_MADE = "token_made"  # noqa: S105  - the name of an event


PURCHASE_STEPS = frozenset(kind for kind in EventKind if kind.startswith("purchase_"))
RUN_ENDS = {
    "succeeded": EventKind.RUN_COMPLETED,
    "failed": EventKind.RUN_FAILED,
    "timed_out": EventKind.RUN_FAILED,
    "cancelled": EventKind.RUN_CANCELLED,
    "lost": EventKind.RUN_LOST,
}
"""The kind of event that each end of a run is."""


class NotForTheRecord(ValueError):
    """A field holds text that could be a person's words; nothing was written."""

    def __init__(self, kind: str, field: str) -> None:
        super().__init__(f"the field {field} of {kind} is not an id, a number or a code")
        self.kind, self.field = kind, field


@dataclass(frozen=True)
class Event:
    """What happened; the subject is the id it happened to."""

    kind: ClassVar[EventKind]
    subject: str


@dataclass(frozen=True)
class EstimateMade(Event):
    """A price was told; the subject is the tool. `asked_us` is when: the row is written a moment later."""

    kind = EventKind.ESTIMATE
    price_version: str
    input_digest: str
    typical_credits: int
    max_credits: int
    refused_by: str | None
    asked_us: int


@dataclass(frozen=True)
class EventsMissed(Event):
    """More estimates were told than could wait; the subject is `recorder`, the number says how many."""

    kind = EventKind.EVENTS_MISSED
    missed: int


@dataclass(frozen=True)
class RunAllowed(Event):
    """A ceiling was set aside for a run; the subject is the run."""

    kind = EventKind.RUN_ALLOWED
    tool_id: str
    price_version: str
    input_digest: str
    hold_id: str
    max_credits: int


@dataclass(frozen=True)
class RunBlocked(Event):
    """No run was made, because a limit refused its ceiling; the subject is the wallet."""

    kind = EventKind.RUN_BLOCKED
    tool_id: str
    limit: str
    used: int
    held: int
    needed: int
    available: int


@dataclass(frozen=True)
class LimitViolation(Event):
    """More was asked for than a limit allows; the subject is the wallet."""

    kind = EventKind.LIMIT_VIOLATION
    limit: str
    cap: int | None
    used: int
    held: int
    needed: int
    available: int


@dataclass(frozen=True)
class RunEnded(Event):
    """A run is over; the subject is the run. `state` and `code` say how, the credits what it cost."""

    tool_id: str
    state: str
    code: str
    receipt_id: str
    charged_credits: int
    returned_credits: int


@dataclass(frozen=True)
class RunAnswered(Event):
    """A run was answered with the stored result of an earlier one; no hold was made, no work was done."""

    kind = EventKind.RUN_ANSWERED
    tool_id: str
    input_digest: str
    answered_from: str
    receipt_id: str
    charged_credits: int


@dataclass(frozen=True)
class PurchaseStep(Event):
    """A step of a purchase; the subject is its order. `reference` is the payment's id at the provider."""

    reference: str
    amount_minor: int
    currency: str
    credits: int


@dataclass(frozen=True)
class CardStep(Event):
    """A card is kept, or no longer; the subject is its owner, the reference the order it was kept with."""

    reference: str


@dataclass(frozen=True)
class RechargeStep(Event):
    """Auto-recharge was turned on or stopped; the subject is whose it is, `reason` is `asked` or a code."""

    reason: str
    pack_id: str
    threshold: int
    ceiling_minor: int
    currency: str


@dataclass(frozen=True)
class TokenMade(Event):
    """The operator made an access token; the subject is the user."""

    kind = EventKind.TOKEN_MADE


def record(tx: Tx, actor: str, event: Event, *, kind: EventKind | None = None) -> int:
    """Put an event on the chain in this transaction, and tell its sequence.

    Raises:
        NotForTheRecord: A field could be a person's words; let it pass, so that all is rolled back.
    """
    return append(tx, act_of(actor, event, kind=kind))


def record_run_end(tx: Tx, event: RunEnded) -> int:
    """Put the end of a run on the chain, under the kind that its state stands for."""
    return record(tx, SYSTEM, event, kind=RUN_ENDS[event.state])


def record_purchase_step(tx: Tx, actor: str, kind: EventKind, step: PurchaseStep) -> int:
    """Put a step of a purchase on the chain, in the transaction that does it.

    Raises:
        ValueError: The kind is none of `PURCHASE_STEPS`.
    """
    if kind not in PURCHASE_STEPS:
        raise ValueError(f"{kind} is not a step of a purchase")
    return record(tx, actor, step, kind=kind)


def act_of(actor: str, event: Event, *, kind: EventKind | None = None) -> Act:
    """The row of an event, checked.

    Raises:
        NotForTheRecord: A field could be a person's words.
    """
    stands_for = kind or event.kind
    members = dict(vars(event))
    for name, value in (*members.items(), ("actor", actor)):
        if isinstance(value, str) and not FORMAL.fullmatch(value):
            raise NotForTheRecord(stands_for, name)
    subject = members.pop("subject")
    return Act(actor, stands_for.value, subject, _canonical(members))
