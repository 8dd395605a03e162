"""Runs the tool: bring together, decide every right, hold the rules, compare, and write it out."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding, Provenance, Severity, ToolResult
from studio_magics.tools.data.governance import exports
from studio_magics.tools.data.governance.access import (
    BASE,
    asked_of,
    bundle,
    decide,
    policies_of,
    refuse_unknown_words,
    schema,
)
from studio_magics.tools.data.governance.figures import SEVERITIES, figures_of
from studio_magics.tools.data.governance.gathering import gather
from studio_magics.tools.data.governance.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.governance.rules import violations
from studio_magics.tools.data.governance.state import as_state, changes
from studio_magics.tools.data.governance.tables import all_tables
from studio_magics.tools.data.quality.page import page
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.results import Artefact, Figure, Table
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.governance.access import Decided
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.inputs import GovernanceInput
    from studio_magics.tools.data.governance.rules import Violation
    from studio_magics.tools.data.governance.state import Change

MAX_FINDINGS = 250
WEIGHTS: dict[Severity, int] = {"critical": 10, "high": 5, "medium": 2, "low": 1, "info": 0}


def run(inputs: GovernanceInput, context: RunContext) -> ToolResult:
    """Hold the policies against the data and the rights.

    Raises:
        InputRejected: A policy that does not parse, a dataset without a class, or a file that cannot be read.
    """
    context.progress(0.03, "reading")
    gathered = gather(inputs, context)
    text = bundle(gathered)
    own_from = _own_from(text)
    policies = policies_of(text, own_from)
    refuse_unknown_words(text, policies, own_from)
    context.progress(0.3, "deciding every right")
    decided = decide(gathered, text, policies, asked_of(gathered.said.access, gathered))
    context.progress(0.7, "holding the rules")
    found = violations(gathered, decided, context.now.date())
    found.sort(key=lambda one: (SEVERITIES.index(one.severity), one.rule, one.subject, one.told))
    changed = changes(gathered, found)
    findings = tuple(_finding(one) for one in found)
    context.progress(0.9, "drawing")
    figures, tables = figures_of(gathered, decided, found), all_tables(gathered, decided, found, changed)
    headline = _headline(gathered, decided, found, changed)
    return ToolResult(
        headline=headline,
        score=_score(gathered, found),
        summary=_summary(gathered, decided, found, changed),
        findings=findings[:MAX_FINDINGS],
        tables=tables,
        figures=figures,
        artefacts=(
            *_artefacts(gathered, text, decided, found, context),
            _report(gathered, headline, findings, (figures, tables), context),
        ),
        not_checked=_not_checked(gathered, inputs),
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES}
        ),
    )


def _own_from(text: str) -> int:
    """The line of the bundle at which what people wrote begins."""
    mark = "// Written by hand.\n"
    return text.count("\n", 0, text.index(mark) + len(mark)) + 1 if mark in text else BASE.count("\n") + 1


def _finding(one: Violation) -> Finding:
    return Finding(
        code=one.rule,
        severity=one.severity,
        title=f"{one.subject}: {one.told}",
        where=one.subject,
        detail=f"Rule in {one.line}." if one.line else "",
        action=one.action,
    )


def _score(gathered: Gathered, found: list[Violation]) -> int:
    """100 less the weight of violations for each dataset: high 5, medium 2, low 1, ten at most for each."""
    weight = sum(WEIGHTS[one.severity] for one in found)
    most = 10 * max(len(gathered.said.datasets), 1)
    return round(100 * (1 - min(weight / most, 1.0)))


def _headline(
    gathered: Gathered, decided: list[Decided], found: list[Violation], changed: list[Change] | None
) -> str:
    bad = sum(not one.allowed for one in decided)
    text = (
        f"{gathered.said.name}: {counted(len(found), 'violation')} in "
        f"{counted(len(gathered.said.datasets), 'dataset')}; "
        f"{bad} of {counted(len(decided), 'right')} not allowed by the policies"
    )
    if changed is not None:
        text += f"; {counted(len(changed), 'change')} since the run before"
    return text


def _summary(
    gathered: Gathered, decided: list[Decided], found: list[Violation], changed: list[Change] | None
) -> dict[str, Any]:
    levels = [str(one.level) for one in gathered.said.datasets.values()]
    rules = [one.rule for one in found]
    return {
        "datasets": {level: levels.count(level) for level in dict.fromkeys(sorted(levels))},
        "owned": sum(bool(one.owner) for one in gathered.said.datasets.values()),
        "rights": len(decided),
        "not_allowed": sum(not one.allowed for one in decided),
        "contradictions": sum(one.contradicted for one in decided),
        "violations": {rule: rules.count(rule) for rule in dict.fromkeys(rules)},
        "findings": {level: sum(one.severity == level for one in found) for level in SEVERITIES},
        "changes": None if changed is None else len(changed),
    }


def _report(
    gathered: Gathered,
    headline: str,
    findings: tuple[Finding, ...],
    shown: tuple[tuple[Figure, ...], tuple[Table, ...]],
    context: RunContext,
) -> Artefact:
    figures, tables = shown
    html = page(
        title=f"{TITLE}: {gathered.said.name}",
        headline=headline,
        facts=f"{context.now:%Y-%m-%d}",
        figures=figures,
        findings=findings,
        tables=tables,
        notes=(),
        not_checked=(),
    )
    content = html.encode("utf-8", "replace")
    return context.add_artefact("governance.html", "text/html", content, title="Report to read and share")


def _artefacts(
    gathered: Gathered, text: str, decided: list[Decided], found: list[Violation], context: RunContext
) -> tuple[Artefact, ...]:
    written = (json.dumps(schema(), indent=1) + "\n").encode()
    made = (
        (
            "governance.json",
            "application/json",
            as_state(gathered, found, context.now),
            "State for the next run",
        ),
        ("policies.cedar", "text/plain", text.encode("utf-8", "replace"), "Access policies (Cedar)"),
        ("schema.cedarschema.json", "application/json", written, "Schema of the policies"),
        (
            "contracts.odcs.yaml",
            "application/yaml",
            exports.as_contracts(gathered, decided),
            "Open Data Contracts",
        ),
        ("raci.csv", "text/csv", exports.as_responsibilities(gathered), "Responsibilities"),
    )
    return tuple(
        context.add_artefact(name, kind, content, title=title) for name, kind, content, title in made
    )


def _not_checked(gathered: Gathered, inputs: GovernanceInput) -> tuple[str, ...]:
    said = [
        "Rights and facts were taken as they were given; no system was asked whether they are so.",
        "Who really used which right was not looked at, apart from the dates in the list.",
    ]
    if inputs.catalogue is None:
        said.append("Without a catalogue, classes were not compared with the columns of the data.")
    if inputs.previous is None:
        said.append("Without the state of a run before, nothing could be compared.")
    if not gathered.said.access:
        said.append("No rights were given, so none was decided.")
    return tuple(said)
