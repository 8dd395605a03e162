"""Wires the Security Architecture Designer: input, run and result."""

from importlib.metadata import version

from pydantic import Field, JsonValue, model_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput
from studio_magics.tools.cyber.security_architecture import exports
from studio_magics.tools.cyber.security_architecture.compose import read_compose
from studio_magics.tools.cyber.security_architecture.design import FIELD, Design, read_design
from studio_magics.tools.cyber.security_architecture.figures import all_figures
from studio_magics.tools.cyber.security_architecture.findings import find_all, percent
from studio_magics.tools.cyber.security_architecture.hops import Likelihood, all_hops
from studio_magics.tools.cyber.security_architecture.planning import plan
from studio_magics.tools.cyber.security_architecture.reading import Reading
from studio_magics.tools.cyber.security_architecture.searching import Search, best_chances, through
from studio_magics.tools.cyber.security_architecture.surface import exposed
from studio_magics.tools.cyber.security_architecture.tables import all_tables
from studio_magics.tools.cyber.security_architecture.techniques import AS_OF
from studio_magics.tools.typed_yaml import Description, read_described
from studio_magics.tools.wording import counted

TOOL_ID = "cyber-studio-security-architecture"
VERSION = "1.1.1"
START_CPU_MS = 55
CPU_US_PER_CHARACTER = 6
CPU_US_PER_HOP = 250
START_BYTES = 15_000_000
BYTES_PER_CHARACTER = 80
BYTES_PER_HOP = 1_500
BYTES_OF_SERVICE = 120
"""About what a service takes in a compose file."""
FLAT_SERVICES = 20

EXAMPLE = """%%studio run security-architecture
name: Web shop
zones:
  - {name: internet, trust: 0}
  - {name: office, trust: 3, flat: true}
  - {name: front, trust: 4}
  - {name: core, trust: 7}
components:
  - {name: anybody, kind: external, zone: internet}
  - {name: clerk, kind: user, zone: office, controls: awareness}
  - {name: admin laptop, kind: device, zone: office, controls: [patching, edr]}
  - {name: file server, kind: store, zone: office, value: 2}
  - {name: proxy, kind: gateway, zone: front, technology: nginx,
     controls: [patching, hardening, rate-limit, logging]}
  - {name: shop, kind: service, zone: front, controls: [patching, input-validation, logging]}
  - {name: orders, kind: service, zone: core, controls: [patching, least-privilege]}
  - {name: orders db, kind: store, zone: core, value: 5, controls: [backup, encryption-at-rest]}
  - {name: jump host, kind: management, zone: core, controls: [network-restriction, logging]}
flows:
  - {from: anybody, to: proxy, protocol: https}
  - {from: anybody, to: clerk, protocol: smtp}
  - {from: clerk, to: proxy, protocol: https, authentication: password}
  - {from: proxy, to: shop, protocol: http, authentication: network}
  - {from: shop, to: orders, protocol: http, authentication: token}
  - {from: orders, to: orders db, protocol: postgresql, authentication: password}
  - {from: admin laptop, to: jump host, protocol: ssh, authentication: password}
  - {from: jump host, to: orders db, protocol: ssh, authentication: token}
"""
NOT_CHECKED = (
    (
        "Chances: they are assumptions by sign-in, kind and controls, the same for everybody, and rank paths "
        "only."
    ),
    (
        "The running system: components, flows and controls are believed as described; nothing is tested or "
        "scanned."
    ),
    "Ways that were not described, such as backups, monitoring, suppliers and physical access.",
    "Faults of single products (use vulnerability-scanner) and threats by element (use threat-modeling).",
)
NOT_IN_COMPOSE = (
    "In the compose file: services in several networks stand in the first one, with ways to those they meet "
    "in the others; mounts, secrets and privileged mode are not weighed."
)


