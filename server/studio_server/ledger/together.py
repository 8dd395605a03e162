"""Many holds placed and ended as one set: read together, decided one after the other, written together.

The decisions are those of the pure core, each on what the ones before it left; what the set writes is what
they would have written one by one, and every change of a row is guarded as theirs is. What is out of the
ordinary (a wallet in debt, an envelope, a late settlement, a key asked for twice) is left to be done alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.answering import stored_answer
from studio_server.ledger.canonical import to_text
from studio_server.ledger.commands import PlaceHold, effect_key
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Moment
from studio_server.ledger.load_together import standing
from studio_server.ledger.posting import Asked, post
from studio_server.ledger.refusals import EffectKeyReused, LedgerRefusal
from studio_server.ledger.write_together import SetWrites
from studio_server.storage.joint import Answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from studio_server.ids import IdSource
    from studio_server.ledger.load_together import Ending, Standing
    from studio_server.ledger.outcomes import HoldEnded, HoldPlaced
    from studio_server.ledger.state import HeldState, SpendState
    from studio_server.storage import Tx
    from studio_server.storage.tx import Engine

    OfSet = PlaceHold | Ending

SYSTEM = "system"
FEWEST: Mapping[Engine, int] = {"sqlite": 3, "postgresql": 2}
"""Smaller sets are done alone, which is quicker: statements for many rows cost more than those for one."""


@dataclass(frozen=True)
class Order:
    """A command, and the random id of who asked for it."""

    command: OfSet
    actor: str = SYSTEM


class Together:
    """The ledger's joint work: hand it to `Store.write_jointly` with an `Order`."""

    def __init__(self, alone: Callable[[Tx, OfSet, str], HoldPlaced | HoldEnded], ids: IdSource) -> None:
        self._alone = alone
        self._ids = ids
        self.fewest: Mapping[Engine, int] = FEWEST
        """Of how many commands on a set is worth it, by engine."""

    def alone(self, tx: Tx, asked: Order) -> HoldPlaced | HoldEnded:
        """As `Ledger.execute`."""
        return self._alone(tx, asked.command, asked.actor)

    def together(self, tx: Tx, asked: Sequence[Order]) -> list[Answered | None]:
        """Answer what is ordinary in the order: holds to place, then holds to end; None for the rest.

        Raises:
            GuardFailed, BelowZero: nothing of the set may be kept.
        """
        places, ends = _chosen(asked)
        answers: list[Answered | None] = [None] * len(asked)
        if len(places) + len(ends) < self.fewest[tx.engine]:
            return answers
        at = standing(tx, [command for _, command in places], [command for _, command in ends])
        doing = _Doing(tx.now, at, SetWrites(to_microseconds(tx.now)), self._ids)
        for index, command in (*places, *ends):
            answers[index] = doing.answer(command, asked[index].actor)
        doing.writes.run(tx)
        return answers


@dataclass(frozen=True)
class _Doing:
    """One set on its way: what it stands on by now, and what it will write."""

    now: datetime
    at: Standing
    writes: SetWrites
    ids: IdSource

    def answer(self, command: OfSet, actor: str) -> Answered | None:
        """Decide on one command and take note of what it changes; None if that is not ordinary."""
        key, body = effect_key(command), to_text(command)
        stored = self.at.answered.get(key)
        if stored is not None:
            return _said_before(stored, key, body, command)
        state = self._state(command)
        if state is None:
            return None
        moment = Moment(self.now, self.ids.serial())
        effects = decide(state, command, moment)
        if isinstance(effects, LedgerRefusal):
            return Answered(refusal=effects)
        if effects.effect_key != key or effects.also is not None:
            return None
        posting = post(effects, self.at.ground, Asked(body, actor, moment))
        if not self.at.knows(posting):
            return None
        self.writes.add(effects, posting, _asset(state))
        self.at.move_on(state, effects, posting)
        return Answered(effects.answer)

    def _state(self, command: OfSet) -> SpendState | HeldState | None:
        if isinstance(command, PlaceHold):
            return self.at.to_place(command, self.now)
        return self.at.to_end(command)


def _chosen(asked: Iterable[Order]) -> tuple[list[tuple[int, PlaceHold]], list[tuple[int, Ending]]]:
    """Which go together: the first under each key, and no hold that draws on an envelope or for a member."""
    places: list[tuple[int, PlaceHold]] = []
    ends: list[tuple[int, Ending]] = []
    seen = set[str]()
    for index, order in enumerate(asked):
        command, key = order.command, effect_key(order.command)
        if key in seen:
            continue
        seen.add(key)
        if not isinstance(command, PlaceHold):
            ends.append((index, command))
        elif command.member_id is None and command.envelope_id is None:
            places.append((index, command))
    return places, ends


def _said_before(stored: Sequence[object], key: str, body: str, command: OfSet) -> Answered | None:
    """The stored answer again; None for a hold that has ended in another way."""
    try:
        told = stored_answer([tuple(stored)], key, body, command)
    except EffectKeyReused as reused:
        return Answered(refusal=reused)
    return None if told is None else Answered(told)


def _asset(state: SpendState | HeldState) -> str:
    return "" if state.wallet is None else str(state.wallet.asset)
