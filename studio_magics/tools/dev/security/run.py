"""The work of the Security Scanner, in order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Column, Finding, Provenance, Table, ToolResult
from studio_magics.tools.data.quality.page import page
from studio_magics.tools.dev.cicd.auditing import AuditFinding, audit
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.dev.sarif import SarifResult, SarifRule, sarif
from studio_magics.tools.dev.security.checklist import Answer, checklist
from studio_magics.tools.dev.security.config_scan import scan_configuration, workflow_texts
from studio_magics.tools.dev.security.dependency_scan import scan_dependencies
from studio_magics.tools.dev.security.figures import file_map, kind_bars
from studio_magics.tools.dev.security.gathering import ARCHIVES, Gathered, gather
from studio_magics.tools.dev.security.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.security.issue import SEVERITIES, Issue, rank
from studio_magics.tools.dev.security.python_scan import PythonScan, scan_python
from studio_magics.tools.dev.security.secrets_scan import scan_secrets
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from studio_magics.contracts.results import Artefact, Figure
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.security.inputs import SecurityInput

MAX_FINDINGS = 150
MAX_PLACES = 6
RULES_DATE = "2026-11-26"


def run(inputs: SecurityInput, context: RunContext) -> ToolResult:
    """Gather, scan with every scanner, rank, tell."""
    context.progress(0.02, "copying files")
    with TemporaryDirectory(prefix="studio-scan-") as folder:
        gathered = gather(inputs.code, Path(folder) / "code", context)
        context.progress(0.12, f"reading Python: {counted(len(gathered.python), 'file')}")
        bandit = {"auto": "auto", "fast": "never", "deep": "always"}[inputs.depth]
        python = scan_python(gathered, Path(folder), bandit=bandit)
        context.progress(0.6, "looking for secrets")
        issues = [*python.issues, *scan_secrets(gathered)]
        context.progress(0.75, "reading dependencies and configuration")
        dependencies, lists = scan_dependencies(gathered)
        configuration, settings, unread = scan_configuration(gathered)
        context.progress(0.85, "auditing workflows")
        texts = workflow_texts(gathered)
        audited = audit(texts) if texts else None
        issues += [
            *dependencies,
            *configuration,
            *(_of_audit(one) for one in (audited.found if audited else ())),
        ]
    looked_at = {
        "text": len(gathered.names), "python": len(gathered.python) - len(python.unreadable),
        "dependencies": len(lists), "configuration": len(settings),
        "workflows": len(texts) - len(audited.passed_over) if audited else 0,
    }  # fmt: skip
    context.progress(0.92, "ranking")
    ranked = _chosen(issues, inputs)
    seen = _Seen(inputs, gathered, python, looked_at, audited.passed_over if audited else (), unread)
    return _result(seen, ranked, context)


def _of_audit(found: AuditFinding) -> Issue:
    return Issue(
        found.code,
        found.file,
        found.line,
        found.severity,
        "high" if found.confidence == "High" else "medium",
        shown(found.said, 140),
        "It is part of the way code is built and published.",
        found.action,
        1395,
        "zizmor",
    )


def _chosen(issues: Sequence[Issue], inputs: SecurityInput) -> list[Issue]:
    """What is reported, ranked; one finding for each rule and line."""
    least = SEVERITIES.index(inputs.least_severity)
    kept: dict[tuple[str, str, int, int | None], Issue] = {}
    for one in sorted(issues, key=rank):
        wanted = SEVERITIES.index(one.severity) <= least and (inputs.include_tests or not one.in_test)
        if wanted and one.rule not in inputs.ignore:
            kept.setdefault((one.rule, one.file, one.line, one.cell), one)
    return list(kept.values())


@dataclass(frozen=True)
class _Seen:
    """What was read."""

    inputs: SecurityInput
    gathered: Gathered
    python: PythonScan
    looked_at: dict[str, int]
    passed_over: Sequence[str]
    unread: Sequence[str]
    """Configuration that could not be read."""


def _result(seen: _Seen, issues: list[Issue], context: RunContext) -> ToolResult:
    answers = checklist(issues, seen.looked_at)
    findings = _findings(issues)
    figures = (file_map(issues), kind_bars(issues))
    tables = (_checklist_table(answers), _files_table(issues))
    not_checked = _not_checked(seen, findings)
    headline = _headline(seen, issues, len(findings))
    told = _Told(headline, figures, findings, tables, not_checked)
    kept = _artefacts(issues, told, context)
    return ToolResult(
        headline=headline,
        summary=_summary(seen, issues, answers),
        findings=findings[:MAX_FINDINGS],
        tables=tables,
        figures=figures,
        artefacts=kept,
        not_checked=not_checked,
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES},
            data_as_of={"rules of this tool": RULES_DATE},
        ),
    )  # fmt: skip


def _findings(issues: Sequence[Issue]) -> tuple[Finding, ...]:
    """One finding for each rule and severity, with its places."""
    grouped: dict[tuple[str, str, bool], list[Issue]] = {}
    for one in issues:
        key = (one.rule, one.severity, one.in_test)
        grouped.setdefault(key, []).append(one)
    return tuple(_finding(several) for several in grouped.values())


def _finding(several: list[Issue]) -> Finding:
    first = several[0]
    places = ", ".join(one.place for one in several[:MAX_PLACES])
    more = f" and {len(several) - MAX_PLACES} more" if len(several) > MAX_PLACES else ""
    cwe = f" CWE-{first.cwe}." if first.cwe else ""
    sure = f" Found by {first.scanner}, confidence {first.confidence}."
    tests = " (in tests)" if first.in_test else ""
    title = (
        shown(first.said, 150)
        if len(several) == 1
        else f"{len(several)} × {shown(first.said.split(':')[0], 120)}"
    )
    return Finding(
        code=first.rule,
        severity=first.severity,
        title=f"{title}{tests}",
        where=first.place,
        detail=f"{first.why}{cwe}{sure} {places}{more}.",
        action=first.action,
        count=len(several),
    )


def _headline(seen: _Seen, issues: Sequence[Issue], findings: int) -> str:
    ours = [one for one in issues if not one.in_test]
    grave = sum(one.severity in {"critical", "high"} for one in ours)
    name = shown(seen.inputs.code.name)
    read = f"{counted(seen.looked_at['text'], 'file')} read"
    if not issues:
        return f"{name}: {read}, nothing found by the rules that were run"
    places = counted(len(issues), "place")
    return f"{name}: {read}, {counted(findings, 'finding')} at {places}, {grave} grave outside of tests"


def _summary(seen: _Seen, issues: Sequence[Issue], answers: Sequence[Answer]) -> dict[str, JsonValue]:
    levels = Counter(one.severity for one in issues)
    return {
        "files": dict(seen.looked_at),
        "python_lines": seen.python.lines,
        "bandit": seen.python.bandit,
        "findings": {level: levels[level] for level in SEVERITIES},
        "in_tests": sum(one.in_test for one in issues),
        "cwe": {f"CWE-{cwe}": n for cwe, n in Counter(one.cwe for one in issues if one.cwe).most_common(20)},
        "checklist": {one.point.title: one.state for one in answers},
    }


def _checklist_table(answers: Sequence[Answer]) -> Table:
    return Table(
        title="Checklist",
        columns=(Column(name="point"), Column(name="state"), Column(name="evidence")),
        rows=tuple((one.point.title, one.state, one.evidence) for one in answers),
        note="'Clear' says what the rules did not find; it does not say that there is nothing.",
    )


def _files_table(issues: Sequence[Issue]) -> Table:
    rows = tuple(
        (
            one.severity,
            one.place,
            one.rule,
            shown(one.said, 120),
            f"CWE-{one.cwe}" if one.cwe else "",
            one.scanner,
        )
        for one in issues[:300]
    )
    names = ("severity", "place", "rule", "what", "weakness", "found by")
    left = len(issues) - len(rows)
    return Table(
        title="Every place", columns=tuple(Column(name=one) for one in names), rows=rows,
        note=f"{left:,} more are in findings.sarif." if left > 0 else "",
    )  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """What the report says."""

    headline: str
    figures: Sequence[Figure]
    findings: Sequence[Finding]
    tables: Sequence[Table]
    not_checked: Sequence[str]


def _artefacts(issues: Sequence[Issue], told: _Told, context: RunContext) -> tuple[Artefact, ...]:
    rules = {
        one.rule: SarifRule(
            one.rule, one.said.split(":")[0], f"{one.why} {one.action}",
            ("security", *((f"external/cwe/cwe-{one.cwe}",) if one.cwe else ())),
        )
        for one in issues
    }  # fmt: skip
    results = [
        SarifResult(
            one.rule, one.severity, shown(one.said, 300), one.file, one.line, fingerprint=one.fingerprint
        )
        for one in issues
    ]
    report = sarif("Studio Security Scanner", VERSION, list(rules.values()), results)
    text = page(
        title="Security report",
        headline=told.headline,
        facts=f"Scanned on {context.now.date().isoformat()}",
        figures=told.figures,
        findings=told.findings,
        tables=told.tables,
        notes=(),
        not_checked=told.not_checked,
    )
    return (
        context.add_artefact(
            "findings.sarif", "application/sarif+json", report, title="Findings as SARIF 2.1.0"
        ),
        context.add_artefact("security-report.html", "text/html", text.encode(), title="Report"),
    )


def _not_checked(seen: _Seen, findings: Sequence[Finding]) -> tuple[str, ...]:
    python = seen.python
    said: list[str] = []
    for reason, names in seen.gathered.left_out.items():
        said.append(f"{counted(len(names), 'file')} not read ({reason}): {_listed(names)}.")
    if python.unreadable:
        said.append(f"Not Python that can be read: {_listed(python.unreadable)}.")
    if python.lines and not python.bandit:
        said.append(f"Bandit was not run on {python.lines:,} lines of Python; it finds up to a third more.")
    if seen.passed_over:
        said.append(f"Workflows that could not be audited: {_listed(seen.passed_over)}.")
    if seen.unread:
        said.append(f"Configuration not read (tags, templates, or no YAML): {_listed(seen.unread)}.")
    said.append("Languages other than Python were searched for secrets only.")
    said.append(
        "Known faults of the packages in use were not looked up: the Vulnerability Scanner does that."
    )
    said.append("The program was not run: how data flows through it, and who may do what, is not known.")
    said.append("Lines that say 'noqa' or 'nosec' were passed over by ruff and Bandit.")
    if not seen.inputs.code.name.lower().endswith(ARCHIVES):
        said.append(
            "Files whose names begin with a dot do not travel with a folder: give an archive to scan them."
        )
    if len(findings) > MAX_FINDINGS:
        said.append(f"{len(findings) - MAX_FINDINGS} lesser kinds of findings are in findings.sarif only.")
    return tuple(said)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004  - as many as are read
    return f"{', '.join(shown(one) for one in names[:5])}{more}"
