"""What a memory store holds, by id: the tables of the ledger as dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_server.ledger.values import GrantSource, Period

if TYPE_CHECKING:
    from studio_server.ledger.effects import Grant, MoveKind
    from studio_server.ledger.values import Envelope, Hold, Limits, Lot, Member, Wallet, Window

Place = tuple[str, Period, str, Any]


@dataclass
class Rows:
    """Everything one memory store holds, by id."""

    wallets: dict[str, Wallet] = field(default_factory=dict[str, "Wallet"])
    owners: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    limits: dict[str, Limits] = field(default_factory=dict[str, "Limits"])
    lots: dict[str, Lot] = field(default_factory=dict[str, "Lot"])
    lots_of: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    wallet_of: dict[str, str] = field(default_factory=dict[str, str])
    grants: dict[str, tuple[Grant, str]] = field(default_factory=dict[str, "tuple[Grant, str]"])
    grant_of: dict[str, str] = field(default_factory=dict[str, str])
    references: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    holds: dict[str, Hold] = field(default_factory=dict[str, "Hold"])
    open_holds: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    windows: dict[Place, Window] = field(default_factory=dict[Place, "Window"])
    members: dict[tuple[str, str], Member] = field(default_factory=dict[tuple[str, str], "Member"])
    envelopes: dict[str, Envelope] = field(default_factory=dict[str, "Envelope"])
    accounts: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    totals: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    answers: dict[str, tuple[Any, Any]] = field(default_factory=dict[str, tuple[Any, Any]])
    undoable: dict[str, tuple[str | None, tuple[tuple[str, str, int, MoveKind], ...]]] = field(
        default_factory=dict[str, "tuple[str | None, tuple[tuple[str, str, int, MoveKind], ...]]"]
    )

    def given_before(self, reference: str, most: int) -> str | None:
        """The grant of any of the first parts of a transfer under this reference."""
        parts = ((GrantSource.GIFT, f"{reference}/{nth}") for nth in range(most))
        return next((found for part in parts if (found := self.references.get(part))), None)
