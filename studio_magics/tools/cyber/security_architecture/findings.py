"""What is worth acting on in an architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.cyber.security_architecture.hops import is_clear
from studio_magics.tools.cyber.security_architecture.surface import missing
from studio_magics.tools.cyber.security_architecture.techniques import COUNTERS
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.cyber.security_architecture.reading import Reading
    from studio_magics.tools.cyber.security_architecture.searching import Path

_SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
LIMITS: tuple[tuple[float, Severity], ...] = ((1.0, "critical"), (0.4, "high"), (0.1, "medium"))
"""Value times chance from which a path is this severe."""
EFFORT = {1: "days", 2: "weeks", 3: "months"}
TOO_MUCH = 0.5
PERCENT = 0.02
MOST_NAMED = 300


def find_all(reading: Reading) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    rules = (_paths, _surface, _direct, _plan, _choke_points, _flat, _clear, _unreached, _gaps)
    found = [finding for rule in rules for finding in rule(reading)]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def percent(share: float) -> str:
    """'47%', '0.3%'."""
    return f"{share:.0%}" if share >= PERCENT else f"{share:.2%}"


def severity_of(path: Path, value: int) -> Severity:
    """How bad a path is: the value of its asset times its chance."""
    for limit, severity in LIMITS:
        if value * path.chance >= limit:
            return severity
    return "low"


def _paths(reading: Reading) -> Iterator[Finding]:
    for name, path in reading.best.items():
        first = reading.techniques(path.hops[0])
        counters = list(
            dict.fromkeys(c for hop in path.hops for t in reading.techniques(hop) for c in t.counters)
        )
        yield Finding(
            code="attack-path",
            severity=severity_of(path, reading.component(name).value),
            title=f"{name}: reached in {counted(len(path.hops), 'hop')}, chance about {percent(path.chance)}",
            where=" → ".join(path.places)[:MOST_NAMED],
            detail=f"Begins with: {', '.join(f'{one.words} ({one.id})' for one in first)}."[:400],
            action=f"Against it: {'; '.join(f'{COUNTERS[one]} ({one})' for one in counters[:5])}.",
        )


def _surface(reading: Reading) -> Iterator[Finding]:
    for one in reading.exposed:
        if one.missing:
            kind = one.component.kind
            yield Finding(
                code="exposed-without-controls",
                severity="high" if one.chance >= TOO_MUCH or kind in {"store", "management"} else "medium",
                title=f"{one.component.name} faces an entry and lacks {', '.join(one.missing)}",
                where=", ".join(f"{hop.source} → {hop.target} ({hop.shown})" for hop in one.hops)[
                    :MOST_NAMED
                ],
                detail=f"Chance of the hop about {percent(one.chance)}.",
                action="Add them, or describe them if they are there.",
                count=len(one.missing),
            )


def _direct(reading: Reading) -> Iterator[Finding]:
    for one in reading.exposed:
        if one.component.kind in {"store", "management"}:
            yield Finding(
                code="exposed-inside",
                severity="critical" if one.component.value else "high",
                title=f"An entry reaches {one.component.name} directly; its kind is {one.component.kind}",
                where=one.component.name,
                action="Put a gateway or service before it, and let nothing else in.",
            )


def _plan(reading: Reading) -> Iterator[Finding]:
    for number, step in enumerate(reading.steps[:3], 1):
        yield Finding(
            code="add-first",
            severity="medium",
            title=f"{number}. Add {step.control} at {step.place}: {step.saved:.0%} of the risk goes",
            where=step.place,
            detail=f"Effort: {EFFORT[step.effort]}. Risk {step.before:.3g} to {step.after:.3g}.",
        )


def _choke_points(reading: Reading) -> Iterator[Finding]:
    if reading.cut.places:
        several = len(reading.cut.places) > 1
        named = ("one of " if several else "") + ", ".join(reading.cut.places)
        yield Finding(
            code="choke-point",
            severity="info",
            title=f"All ways to all assets pass {named}"[:MOST_NAMED],
            where=", ".join(reading.cut.places)[:MOST_NAMED],
            detail="Fewest components (minimum cut) between entries and assets.",
            action="Guard and watch these best: it works for every asset.",
            count=len(reading.cut.places),
        )


def _flat(reading: Reading) -> Iterator[Finding]:
    for zone in reading.design.zones:
        inside = [one.name for one in reading.design.components if one.zone == zone.name]
        if zone.flat and len(inside) > 1 and "segmentation" not in zone.controls:
            used = [p for p in reading.paths if any(h.flow is None and h.target in inside for h in p.hops)]
            yield Finding(
                code="flat-zone",
                severity="high" if used else "medium",
                title=f"In '{zone.name}' everything reaches everything: {counted(len(inside), 'component')}",
                where=", ".join(inside)[:MOST_NAMED],
                detail=f"{counted(len(used), 'likely path')} use a way nobody described." if used else "",
                action="Separate them, so that only described flows pass.",
                count=len(inside),
            )


def _clear(reading: Reading) -> Iterator[Finding]:
    flows = [
        flow
        for flow in reading.design.flows
        if is_clear(flow, reading.likelihood.controls(flow.target))
        and reading.component(flow.source).zone != reading.component(flow.target).zone
    ]
    if flows:
        yield Finding(
            code="in-clear",
            severity="medium",
            title=f"Readable on the way between zones: {counted(len(flows), 'flow')}",
            where=", ".join(f"{one.source} → {one.target} ({one.shown})" for one in flows)[:MOST_NAMED],
            action="Use the encrypted form of the protocol, or a tunnel.",
            count=len(flows),
        )


def _unreached(reading: Reading) -> Iterator[Finding]:
    names = [one.name for one in reading.targets if one.name not in reading.reached]
    if names:
        yield Finding(
            code="not-reached",
            severity="info",
            title=f"No described way leads to {counted(len(names), 'asset')}",
            where=", ".join(names)[:MOST_NAMED],
            detail="They are well apart, or flows are missing here, such as administration and backup.",
        )


def _gaps(reading: Reading) -> Iterator[Finding]:
    shown = {one.component.name for one in reading.exposed}
    found = {
        one.name: missing(one, reading.likelihood, is_exposed=False)
        for one in reading.design.components
        if one.name not in shown and one.name not in reading.design.entries
    }
    lacking = {name: controls for name, controls in found.items() if controls}
    if lacking:
        yield Finding(
            code="usual-controls-missing",
            severity="low",
            title=f"Usual controls are not described at {counted(len(lacking), 'component')} inside",
            where="; ".join(f"{name}: {', '.join(controls)}" for name, controls in lacking.items())[:600],
            action="Add or describe them; paths become less likely.",
            count=len(lacking),
        )
