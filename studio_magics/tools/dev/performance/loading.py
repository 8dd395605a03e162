"""A load test: the script is started as a server, and asked by more and more users."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Column, Figure, Finding, Provenance, Table, ToolResult
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.dev.performance.child import said, started
from studio_magics.tools.dev.performance.costs import steps_of
from studio_magics.tools.dev.performance.load import (
    Step,
    knee,
    percentile,
    percentile_bounds,
    push,
    wait_until_ready,
)
from studio_magics.tools.pictures.curves import Curve, Guide, line_chart
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.performance.gathering import Gathered
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

SHARES = (0.5, 0.95, 0.99)
BUSY_GENERATOR = 0.7
FEW = 100
NOT_CHECKED = (
    "The server and those who ask share one machine and its cores: alone, it would bear more.",
    "Users ask again as soon as they are answered; there is no network between, so its delay is missing.",
    "Only GET of one path was asked, with connections kept open.",
)


def answer(inputs: PerformanceInput, code: Gathered, folder: Path, context: RunContext) -> ToolResult:
    """All steps and the result, without its provenance."""
    output = folder / "server.said"
    with started([str(code.entry), *inputs.arguments], code.folder, output) as server:
        context.progress(0.1, f"waiting for port {inputs.port}")
        ready = wait_until_ready(inputs.port, server)
        steps = tuple(_steps(inputs, context)) if ready else ()
    context.progress(0.95, "drawing")
    kept = context.add_artefact(
        "load.json", "application/json", _json(inputs, steps), title="Figures of each step"
    )
    return ToolResult(
        headline=_headline(code.entry.name, steps),
        summary=_summary(inputs, steps),
        findings=tuple(_findings(inputs, steps, said(output))),
        tables=(_table(steps),) if steps else (),
        figures=tuple(_figures(inputs, steps)) if steps else (),
        artefacts=(kept,),
        not_checked=NOT_CHECKED,
        provenance=Provenance(tool_id="", tool_version=""),
    )


def _steps(inputs: PerformanceInput, context: RunContext) -> Iterator[Step]:
    push(inputs.port, inputs.path, 1, min(inputs.step_seconds, 0.2))
    wanted = steps_of(inputs.most_users)
    for number, users in enumerate(wanted):
        context.progress(0.15 + 0.75 * number / len(wanted), f"{counted(users, 'user')}")
        yield push(inputs.port, inputs.path, users, inputs.step_seconds)


def _best(steps: Sequence[Step]) -> Step:
    return max(steps, key=lambda one: one.per_second)


def _headline(name: str, steps: Sequence[Step]) -> str:
    if not steps:
        return f"{name} did not listen in time"
    best = _best(steps)
    p95 = percentile(best.milliseconds, 0.95)
    failed = sum(sum(one.errors.values()) for one in steps)
    return (
        f"{name}: at most {best.per_second:,.0f} requests a second with {counted(best.users, 'user')}, p95 "
        f"{p95:.1f} ms; "
        f"{counted(failed, 'error')}"
    )


def _summary(inputs: PerformanceInput, steps: Sequence[Step]) -> dict[str, Any]:
    turned = knee(steps)
    met = _met(inputs, steps)
    return {
        "requests": sum(one.requests for one in steps),
        "errors": sum(sum(one.errors.values()) for one in steps),
        "most_per_second": round(_best(steps).per_second, 1) if steps else 0.0,
        "knee_users": turned.users if turned else None,
        "goal_met": met,
    }


def _met(inputs: PerformanceInput, steps: Sequence[Step]) -> bool | None:
    if inputs.goal_p95_ms is None or not steps:
        return None
    return all(one.milliseconds and percentile(one.milliseconds, 0.95) <= inputs.goal_p95_ms for one in steps)


def _findings(inputs: PerformanceInput, steps: Sequence[Step], told: str) -> list[Finding]:
    if not steps:
        return [
            Finding(
                code="not-listening",
                severity="critical",
                title=f"Nobody listens on port {inputs.port}",
                where=f"127.0.0.1:{inputs.port}",
                detail=shown(told, 400) or "The script said nothing.",
                action="Let the script serve on 127.0.0.1 and this port, and not end",
            )
        ]
    return [*_errors(steps), *_goal(inputs, steps), *_shape(steps)]


def _errors(steps: Sequence[Step]) -> Iterator[Finding]:
    failed = [one for one in steps if one.errors]
    for step in failed[:1]:
        kinds = ", ".join(f"{name}: {count}" for name, count in sorted(step.errors.items()))
        yield Finding(
            code="errors",
            severity="high",
            title=f"Requests fail from {counted(step.users, 'user')} on",
            where=f"{step.users} users",
            detail=f"{kinds} of {step.requests:,} requests.",
            action="Look for the first error in what the server says",
            count=sum(step.errors.values()),
        )


def _goal(inputs: PerformanceInput, steps: Sequence[Step]) -> Iterator[Finding]:
    goal = inputs.goal_p95_ms
    for step in steps:
        p95 = percentile(step.milliseconds, 0.95)
        if goal is not None and p95 > goal:
            low, high = percentile_bounds(step.milliseconds, 0.95)
            yield Finding(
                code="goal-missed",
                severity="high" if low > goal else "medium",
                title=f"With {counted(step.users, 'user')} p95 is {p95:.1f} ms, wanted {goal} ms",
                where=f"{step.users} users",
                detail=f"With 95 % surety between {low:.1f} and {high:.1f} ms.",
                action="Answer faster, or allow fewer users",
            )
            return


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
    busy = max(one.generator_share for one in steps)
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


def _table(steps: Sequence[Step]) -> Table:
    kinds = {"users": "integer", "answers": "integer", "errors": "integer"}
    names = (
        "users",
        "answers",
        "errors",
        "a second",
        "p50 ms",
        "p95 ms",
        "p95 from",
        "p95 to",
        "p99 ms",
        "most ms",
    )
    columns = tuple(Column.model_validate({"name": one, "kind": kinds.get(one, "number")}) for one in names)
    rows = tuple(
        (
            one.users,
            len(one.milliseconds),
            sum(one.errors.values()),
            round(one.per_second, 1),
            round(percentile(one.milliseconds, 0.5), 2),
            round(percentile(one.milliseconds, 0.95), 2),
            *(round(bound, 2) for bound in percentile_bounds(one.milliseconds, 0.95)),
            round(percentile(one.milliseconds, 0.99), 2),
            round(one.milliseconds[-1], 2) if one.milliseconds else None,
        )
        for one in steps
    )
    return Table(title="Steps", columns=columns, rows=rows)


def _figures(inputs: PerformanceInput, steps: Sequence[Step]) -> Iterator[Figure]:
    users = [float(one.users) for one in steps]
    points = tuple((float(one.users), one.per_second) for one in steps)
    title = "Answers a second by users at once"
    turned = knee(steps)
    guides = [Guide("x", float(turned.users), "knee")] if turned else []
    svg = line_chart(
        title,
        [Curve("answers a second", points, dots=True)],
        x_title="users at once",
        y_title="requests/s",
        guides=guides,
        x_ticks=users,
    )
    alt = "; ".join(f"{one.users}: {one.per_second:,.0f}" for one in steps)
    yield Figure(title=title, alt_text=f"{title}: {alt}.", svg=svg)
    tones = ("plain", "second", "poor")
    curves = [
        Curve(
            f"p{share * 100:.0f}",
            tuple((float(one.users), percentile(one.milliseconds, share)) for one in steps),
            tone,
            dots=True,
        )
        for share, tone in zip(SHARES, tones, strict=True)
    ]
    goal = [Guide("y", float(inputs.goal_p95_ms), "goal of p95", "bad")] if inputs.goal_p95_ms else []
    title = "Time to an answer by users at once"
    svg = line_chart(
        title, curves, x_title="users at once", y_title="milliseconds", guides=goal, x_ticks=users
    )
    alt = "; ".join(f"{one.users}: p95 {percentile(one.milliseconds, 0.95):.1f} ms" for one in steps)
    yield Figure(title=title, alt_text=f"{title}: {alt}.", svg=svg)


def _json(inputs: PerformanceInput, steps: Sequence[Step]) -> bytes:
    value = {
        "version": 1,
        "request": {"method": "GET", "url": f"http://127.0.0.1:{inputs.port}{inputs.path}"},
        "steps": [
            {
                "users": one.users,
                "seconds": round(one.seconds, 3),
                "answers": len(one.milliseconds),
                "errors": one.errors,
                "per_second": round(one.per_second, 2),
                "generator_share": round(one.generator_share, 3),
                "milliseconds": {
                    f"p{share * 100:.0f}": round(percentile(one.milliseconds, share), 3) for share in SHARES
                },
            }
            for one in steps
        ],
    }
    return (json.dumps(value, indent=1) + "\n").encode()
