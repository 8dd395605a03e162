"""Who is next: a fair queue between users, in which each user's runs keep their order.

Pure: no clock, no database, no tasks. Every user has a virtual time that each of their runs moves on by one
turn, divided by the weight of their plan; the user who is furthest behind is next. So users take turns by
weight however many runs each has queued, and nobody starves: between two runs of one user, every other user
has at most as many turns as their weight is larger, and one. Who comes back after a pause starts at the
present time, not with saved turns.

A turn is a run, not a second: what one run may use is limited by its tool, and what a user may have at work
at the same time by plan and tool (`within_limits`).
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

TURN = 1_000_000
"""One turn of virtual time at weight 1: a whole number, so that the order never depends on rounding."""
REMEMBERED_USERS = 1_000


@dataclass(frozen=True)
class Ticket:
    """One run that waits for a worker, and what its user's plan and its tool allow at the same time."""

    run_id: str
    user_id: str
    tool_id: str
    weight: int = 1
    user_at_once: int | None = None
    """Runs of one user at the same time; None is as many as there are workers."""
    tool_at_once: int | None = None
    """Runs of one tool at the same time, of all users together."""
    user_tool_at_once: int | None = 1
    """Runs of one tool at the same time for one user."""

    @property
    def share(self) -> int:
        """How far this run moves its user's virtual time on."""
        return max(1, TURN // self.weight)


class FairQueue:
    """The tickets that wait, and how far each user's virtual time is."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, Ticket]] = {}
        """User → their waiting tickets by run, oldest first."""
        self._times: dict[str, int] = {}
        self._now = 0
        self._arrivals = 0
        self._arrived: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._arrived)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._arrived

    def add(self, ticket: Ticket) -> None:
        """Wait behind the user's other runs."""
        if ticket.user_id not in self._lines:
            self._lines[ticket.user_id] = {}
            self._times[ticket.user_id] = max(self._now, self._times.get(ticket.user_id, 0))
        self._lines[ticket.user_id][ticket.run_id] = ticket
        self._arrivals += 1
        self._arrived[ticket.run_id] = self._arrivals

    def remove(self, run_id: str) -> bool:
        """Wait no longer, without a turn taken; False when it does not wait here."""
        for user_id, line in self._lines.items():
            if line.pop(run_id, None) is not None:
                self._forget(user_id, run_id)
                return True
        return False

    def take(self, may_start: Callable[[Ticket], bool]) -> Ticket | None:
        """The next ticket that may start: its user's time moves on. None when none may."""
        chosen: Ticket | None = None
        for user_id in sorted(self._lines, key=self._rank):
            chosen = next((one for one in self._lines[user_id].values() if may_start(one)), None)
            if chosen is not None:
                break
        if chosen is None:
            return None
        self._now = max(self._now, self._times[chosen.user_id])
        self._times[chosen.user_id] += chosen.share
        del self._lines[chosen.user_id][chosen.run_id]
        self._forget(chosen.user_id, chosen.run_id)
        return chosen

    def give_back(self, ticket: Ticket) -> None:
        """The ticket could not start after all: it waits again, before the user's other runs."""
        line = self._lines.get(ticket.user_id, {})
        self._lines[ticket.user_id] = {ticket.run_id: ticket, **line}
        self._times[ticket.user_id] = max(0, self._times.get(ticket.user_id, self._now) - ticket.share)
        self._arrived[ticket.run_id] = 0

    def order(self) -> list[str]:
        """The runs in the order of their turns, as it is now; limits may let a later one pass."""
        lines = {user_id: list(line.values()) for user_id, line in self._lines.items()}
        heap = [(self._times[user], self._arrived[line[0].run_id], user, 0) for user, line in lines.items()]
        heapq.heapify(heap)
        found: list[str] = []
        while heap:
            time, _, user, place = heapq.heappop(heap)
            ticket = lines[user][place]
            found.append(ticket.run_id)
            if place + 1 < len(lines[user]):
                following = self._arrived[lines[user][place + 1].run_id]
                heapq.heappush(heap, (time + ticket.share, following, user, place + 1))
        return found

    def _rank(self, user_id: str) -> tuple[int, int]:
        first = next(iter(self._lines[user_id]))
        return self._times[user_id], self._arrived[first]

    def _forget(self, user_id: str, run_id: str) -> None:
        """Keep no empty line, and no time of a user that time has passed."""
        self._arrived.pop(run_id, None)
        if not self._lines[user_id]:
            del self._lines[user_id]
        if len(self._times) > 2 * len(self._lines) + REMEMBERED_USERS:
            self._times = {
                user: time for user, time in self._times.items() if user in self._lines or time > self._now
            }


def within_limits(ticket: Ticket, working: Iterable[tuple[str, str]]) -> bool:
    """Whether the ticket may start beside the runs that work now, each given as user and tool."""
    counted = Counter(working)
    return not any(
        limit is not None and taken >= limit
        for limit, taken in (
            (ticket.user_tool_at_once, counted[ticket.user_id, ticket.tool_id]),
            (ticket.user_at_once, _sum(counted, lambda user, _: user == ticket.user_id)),
            (ticket.tool_at_once, _sum(counted, lambda _, tool: tool == ticket.tool_id)),
        )
    )


def _sum(counted: Mapping[tuple[str, str], int], belongs: Callable[[str, str], bool]) -> int:
    return sum(count for (user, tool), count in counted.items() if belongs(user, tool))