class ArchitectureInput(ToolInput):
    """A design in YAML, and optionally a compose file to start from."""

    design: Description | dict[str, JsonValue] = Field(
        default="name: System",
        description=(
            "YAML (or the same as a dict): 'zones' with trust 0-10 and flat, 'components' (user, device, "
            "gateway, "
            "service, store, management, external) with zone, value 0-5, entry and controls, 'flows' "
            "(from, to, "
            "protocol, port, authentication, controls, chance)"
        ),
    )
    compose: InputFile | None = Field(
        default=None,
        description="A compose file: its services, networks and ports become parts the design completes",
    )

    @model_validator(mode="after")
    def _read_early(self) -> "ArchitectureInput":
        """Refuse a wrong design when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        if self.compose is None:
            read_design(self.design)
        else:
            read_described(self.design, Design, field=FIELD)
        return self


def forecast(inputs: ArchitectureInput) -> Forecast:
    """A start, the text, and the ways between components that are searched."""
    size = len(str(inputs.design))
    design = read_described(inputs.design, Design, field=FIELD).value
    hops = len(all_hops(design))
    if inputs.compose is not None:
        services = inputs.compose.size_bytes // BYTES_OF_SERVICE + 1
        size += inputs.compose.size_bytes
        hops += services * min(services, FLAT_SERVICES)
    cpu_ms = START_CPU_MS + (size * CPU_US_PER_CHARACTER + hops * CPU_US_PER_HOP) // 1000
    peak = START_BYTES + size * BYTES_PER_CHARACTER + hops * BYTES_PER_HOP
    basis = f"{len(design.components)} components, about {counted(hops, 'way')} between components"
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms, peak_bytes=peak, basis=basis)


def run(inputs: ArchitectureInput, context: RunContext) -> ToolResult:
    """Read, search, plan, draw and write."""
    context.progress(0.05, "reading the design")
    derived = None if inputs.compose is None else read_compose(context.path(inputs.compose))
    design = read_design(inputs.design, derived)
    context.progress(0.2, "searching paths")
    reading = _read(design, context)
    context.progress(0.8, "drawing")
    figures = all_figures(reading)
    headline = _headline(reading)
    context.progress(0.9, "writing the result")
    return ToolResult(
        headline=headline,
        summary=_summary(reading),
        findings=find_all(reading),
        tables=all_tables(reading),
        figures=figures,
        artefacts=_artefacts(reading, headline, figures[0].mermaid or "", context),
        not_checked=NOT_CHECKED if derived is None else (*NOT_CHECKED, NOT_IN_COMPOSE),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in ("networkx", "PyYAML")},
            data_as_of={"identifiers of ATT&CK and D3FEND": AS_OF},
        ),
    )


def _read(design: Design, context: RunContext) -> Reading:
    hops, likelihood = all_hops(design), Likelihood(design)
    chances = [likelihood.chance(hop) for hop in hops]
    search = Search(design, hops, chances)
    paths = search.paths()
    return Reading(
        design=design,
        likelihood=likelihood,
        hops=hops,
        reached=best_chances(design.entries, hops, chances),
        paths=paths,
        cut=search.cut(),
        through=through(design, hops, chances),
        exposed=exposed(design, hops, likelihood),
        steps=plan(
            design, hops, likelihood, paths,
            lambda share: context.progress(0.4 + 0.4 * share, "trying controls"),
        ),
    )  # fmt: skip


def _headline(reading: Reading) -> str:
    name, count = reading.design.name, len(reading.targets)
    reached = [one for one in reading.targets if one.name in reading.reached]
    if not reached:
        return f"{name}: no described way leads from an entry to any of {counted(count, 'asset')}"
    first = reading.paths[0]
    told = f"{name}: {len(reached)} of {counted(count, 'asset')} can be reached; likeliest: {first.asset}"
    told += f" in {counted(len(first.hops), 'hop')} ({percent(first.chance)})"
    if reading.steps:
        step = reading.steps[0]
        told += f"; {step.control} at {step.place} takes {step.saved:.0%} of the risk away"
    return told


def _summary(reading: Reading) -> dict[str, JsonValue]:
    return {
        "components": len(reading.design.components),
        "flows": len(reading.design.flows),
        "entries": list(reading.design.entries),
        "exposed": [one.component.name for one in reading.exposed],
        "assets": {one.name: round(reading.reached.get(one.name, 0.0), 4) for one in reading.targets},
        "risk": round(reading.risk, 4),
        "risk_after_plan": round(reading.steps[-1].after if reading.steps else reading.risk, 4),
        "minimum_cut": list(reading.cut.places),
        "direct": reading.cut.is_direct,
        "add_first": [f"{one.control} at {one.place}" for one in reading.steps],
    }


def _artefacts(reading: Reading, headline: str, mermaid: str, context: RunContext) -> tuple[Artefact, ...]:
    keep = context.add_artefact
    layer, bom = exports.navigator_layer(reading), exports.cyclonedx(reading, context.now)
    return (
        keep("attack-paths.json", "application/json", exports.paths_json(reading), title="Paths hop by hop"),
        keep("architecture.graphml", "application/graphml+xml", exports.graphml(reading), title="GraphML"),
        keep("attack-layer.json", "application/json", layer, title="ATT&CK Navigator layer"),
        keep("architecture.cdx.json", "application/vnd.cyclonedx+json", bom, title="CycloneDX 1.6 services"),
        keep("report.md", "text/markdown", exports.markdown(reading, headline, mermaid), title="Report"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Security Architecture Designer",
    places=frozenset({"kernel", "server"}),
    input_model=ArchitectureInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads zones, components and flows in YAML (or starts from a compose file) with entries, assets "
        "and controls. "
        "Returns the architecture diagram, the attack surface with missing controls, the most likely "
        "paths from "
        "entries to assets hop by hop with ATT&CK techniques and D3FEND counters, choke points (minimum "
        "cut and share "
        "of risk), and which controls to add first, each tried. Files: JSON, GraphML, ATT&CK Navigator "
        "layer, "
        "CycloneDX 1.6, Markdown. Chances are stated assumptions that rank; nothing is tested."
    ),
    cell_field="design",
    libraries=("networkx", "PyYAML"),
)
