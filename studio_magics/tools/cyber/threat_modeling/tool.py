"""Wires the Threat Model Generator: input, run and result."""

from importlib.metadata import version
from typing import Literal

from pydantic import Field, JsonValue, field_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Figure, Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput
from studio_magics.tools.cyber.threat_modeling import exports
from studio_magics.tools.cyber.threat_modeling.findings import find_all
from studio_magics.tools.cyber.threat_modeling.picture import draw_categories, draw_flows
from studio_magics.tools.cyber.threat_modeling.previous import compare, read_open
from studio_magics.tools.cyber.threat_modeling.stride_rules import AS_OF
from studio_magics.tools.cyber.threat_modeling.system import System, read_system
from studio_magics.tools.cyber.threat_modeling.tables import all_tables
from studio_magics.tools.cyber.threat_modeling.threats import Threat, find_threats, unused_decisions
from studio_magics.tools.typed_yaml import MAX_CHARACTERS, Description
from studio_magics.tools.wording import counted

TOOL_ID = "cyber-studio-threat-modeling"
VERSION = "1.2.0"
START_CPU_MS = 35
CPU_US_PER_CHARACTER = 15
START_BYTES = 13_500_000
BYTES_PER_CHARACTER = 280

EXAMPLE = """%%studio run threat-modeling
name: Web shop
zones:
  - {name: internet, trust: 0}
  - {name: web tier, trust: 3}
  - {name: core, trust: 7, controls: [network-restriction]}
data:
  - {name: login, class: credentials}
  - {name: orders, class: personal}
  - {name: card, class: payment}
elements:
  - {name: customer, kind: person, zone: internet}
  - {name: payment provider, kind: external, zone: internet, controls: [processor-contract]}
  - {name: shop, kind: process, zone: web tier, technology: [web, container], critical: true,
     controls: [input-validation, output-encoding, rate-limit, patching]}
  - {name: order service, kind: process, zone: core, technology: api, controls: [authorisation, logging]}
  - {name: order db, kind: store, zone: core, technology: sql, data: [orders, login],
     controls: [access-control, backup]}
flows:
  - {from: customer, to: shop, protocol: https, authentication: password, data: [login, orders]}
  - {from: shop, to: order service, protocol: http, authentication: token, data: orders}
  - {from: order service, to: order db, protocol: jdbc, authentication: password, data: [orders, login]}
  - {from: shop, to: payment provider, protocol: https, authentication: token, data: [card, orders]}
"""
NOT_CHECKED = (
    "The running system: controls are believed as described, nothing is tested or scanned.",
    "What is not described: an element, flow or kind of data that is left out brings no threat.",
    (
        "Physical access, insiders with all rights, and faults of single products (use vulnerability-scanner "
        "for those)."
    ),
    (
        "Likelihood and harm are ranks from exposure and class of data, not probabilities or money (use risk-"
        "register)."
    ),
)


