"""The workers of a cluster as the server sees them: who is there, how many slots are free, who runs what.

Plain bookkeeping on one event loop; it speaks to nobody.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from studio_server.runs.executor.cluster.wire import Introduction
from studio_server.runs.executor.protocol import Layer


@dataclass
class Member:
    """One worker process that fits."""

    address: str
    said: Introduction
    heard_at: float
    """When it last answered, on the server's monotonic clock."""
    attempts: set[str] = field(default_factory=set[str])
    declined_at: float = 0.0
    """When it last could not take a run that it was given; 0 when it took the last one."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    shipping: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One input goes to a worker at a time, so that no content is sent to it twice."""

    @property
    def free_slots(self) -> int:
        """How many more runs it may be given."""
        return self.said.slots - len(self.attempts)


class Fleet:
    """All workers that fit, and why the others do not."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._members: dict[str, Member] = {}
        self.unfit: dict[str, str] = {}
        self._changed = asyncio.Event()

    @property
    def slots(self) -> int:
        """How many runs all workers take at once."""
        return sum(member.said.slots for member in self.members)

    @property
    def members(self) -> tuple[Member, ...]:
        """All workers that fit, by address; may be asked from any thread."""
        return tuple(sorted(self._members.values(), key=lambda member: member.address))

    def strangers(self, present: Mapping[str, int]) -> list[str]:
        """Addresses that have not introduced themselves; forgets who is not present any more."""
        for address in self._members.keys() - present.keys():
            self.lose(address)
        for address in self.unfit.keys() - present.keys():
            del self.unfit[address]
        return sorted(present.keys() - self._members.keys() - self.unfit.keys())

    def admit(self, address: str, said: Introduction, now: float) -> None:
        """A worker has introduced itself; one with another version of Studio is not given work."""
        if said.version != self._version:
            self.unfit[address] = f"it has Studio {said.version}, the server {self._version}"
            return
        self._members[address] = Member(address, said, now)
        self._tell()

    def refuse(self, address: str, reason: str) -> None:
        """A worker cannot take runs."""
        self.unfit[address] = reason

    def hear(self, member: Member, incarnation: str, now: float) -> None:
        """A worker has answered; another process at the same address means that this one is gone."""
        if incarnation == member.said.incarnation:
            member.heard_at = now
        else:
            self.lose(member.address)

    def lose_silent(self, before: float) -> None:
        """Give up every worker that was last heard before this time."""
        for member in self.members:
            if member.heard_at < before:
                self.lose(member.address)

    def lose(self, address: str) -> None:
        """The worker is gone, and with it all that runs there."""
        member = self._members.pop(address, None)
        if member is not None:
            member.gone.set()
            self._tell()

    def lose_all(self) -> None:
        """The scheduler is gone, and with it every worker."""
        for address in list(self._members):
            self.lose(address)
        self.unfit.clear()

    @property
    def has_free_slot(self) -> bool:
        """Whether a run would get a slot at once."""
        return any(member.free_slots > 0 for member in self.members)

    async def seat(self, attempt: str) -> Member:
        """A slot on the worker with most of them free, on one that declined last of all; waits for one."""
        while not self.has_free_slot:
            await self._changed.wait()
        free = (member for member in self.members if member.free_slots > 0)
        best = max(free, key=lambda member: (-member.declined_at, member.free_slots))
        best.attempts.add(attempt)
        return best

    def leave(self, attempt: str) -> None:
        """The attempt's slot is free again."""
        for member in self.members:
            member.attempts.discard(attempt)
        self._tell()

    def layers(self) -> tuple[Layer, ...]:
        """What is in force on every worker; a layer that one of them lacks is missing."""
        found: dict[str, Layer] = {}
        for member in self.members:
            for layer in member.said.layers:
                known = found.setdefault(layer.name, layer)
                if known.present and not layer.present:
                    found[layer.name] = Layer(layer.name, False, f"{layer.detail} (on {member.address})")
        return tuple(found.values())

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
