"""The work of the API Designer, in order."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding, Provenance, ToolResult
from studio_magics.tools.dev.api_designer.differences import Change, Comparison
from studio_magics.tools.dev.api_designer.figures import api_map, change_map
from studio_magics.tools.dev.api_designer.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.api_designer.lint import lint
from studio_magics.tools.dev.api_designer.mocks import MAX_OPERATIONS, Mock, mocks
from studio_magics.tools.dev.api_designer.reading import api_line, read_api, read_previous
from studio_magics.tools.dev.api_designer.reference import html_page, markdown_page
from studio_magics.tools.dev.api_designer.structure import structure_findings
from studio_magics.tools.dev.api_designer.tables import all_tables
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from pydantic import JsonValue

    from studio_magics.contracts.results import Artefact
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.api_designer.document import Document
    from studio_magics.tools.dev.api_designer.inputs import ApiInput

SEVERITIES = ("critical", "high", "medium", "low", "info")
MAX_CHANGE_FINDINGS = 60
MAX_YAML_BYTES = 2_000_000
SHOWN_CHARACTERS = 160


def run(inputs: ApiInput, context: RunContext) -> ToolResult:
    """Read, check, compare, mock, document."""
    context.progress(0.02, "reading")
    document, designed = read_api(inputs, context)
    context.progress(0.25, "reading the older version")
    older = read_previous(inputs, context)
    context.progress(0.35, "checking")
    found = [*structure_findings(document.value), *lint(document, inputs.ignore)]
    context.progress(0.6, "comparing")
    comparison = Comparison(older, document) if older else None
    changes = comparison.changes() if comparison else []
    found += _change_findings(changes)
    context.progress(0.7, "making examples")
    examples = mocks(document, inputs.mock_items)
    found += _mock_findings(examples)
    findings = tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))
    context.progress(0.85, "writing the reference")
    return ToolResult(
        headline=_headline(document, older, findings, changes, designed=designed),
        summary=_summary(document, findings, changes, examples),
        findings=findings,
        tables=all_tables(document, changes),
        figures=(change_map(document, changes) if older else api_map(document),),
        artefacts=_artefacts(document, older, changes, examples, context),
        not_checked=_not_checked(document, comparison),
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES}
        ),
    )


def _change_findings(changes: list[Change]) -> list[Finding]:
    """Every rule that broke something, with how often and where first."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        if change.effect != "compatible":
            grouped.setdefault(change.code, []).append(change)
    return [_change_finding(code, several) for code, several in list(grouped.items())[:MAX_CHANGE_FINDINGS]]


def _change_finding(code: str, several: list[Change]) -> Finding:
    first = several[0]
    breaking = any(one.effect == "breaking" for one in several)
    lines = [f"{one.operation}{f', {one.where}' if one.where else ''}: {one.said}" for one in several]
    more = f"; and {len(several) - 5} more, see diff.json" if len(several) > 5 else ""  # noqa: PLR2004  - as many as are read
    title = f"{'Breaks clients' if breaking else 'May surprise clients'}: {shown(lines[0], SHOWN_CHARACTERS)}"
    return Finding(
        code=code,
        severity="critical" if breaking else "medium",
        title=title
        if len(several) == 1
        else f"{len(several)} × {code.replace('-', ' ')}: {shown(lines[0], SHOWN_CHARACTERS)}",
        where=first.operation,
        detail="; ".join(line[:240] for line in lines[:5]) + more,
        action="Keep the old form until its users have moved, or publish a new major version"
        if breaking
        else "Tell the users of the API",
        count=len(several),
    )


def _mock_findings(examples: list[Mock]) -> list[Finding]:
    wrong = [one for one in examples if one.faults]
    if not wrong:
        return []
    first = wrong[0]
    return [
        Finding(
            code="mock-does-not-fit",
            severity="low",
            title=f"No fitting example could be made for {counted(len(wrong), 'request or response')}",
            where=f"{first.operation} {first.part}",
            detail=f"{first.operation} {first.part}: {first.faults[0][:240]}",
            action="Add an example to the schema",
            count=len(wrong),
        )
    ]


