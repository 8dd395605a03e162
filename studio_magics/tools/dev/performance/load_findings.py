"""What is worth saying about a load test: failures first, then the goal, then the shape of the curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.dev.performance.load import Step, knee, percentile, percentile_bounds
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.dev.performance.inputs import PerformanceInput

BUSY_GENERATOR = 0.7
FEW = 100
OFTEN = 0.1
"""From this share of requests on it is told that connections are not kept."""
GROWN_BYTES, GROWN_SHARE = 16_000_000, 1.3
SAID_CHARACTERS = 400


@dataclass(frozen=True)
class Served:
    """What became of the server."""

    ready: bool
    """Somebody listened on the port in time."""
    ended: int | None
    """Its exit code, where it ended by itself; None while it served."""
    elsewhere: tuple[str, ...]
    """Where else it listened when nobody did on the port."""
    said: str


def findings(inputs: PerformanceInput, steps: Sequence[Step], served: Served) -> Iterator[Finding]:
    """All of them, the gravest first."""
    if not served.ready:
        yield _not_listening(inputs.port, served)
        return
    if served.ended is not None:
        yield _ended(steps, served)
    yield from _errors(steps, served)
    yield from _redirects(inputs.path, steps)
    yield from _goal(inputs.goal_p95_ms, steps)
    yield from _connections(steps)
    yield from _memory(steps)
    yield from _shape(steps)


def _not_listening(port: int, served: Served) -> Finding:
    state = "It was still running" if served.ended is None else f"It ended with {served.ended}"
    where = f", and listened on {', '.join(served.elsewhere)}" if served.elsewhere else ""
    said = shown(served.said, SAID_CHARACTERS) or "The script said nothing."
    action = "Let the script serve on 127.0.0.1 and this port, and not end"
    return Finding(
        code="not-listening",
        severity="critical",
        title=f"Nobody listens on port {port}",
        where=f"127.0.0.1:{port}",
        detail=f"{state}{where}. {said}",
        action="Give that port as 'port', and serve on 127.0.0.1" if served.elsewhere else action,
    )


def _ended(steps: Sequence[Step], served: Served) -> Finding:
    where = counted(steps[-1].users, "user") if steps else "the first requests"
    return Finding(
        code="server-ended",
        severity="critical",
        title=f"The server ended with {served.ended} under the load of {where}",
        where=where,
        detail=shown(served.said, SAID_CHARACTERS) or "It said nothing.",
        action="Find out why it ends; what was measured until then is above",
    )


def _errors(steps: Sequence[Step], served: Served) -> Iterator[Finding]:
    for step in [one for one in steps if one.errors][:1]:
        kinds = ", ".join(f"{name}: {count}" for name, count in sorted(step.errors.items()))
        said = f" The server said at last: {shown(served.said, SAID_CHARACTERS)}" if served.said else ""
        yield Finding(
            code="errors",
            severity="high",
            title=f"Requests fail from {counted(step.users, 'user')} on",
            where=f"{step.users} users",
            detail=f"{kinds} of {step.requests:,} requests.{said}",
            action="Look for the first error in what the server says",
            count=step.failed,
        )


def _redirects(path: str, steps: Sequence[Step]) -> Iterator[Finding]:
    for step in [one for one in steps if one.redirects][:1]:
        where, count = max(step.redirects.items(), key=lambda one: one[1])
        yield Finding(
            code="redirects",
            severity="medium",
            title=f"'{shown(path, 100)}' only leads elsewhere: {shown(where, 120)}",
            where=f"{step.users} users",
            detail=f"{count:,} of {step.requests:,} answers; the times are of these, not of where they lead.",
            action="Give the path that they lead to as 'path'",
            count=count,
        )


def _goal(goal: int | None, steps: Sequence[Step]) -> Iterator[Finding]:
    """Requests that failed were not answered in time either."""
    for step in steps:
        p95 = percentile(step.of_all, 0.95)
        if goal is None or p95 <= goal:
            continue
        users = counted(step.users, "user")
        low, high = percentile_bounds(step.of_all, 0.95)
        failing = f"{step.failed:,} of {step.requests:,} requests fail"
        surety = f"With 95 % surety between {low:.1f} and {high:.1f} ms."
        yield Finding(
            code="goal-missed",
            severity="high" if low > goal else "medium",
            title=f"With {users} p95 is {p95:.1f} ms, wanted {goal} ms"
            if math.isfinite(p95)
            else f"With {users} {failing}, wanted 95 % within {goal} ms",
            where=f"{step.users} users",
            detail=surety if math.isfinite(high) else f"{failing}; what fails is not answered in time.",
            action="Answer faster, or allow fewer users",
        )
        return


def _connections(steps: Sequence[Step]) -> Iterator[Finding]:
    asked, again = sum(one.requests for one in steps), sum(one.reconnected for one in steps)
    if again > OFTEN * asked:
        yield Finding(
            code="closed-connections",
            severity="low",
            title="The server closes connections without saying so",
            where="connections",
            detail=f"{again:,} of {asked:,} requests were sent a second time over a new connection.",
            action="Keep connections open, or answer with 'Connection: close'",
            count=again,
        )


def _memory(steps: Sequence[Step]) -> Iterator[Finding]:
    known = [one for one in steps if one.memory_bytes]
    if len(known) < 2:  # noqa: PLR2004  - growth is between two
        return
    first, last = known[0].memory_bytes, known[-1].memory_bytes
    asked = sum(one.requests for one in known[1:])
    if asked and last - first > GROWN_BYTES and last > first * GROWN_SHARE:
        yield Finding(
            code="memory-grows",
            severity="medium",
            title=f"The server grew from {first / 1e6:.0f} to {last / 1e6:.0f} MB",
            where="memory",
            detail=f"Over {asked:,} requests: {(last - first) / asked / 1e3:.1f} kB for each.",
            action="Look for what is kept after an answer; profile its memory",
        )


def _shape(steps: Sequence[Step]) -> Iterator[Finding]:
    turned = knee(steps)
    if turned:
        yield Finding(
            code="knee",
            severity="info",
            title=f"More than {counted(turned.users, 'user')} bring hardly more answers",
            where=f"{turned.users} users",
            detail=f"{turned.per_second:,.0f} requests a second; beyond, only waiting grows.",
            action="Profile the server, or run several of it",
        )
    busy = max((one.generator_share for one in steps), default=0.0)
    if busy > BUSY_GENERATOR:
        yield Finding(
            code="generator-busy",
            severity="medium",
            title=f"Asking itself took {busy:.0%} of a core",
            where="generator",
            detail="Above 70 % the figures are those of the one that asks.",
            action="Read the throughput as 'at least'",
        )
    few = [one for one in steps if len(one.milliseconds) < FEW]
    if few:
        yield Finding(
            code="few-requests",
            severity="low",
            title=f"{counted(len(few), 'step')} with fewer than {FEW} answers",
            where=f"{few[0].users} users",
            detail="p99 then rests on the slowest request alone.",
            action="Give more 'step_seconds'",
        )
