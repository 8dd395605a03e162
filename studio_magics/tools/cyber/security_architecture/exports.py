"""Files for other tools: paths as JSON, GraphML, an ATT&CK Navigator layer, CycloneDX services; a report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from studio_magics.tools.cyber.security_architecture.findings import EFFORT, percent, severity_of
from studio_magics.tools.cyber.security_architecture.hops import is_clear
from studio_magics.tools.cyber.security_architecture.techniques import AS_OF, DOMAIN
from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_magics.tools.cyber.security_architecture.design import Component
    from studio_magics.tools.cyber.security_architecture.hops import Hop
    from studio_magics.tools.cyber.security_architecture.reading import Reading

GRAPHML = "http://graphml.graphdrawing.org/xmlns"
NODE_KEYS = (
    ("name", "string"), ("kind", "string"), ("zone", "string"), ("trust", "int"), ("value", "int"),
    ("entry", "boolean"), ("chance", "double"), ("controls", "string"),
)  # fmt: skip
EDGE_KEYS = (
    ("protocol", "string"), ("port", "int"), ("authentication", "string"), ("described", "boolean"),
    ("chance", "double"),
)  # fmt: skip


def paths_json(reading: Reading) -> bytes:
    """Paths hop by hop with techniques and counters, choke points and what to add."""
    return _json(
        {
            "design": reading.design.name,
            "risk": round(reading.risk, 6),
            "paths": [
                {
                    "asset": path.asset,
                    "chance": round(path.chance, 6),
                    "severity": severity_of(path, reading.component(path.asset).value),
                    "hops": [_hop(reading, hop) for hop in path.hops],
                }
                for path in reading.paths
            ],
            "choke_points": [{"component": name, "share": round(share, 6)} for name,
            share in reading.choke_points],
            "minimum_cut": list(reading.cut.places),
            "add_first": [
                {
                    "control": step.control, "at": step.place, "effort": EFFORT[step.effort],
                    "risk_before": round(step.before, 6), "risk_after": round(step.after, 6),
                }
                for step in reading.steps
            ],
        }
    )  # fmt: skip


def _hop(reading: Reading, hop: Hop) -> dict[str, Any]:
    return {
        "from": hop.source,
        "to": hop.target,
        "by": hop.shown,
        "described": hop.flow is not None,
        "chance": round(reading.likelihood.chance(hop), 6),
        "techniques": [{"id": one.id, "counters": list(one.counters)} for one in reading.techniques(hop)],
    }


def graphml(reading: Reading) -> bytes:
    """All components and ways; any graph program reads it."""
    number = {one.name: f"n{place}" for place, one in enumerate(reading.design.components)}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<graphml xmlns="{GRAPHML}">']
    for name, kind in NODE_KEYS:
        lines.append(f'<key id="n_{name}" for="node" attr.name="{name}" attr.type="{kind}"/>')
    for name, kind in EDGE_KEYS:
        lines.append(f'<key id="e_{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>')
    lines.append('<graph edgedefault="directed">')
    lines += [
        f'<node id="{number[one.name]}">{"".join(_node_data(reading, one))}</node>'
        for one in reading.design.components
    ]
    for hop in reading.hops:
        ends = f'source="{number[hop.source]}" target="{number[hop.target]}"'
        lines.append(f"<edge {ends}>{''.join(_edge_data(reading, hop))}</edge>")
    lines += ["</graph>", "</graphml>", ""]
    return "\n".join(lines).encode()


def _node_data(reading: Reading, one: Component) -> Iterator[str]:
    zone = reading.design.zone_of(one)
    is_entry = one.name in reading.design.entries
    values = (
        one.name, one.kind, one.zone, zone.trust, one.value, is_entry,
        round(reading.reached.get(one.name, 0.0), 6), " ".join(sorted(reading.likelihood.controls(one.name))),
    )  # fmt: skip
    for (name, _), value in zip(NODE_KEYS, values, strict=True):
        yield _data(f"n_{name}", value)


def _edge_data(reading: Reading, hop: Hop) -> Iterator[str]:
    flow = hop.flow
    values = {
        "protocol": flow.protocol if flow else "",
        "port": (flow.port or 0) if flow else 0,
        "authentication": flow.authentication if flow else "",
        "described": flow is not None,
        "chance": round(reading.likelihood.chance(hop), 6),
    }
    for name, _ in EDGE_KEYS:
        yield _data(f"e_{name}", values[name])


def _data(key: str, value: object) -> str:
    written = str(value).lower() if isinstance(value, bool) else escaped(value)
    return f'<data key="{key}">{written}</data>'


def navigator_layer(reading: Reading) -> bytes:
    """Techniques of the likely paths, scored by the chance of the likeliest path that uses them."""
    scores: dict[str, float] = {}
    used: dict[str, list[str]] = {}
    for path in reading.paths:
        for hop in path.hops:
            for one in reading.techniques(hop):
                scores[one.id] = max(scores.get(one.id, 0.0), path.chance)
                used.setdefault(one.id, []).append(f"{hop.source} → {hop.target}")
    techniques = [
        {
            "techniqueID": name, "score": round(100 * score), "enabled": True,
            "comment": "; ".join(dict.fromkeys(used[name]))[:500],
        }
        for name, score in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    ]  # fmt: skip
    return _json(
        {
            "name": f"{reading.design.name}: likely paths"[:120],
            "versions": {"layer": "4.5", "navigator": "5.1.0"},
            "domain": DOMAIN,
            "description": "Score: chance in percent of the likeliest path that uses the technique.",
            "techniques": techniques,
            "gradient": {"colors": ["#ffffff", "#c2410c"], "minValue": 0, "maxValue": 100},
            "sorting": 3,
        }
    )


def cyclonedx(reading: Reading, now: datetime) -> bytes:
    """Components as services with trust zones, and who connects to whom."""
    design = reading.design
    refs = {one.name: f"component-{number}" for number, one in enumerate(design.components)}
    serial = uuid5(NAMESPACE_URL, json.dumps(design.model_dump(mode="json", by_alias=True), sort_keys=True))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "name": design.name, "bom-ref": "system"},
        },
        "services": [_service(reading, one, refs[one.name]) for one in design.components],
        "dependencies": [
            {
                "ref": refs[one.name],
                "dependsOn": sorted({refs[flow.target] for flow in design.flows if flow.source == one.name}),
            }
            for one in design.components
        ],
    }
    return _json(document)


def _service(reading: Reading, one: Component, ref: str) -> dict[str, Any]:
    incoming = [flow for flow in reading.design.flows if flow.target == one.name]
    return {
        "bom-ref": ref,
        "name": one.name,
        "group": one.kind,
        "trustZone": one.zone,
        "authenticated": bool(incoming) and all(flow.authentication != "none" for flow in incoming),
        "x-trust-boundary": any(reading.component(flow.source).zone != one.zone for flow in incoming),
        "properties": [
            {"name": "studio:value", "value": str(one.value)},
            {"name": "studio:entry", "value": str(one.name in reading.design.entries).lower()},
            {"name": "studio:clear-text", "value": str(any(is_clear(flow) for flow in incoming)).lower()},
        ],
    }


def markdown(reading: Reading, headline: str, mermaid: str) -> bytes:
    """A report for a wiki or pull request; text of the user's is escaped."""
    lines = [f"# Security architecture: {_cell(reading.design.name)}", "", _cell(headline), ""]
    lines += ["```mermaid", mermaid.rstrip(), "```", "", "## Likely paths", ""]
    lines += ["| asset | severity | chance | way | techniques |", "|---|---|---|---|---|"]
    for path in reading.paths:
        used = dict.fromkeys(one.id for hop in path.hops for one in reading.techniques(hop))
        severity = severity_of(path, reading.component(path.asset).value)
        cells = (path.asset, severity, percent(path.chance), " → ".join(path.places), " ".join(used))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += [
        "",
        "## What to add first",
        "",
        "| | control | where | effort | risk after |",
        "|---|---|---|---|---|",
    ]
    for number, step in enumerate(reading.steps, 1):
        cells = (number, step.control, step.place, EFFORT[step.effort], f"{step.after:.3g}")
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", f"Chances are assumptions that rank; techniques as of {AS_OF}. Nothing was tested.", ""]
    return "\n".join(lines).encode()


def _cell(value: object) -> str:
    text = escaped(value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    for sign in "`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