def _headline(
    document: Document,
    older: Document | None,
    findings: tuple[Finding, ...],
    changes: list[Change],
    *,
    designed: bool,
) -> str:
    of_rules = [one for one in findings if one.code not in _codes(changes)]
    grave = sum(one.severity in {"critical", "high"} for one in of_rules)
    start = f"{api_line(document)}: {counted(len(document.operations), 'operation')}"
    start += " designed" if designed else ""
    start += (
        f"; {counted(grave, 'grave finding')} of {len(of_rules)}"
        if of_rules
        else "; nothing to improve found"
    )
    if older is None:
        return start
    breaking = sum(one.effect == "breaking" for one in changes)
    if not changes:
        return f"{start}; no change since {api_line(older)}"
    return f"{start}; {counted(breaking, 'breaking change')} of {len(changes)} since {api_line(older)}"


def _codes(changes: list[Change]) -> set[str]:
    return {one.code for one in changes}


def _summary(
    document: Document, findings: tuple[Finding, ...], changes: list[Change], examples: list[Mock]
) -> dict[str, JsonValue]:
    return {
        "title": document.title,
        "version": document.version,
        "openapi": document.written_version,
        "operations": len(document.operations),
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
        "changes": {
            effect: sum(one.effect == effect for one in changes)
            for effect in ("breaking", "risky", "compatible")
        },
        "examples": len(examples),
        "examples_that_fit": sum(not one.faults for one in examples),
    }


def _artefacts(
    document: Document,
    older: Document | None,
    changes: list[Change],
    examples: list[Mock],
    context: RunContext,
) -> tuple[Artefact, ...]:
    as_json = _json(document.value)
    kept = [
        context.add_artefact(
            "openapi.json", "application/vnd.oai.openapi+json", as_json, title="OpenAPI 3.1 document"
        )
    ]
    if len(as_json) <= MAX_YAML_BYTES:
        text = _yaml(document.value)
        kept.append(
            context.add_artefact(
                "openapi.yaml", "application/vnd.oai.openapi", text, title="The same as YAML"
            )
        )
    page = html_page(document, examples).encode()
    kept.append(context.add_artefact("reference.html", "text/html", page, title="Reference"))
    text = markdown_page(document, examples).encode()
    kept.append(context.add_artefact("reference.md", "text/markdown", text, title="Reference as Markdown"))
    kept.append(
        context.add_artefact("mock.json", "application/json", _json(_mocked(examples)), title="Examples")
    )
    if older is not None:
        told = _json(_diff(older, document, changes))
        kept.append(context.add_artefact("diff.json", "application/json", told, title="What changed"))
    return tuple(kept)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _yaml(value: Any) -> bytes:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)  # pyright: ignore[reportUnknownMemberType]  - PyYAML is typed in part
    return text.encode()


def _mocked(examples: list[Mock]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in examples:
        found.setdefault(one.operation, {}).setdefault(one.part, {})[one.media_type] = one.value
    return found


def _diff(older: Document, document: Document, changes: list[Change]) -> dict[str, Any]:
    return {
        "from": {"title": older.title, "version": older.version},
        "to": {"title": document.title, "version": document.version},
        "breaking": sum(one.effect == "breaking" for one in changes),
        "changes": [
            {
                "code": one.code,
                "effect": one.effect,
                "operation": one.operation,
                "where": one.where,
                "said": one.said,
            }
            for one in changes
        ],
    }


def _not_checked(document: Document, comparison: Comparison | None) -> tuple[str, ...]:
    said = [
        "No server was called: whether the API behaves as described is not known.",
        "Webhooks and callbacks were checked for their form, not designed, compared or mocked.",
    ]
    if document.written_version.startswith("3.0"):
        said.append("The document was OpenAPI 3.0; it was raised to 3.1 first, places refer to that.")
    if comparison is not None and comparison.is_cut:
        said.append(
            "Schemas that are very deep, or changed in hundreds of places, were not compared to their end."
        )
    if comparison is not None:
        said.append("Patterns, conditions (if, not) and examples were not compared for what they mean.")
    if len(document.operations) > MAX_OPERATIONS:
        said.append(f"Examples were made for the first {MAX_OPERATIONS} operations only.")
    return tuple(said)