class ThreatModelInput(ToolInput):
    """A system as zones, elements, data and flows."""

    system: Description | dict[str, JsonValue] = Field(
        description=(
            "YAML (or the same as a dict): 'zones' with trust 0-10, 'elements' (person, external, process, "
            "store) with "
            "zone, technology, data and controls, 'data' with class, 'flows' (from, to, protocol, "
            "authentication, "
            "data), and 'decisions' on threats; other words of the field are understood, such as user, "
            "database, postgresql, oauth2, rate limiting"
        )
    )
    methods: Literal["stride+linddun", "stride", "linddun"] = Field(
        default="stride+linddun",
        description="LINDDUN rules act only where personal or special data is described",
    )
    previous: InputFile | None = Field(
        default=None, description="threats.json of an earlier run: names threats that came and went"
    )

    @field_validator("system")
    @classmethod
    def _read_early(cls, system: str | dict[str, JsonValue]) -> str | dict[str, JsonValue]:
        """Refuse a wrong description when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        read_system(system)
        return system


def forecast(inputs: ThreatModelInput) -> Forecast:
    """A start, and a little for each character of the description."""
    size = min(len(str(inputs.system)), MAX_CHARACTERS)
    cpu_ms = START_CPU_MS + size * CPU_US_PER_CHARACTER // 1000
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms,
        peak_bytes=START_BYTES + size * BYTES_PER_CHARACTER,
        basis=f"a description of {size:,} characters",
    )


def run(inputs: ThreatModelInput, context: RunContext) -> ToolResult:
    """Read the system, apply the rules, draw and write."""
    context.progress(0.05, "reading the description")
    system = read_system(inputs.system)
    before = None if inputs.previous is None else read_open(context.path(inputs.previous))
    context.progress(0.3, "looking for threats")
    threats = find_threats(system, inputs.methods)
    compared = None if before is None else compare(threats, before)
    context.progress(0.6, "drawing")
    figures = (draw_flows(system, threats), draw_categories(threats))
    context.progress(0.8, "writing the result")
    headline = _headline(system, threats)
    return ToolResult(
        headline=headline,
        summary=_summary(system, threats),
        findings=find_all(threats, unused_decisions(system, threats), compared),
        tables=all_tables(system, threats),
        figures=figures,
        artefacts=_artefacts(system, threats, headline, figures[0], context),
        not_checked=(*NOT_CHECKED, *_said_too_little(system)),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={"PyYAML": version("PyYAML")},
            data_as_of={"threat rules with CWE, CAPEC and ATT&CK references": AS_OF},
        ),
    )


def _headline(system: System, threats: list[Threat]) -> str:
    open_ones = [one for one in threats if one.status == "open"]
    worst = [one for one in open_ones if one.severity in {"critical", "high"}]
    return (
        f"{system.name}: {len(threats)} threats, {len(open_ones)} open, {len(worst)} of them critical or "
        "high; "
        f"{len(threats) - len(open_ones)} answered by controls or decisions"
    )


def _summary(system: System, threats: list[Threat]) -> dict[str, JsonValue]:
    open_ones = [one for one in threats if one.status == "open"]
    levels = ("critical", "high", "medium", "low")
    statuses = ("open", "mitigated", "accepted", "transferred")
    return {
        "elements": len(system.elements),
        "flows": len(system.flows),
        "threats": len(threats),
        "by_status": {name: sum(1 for one in threats if one.status == name) for name in statuses},
        "open_by_severity": {name: sum(1 for one in open_ones if one.severity == name) for name in levels},
        "open_by_method": {
            name: sum(1 for one in open_ones if one.rule.method == name) for name in ("STRIDE", "LINDDUN")
        },
        "worst": [one.id for one in open_ones[:5]],
    }


def _said_too_little(system: System) -> list[str]:
    silent = [
        element.name for element in system.elements if element.kind == "process" and not element.technology
    ]
    flows = [flow.name for flow in system.flows if not flow.data]
    told: list[str] = []
    if silent:
        told.append(
            f"No technology is described for: {', '.join(silent[:10])}; rules that need it did not act there."
        )
    if flows:
        told.append(f"No data is described on {counted(len(flows), 'flow')}; their harm is taken as 2 of 5.")
    return told


def _artefacts(
    system: System, threats: list[Threat], headline: str, diagram: Figure, context: RunContext
) -> tuple[Artefact, ...]:
    report = exports.markdown(system, threats, headline, diagram.mermaid or "")
    bom = exports.cyclonedx_json(system, threats, context.now)
    keep = context.add_artefact
    return (
        keep("threats.json", "application/json", exports.threats_json(system, threats), title="All threats"),
        keep(
            "threat-model.pytm.json",
            "application/json",
            exports.pytm_json(system),
            title="The model for pytm",
        ),
        keep(
            "threat-model.cdx.json",
            "application/vnd.cyclonedx+json",
            bom,
            title="CycloneDX 1.6 services and threats",
        ),
        keep("threat-model.md", "text/markdown", report, title="Report with diagram"),
        keep("data-flows.svg", "image/svg+xml", diagram.svg.encode(), title="Data-flow diagram"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Threat Model Generator",
    places=frozenset({"kernel", "server"}),
    input_model=ThreatModelInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads a system described in YAML (zones, elements, kinds of data, flows, controls) and returns a "
        "data-flow "
        "diagram with trust zones, STRIDE threats and, where there is personal data, LINDDUN threats, "
        "ranked by "
        "likelihood (exposure) and harm (class of data), with mitigations and CWE, CAPEC and ATT&CK "
        "references; what "
        "to add first; and files: threats.json, a model that pytm loads, CycloneDX 1.6, Markdown and SVG. "
        "Decisions "
        "stay in the description; an earlier threats.json shows what came and went. Tests nothing that runs."
    ),
    cell_field="system",
    libraries=("PyYAML",),
)
