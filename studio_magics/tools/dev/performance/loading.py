"""A load test: the script is started as a server, and asked by more and more users."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Column, Figure, Provenance, Table, ToolResult
from studio_magics.tools.dev.performance.child import said, started
from studio_magics.tools.dev.performance.costs import steps_of
from studio_magics.tools.dev.performance.listening import addresses, memory_bytes
from studio_magics.tools.dev.performance.load import (
    Step,
    knee,
    percentile,
    percentile_bounds,
    push,
    wait_until_ready,
)
from studio_magics.tools.dev.performance.load_findings import Served, findings
from studio_magics.tools.pictures.curves import Curve, Guide, line_chart
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.performance.gathering import Gathered
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

SHARES = (0.5, 0.95, 0.99)
MEGABYTE = 1_000_000
WARM_SECONDS = 0.2
NOT_CHECKED = (
    "The server and those who ask share one machine and its cores: alone, it would bear more.",
    "Latency is from sending a request to the last byte of its answer; there is no network between.",
    "Each user waits for an answer before asking again: a server that stalls is asked less meanwhile.",
    "People who come regardless would wait longer than these percentiles say.",
    "Only GET of one path was asked; connections stayed open if the server kept them, redirects led nowhere.",
)


def answer(inputs: PerformanceInput, code: Gathered, folder: Path, context: RunContext) -> ToolResult:
    """All steps and the result, without its provenance."""
    output = folder / "server.said"
    with started([str(code.entry), *inputs.arguments], code.folder, output) as server:
        context.progress(0.1, f"waiting for port {inputs.port}")
        ready = wait_until_ready(inputs.port, server)
        steps = tuple(_steps(inputs, context, server)) if ready else ()
        elsewhere = () if ready else tuple(addresses(server.pid))
        ended = server.poll()
    served = Served(ready, ended, elsewhere, said(output))
    context.progress(0.95, "drawing")
    kept = context.add_artefact(
        "load.json", "application/json", _json(inputs, steps), title="Figures of each step"
    )
    return ToolResult(
        headline=_headline(code.entry.name, steps, served),
        summary=_summary(inputs, steps),
        findings=tuple(findings(inputs, steps, served)),
        tables=(_table(steps),) if steps else (),
        figures=tuple(_figures(inputs, steps)) if steps else (),
        artefacts=(kept,),
        not_checked=NOT_CHECKED,
        provenance=Provenance(tool_id="", tool_version=""),
    )


def _steps(inputs: PerformanceInput, context: RunContext, server: subprocess.Popen[bytes]) -> Iterator[Step]:
    """One after the other, until the server has ended or nobody was answered."""
    push(inputs.port, inputs.path, 1, min(inputs.step_seconds, WARM_SECONDS))
    wanted = steps_of(inputs.most_users)
    for number, users in enumerate(wanted):
        if server.poll() is not None:
            return
        context.progress(0.15 + 0.75 * number / len(wanted), f"{counted(users, 'user')}")
        step = push(inputs.port, inputs.path, users, inputs.step_seconds)
        yield replace(step, memory_bytes=memory_bytes(server.pid))
        if not step.milliseconds:
            return


def _best(steps: Sequence[Step]) -> Step:
    return max(steps, key=lambda one: one.per_second)


def _headline(name: str, steps: Sequence[Step], served: Served) -> str:
    if not served.ready:
        return f"{name} did not listen in time"
    if not steps:
        return f"{name} ended at the first requests"
    best = _best(steps)
    p95 = percentile(best.milliseconds, 0.95)
    failed = sum(one.failed for one in steps)
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
        "errors": sum(one.failed for one in steps),
        "most_per_second": round(_best(steps).per_second, 1) if steps else 0.0,
        "knee_users": turned.users if turned else None,
        "goal_met": met,
    }


def _met(inputs: PerformanceInput, steps: Sequence[Step]) -> bool | None:
    if inputs.goal_p95_ms is None or not steps:
        return None
    return all(one.requests and percentile(one.of_all, 0.95) <= inputs.goal_p95_ms for one in steps)


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
        "memory MB",
    )
    columns = tuple(Column.model_validate({"name": one, "kind": kinds.get(one, "number")}) for one in names)
    rows = tuple(
        (
            one.users,
            len(one.milliseconds),
            one.failed,
            round(one.per_second, 1),
            round(percentile(one.milliseconds, 0.5), 2),
            round(percentile(one.milliseconds, 0.95), 2),
            *(round(bound, 2) for bound in percentile_bounds(one.milliseconds, 0.95)),
            round(percentile(one.milliseconds, 0.99), 2),
            round(one.milliseconds[-1], 2) if one.milliseconds else None,
            round(one.memory_bytes / MEGABYTE, 1) if one.memory_bytes else None,
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
        "latency": "from sending to the last byte; each user waits for an answer before asking again",
        "steps": [
            {
                "users": one.users,
                "seconds": round(one.seconds, 3),
                "answers": len(one.milliseconds),
                "errors": one.errors,
                "redirects": one.redirects,
                "reconnected": one.reconnected,
                "memory_bytes": one.memory_bytes or None,
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
