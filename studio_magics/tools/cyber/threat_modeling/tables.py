"""The tables of a threat model."""

from collections.abc import Sequence

from studio_magics.contracts.results import Column, Table
from studio_magics.tools.cyber.threat_modeling.facts import targets
from studio_magics.tools.cyber.threat_modeling.rule import Rule
from studio_magics.tools.cyber.threat_modeling.system import System
from studio_magics.tools.cyber.threat_modeling.threats import Threat

MAX_ROWS = 200
SCORING = "score = likelihood x harm, each 1 to 5; worst open first"


def all_tables(system: System, threats: Sequence[Threat]) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    return (_threats(threats), _controls(threats), _surface(system, threats), _flows(system))


def references(rule: Rule) -> str:
    """'CWE-89 · CAPEC-66 · T1190'."""
    named = [
        *(f"CWE-{number}" for number in rule.cwe),
        *(f"CAPEC-{number}" for number in rule.capec),
        *rule.attack,
    ]
    return " · ".join(named)


def _columns(*names: str, counted: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind="integer" if name in counted else "text") for name in names)


def _threats(threats: Sequence[Threat]) -> Table:
    rows = tuple(
        (
            one.id, one.severity, one.score, one.likelihood, one.harm, one.rule.method, one.rule.category,
            one.target.name, one.rule.title,
            one.status, one.because or one.rule.action, references(one.rule),
        )
        for one in threats[:MAX_ROWS]
    )  # fmt: skip
    more = len(threats) - len(rows)
    return Table(
        title="Threats",
        columns=_columns(
            "id", "severity", "score", "likelihood", "harm", "method", "category", "element", "threat",
            "status",
            "mitigation", "references", counted=("score", "likelihood", "harm"),
        ),
        rows=rows,
        note=f"{more} more in threats.json" if more else SCORING,
    )  # fmt: skip


def _controls(threats: Sequence[Threat]) -> Table:
    """Which control closes most, by the score it takes away."""
    gain: dict[str, list[Threat]] = {}
    for one in threats:
        if one.status == "open":
            gain.setdefault(one.rule.protected_by[0], []).append(one)
    ranked = sorted(gain.items(), key=lambda pair: (-sum(one.score for one in pair[1]), pair[0]))
    rows = tuple(
        (
            control,
            len(closed),
            sum(one.score for one in closed),
            ", ".join(dict.fromkeys(one.target.name for one in closed))[:300],
        )
        for control, closed in ranked
    )
    return Table(
        title="What to add first",
        columns=_columns("control", "closes", "score", "where", counted=("closes", "score")),
        rows=rows,
        note="controls by the sum of the scores of the open threats they answer",
    )


def _surface(system: System, threats: Sequence[Threat]) -> Table:
    rows = tuple(
        (
            target.name,
            target.kind,
            target.element.zone if target.element else "",
            None if target.hops > len(system.elements) else target.hops,
            ", ".join(sorted(target.classes)),
            sum(1 for one in threats if one.target.name == target.name and one.status == "open"),
            sum(1 for one in threats if one.target.name == target.name and one.status != "open"),
        )
        for target in targets(system)
        if target.element is not None
    )
    ranked = tuple(sorted(rows, key=lambda row: (-int(row[5]), str(row[0]))))
    return Table(
        title="Elements and their exposure",
        columns=_columns(
            "element", "kind", "zone", "hops from outside", "data", "open", "answered",
            counted=("hops from outside", "open", "answered"),
        ),
        rows=ranked,
        note="hops: flows from the least trusted zone; empty: it is not reached from there",
    )  # fmt: skip


def _flows(system: System) -> Table:
    zone = {element.name: element.zone for element in system.elements}
    rows = tuple(
        (
            number,
            flow.source,
            flow.target,
            flow.protocol,
            flow.authentication,
            ", ".join(flow.data),
            "" if zone[flow.source] == zone[flow.target] else f"{zone[flow.source]} | {zone[flow.target]}",
        )
        for number, flow in enumerate(system.flows, 1)
    )
    return Table(
        title="Flows",
        columns=_columns(
            "number", "from", "to", "protocol", "authentication", "data", "boundary", counted=("number",)
        ),
        rows=rows,
    )
