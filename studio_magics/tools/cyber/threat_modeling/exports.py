"""Machine-readable forms: threats.json, a model for pytm, CycloneDX 1.6 services; a report in Markdown."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from studio_magics.tools.cyber.threat_modeling.facts import Target, targets
from studio_magics.tools.cyber.threat_modeling.previous import FORMAT
from studio_magics.tools.cyber.threat_modeling.stride_rules import AS_OF
from studio_magics.tools.cyber.threat_modeling.system import PERSONAL, Element, System
from studio_magics.tools.cyber.threat_modeling.tables import references
from studio_magics.tools.cyber.threat_modeling.threats import Threat
from studio_magics.tools.pictures import escaped

PYTM_CLASS = {"person": "Actor", "external": "ExternalEntity", "store": "Datastore"}
PYTM_DATA = {
    "public": "PUBLIC", "internal": "RESTRICTED", "confidential": "SENSITIVE", "personal": "SENSITIVE",
    "special": "SECRET", "payment": "SECRET", "credentials": "SECRET",
}  # fmt: skip
PYTM_CONTROLS = {
    "authentication": "authenticatesSource", "authorisation": "authorizesSource", "mfa": "usesMFA",
    "access-control": "hasAccessControl", "encryption-at-rest": "isEncryptedAtRest", "patching": "isHardened",
    "input-validation": "validatesInput", "output-encoding": "encodesOutput",
    "csrf-protection": "implementsCSRFToken",
    "rate-limit": "handlesResourceConsumption", "redundancy": "isResilient",
    "least-privilege": "implementsPOLP",
    "parameterised-queries": "usesParameterizedInput", "xml-hardening": "disablesDTD",
    "encryption": "isEncrypted",
    "session-protection": "usesStrongSessionIdentifiers", "code-signing": "usesCodeSigning",
}  # fmt: skip
STATES = {
    "open": {"state": "in_triage"},
    "mitigated": {"state": "not_affected", "justification": "protected_by_mitigating_control"},
    "accepted": {"state": "exploitable", "response": ["will_not_fix"]},
    "transferred": {"state": "exploitable", "response": ["workaround_available"]},
}


def threats_json(system: System, threats: Sequence[Threat]) -> bytes:
    """All threats; a later run reads this as `previous`."""
    rows = [
        {
            "id": one.id, "element": one.target.name, "kind": one.target.kind, "method": one.rule.method,
            "category": one.rule.category, "title": one.rule.title, "severity": one.severity,
            "score": one.score,
            "likelihood": one.likelihood, "harm": one.harm, "status": one.status, "because": one.because,
            "why": one.rule.why, "action": one.rule.action, "controls": list(one.rule.protected_by),
            "cwe": [f"CWE-{number}" for number in one.rule.cwe],
            "capec": [f"CAPEC-{number}" for number in one.rule.capec],
            "attack": list(one.rule.attack), "pytm": list(one.rule.pytm),
        }
        for one in threats
    ]  # fmt: skip
    return _json({"format": FORMAT, "system": system.name, "rules_as_of": AS_OF, "threats": rows})


def pytm_json(system: System) -> bytes:
    """The description in the form that pytm's own reader loads."""
    facts = targets(system)
    elements = [_pytm_element(one) for one in facts if one.element is not None]
    flows = [_pytm_flow(one) for one in facts if one.flow is not None]
    kinds = [
        {
            "name": kind.name,
            "classification": PYTM_DATA[kind.classed],
            "isPII": kind.classed in PERSONAL,
            "isCredentials": kind.classed == "credentials",
        }
        for kind in system.data
    ]
    return _json(
        {
            "name": system.name,
            "description": f"{len(elements)} elements and {len(flows)} flows",
            "boundaries": [{"name": zone.name} for zone in system.zones],
            "data": kinds,
            "elements": elements,
            "flows": flows,
        }
    )


def _pytm_controls(target: Target) -> dict[str, bool]:
    return {PYTM_CONTROLS[name]: True for name in sorted(target.controls) if name in PYTM_CONTROLS}


def _pytm_element(target: Target) -> dict[str, Any]:
    served = bool(target.technology & {"web", "api"})
    own = "LLM" if target.technology & {"llm", "llm-agent"} else "Server" if served else "Process"
    written: dict[str, Any] = {
        "__class__": PYTM_CLASS.get(target.kind, own),
        "name": target.name,
        "inBoundary": target.element.zone if target.element else "",
        "controls": _pytm_controls(target),
    }
    if target.kind == "store":
        written |= {"isSQL": "sql" in target.technology, "storesLogData": "log" in target.technology}
    return written


def _pytm_flow(target: Target) -> dict[str, Any]:
    flow = target.flow
    if flow is None:
        return {}
    return {
        "name": flow.name,
        "source": flow.source,
        "sink": flow.target,
        "protocol": flow.protocol.upper(),
        "data": list(flow.data),
        "controls": _pytm_controls(target),
    }


def cyclonedx_json(system: System, threats: Sequence[Threat], now: datetime) -> bytes:
    """Elements as services with trust zones and data, threats with their CWE and state."""
    serial = uuid5(NAMESPACE_URL, json.dumps(system.model_dump(mode="json", by_alias=True), sort_keys=True))
    inside = [element for element in system.elements if element.kind != "person"]
    refs = {element.name: f"element-{number}" for number, element in enumerate(inside)}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "application", "name": system.name, "bom-ref": "system"},
        },
        "services": [_service(element, system, refs[element.name]) for element in inside],
        "vulnerabilities": [
            _threat(one, number, refs) for number, one in enumerate(threats) if _owner(one) in refs
        ],
    }
    return _json(document)


def _service(element: Element, system: System, ref: str) -> dict[str, Any]:
    zones = {one.name: one.zone for one in system.elements}
    classes = {kind.name: kind.classed for kind in system.data}
    ends = [(flow, "inbound", flow.source) for flow in system.flows if flow.target == element.name]
    ends += [(flow, "outbound", flow.target) for flow in system.flows if flow.source == element.name]
    incoming = [flow for flow, way, _ in ends if way == "inbound"]
    return {
        "bom-ref": ref,
        "name": element.name,
        "group": element.kind,
        "trustZone": element.zone,
        "authenticated": bool(incoming) and all(flow.authentication != "none" for flow in incoming),
        "x-trust-boundary": any(zones[other] != element.zone for _, _, other in ends),
        "data": [
            {"flow": way, "classification": classes[name], "name": name}
            for flow, way, _ in ends
            for name in flow.data
        ],
    }


def _owner(threat: Threat) -> str:
    """The element a threat is kept under: for a flow, where it goes."""
    return threat.target.flow.target if threat.target.flow is not None else threat.target.name


def _threat(one: Threat, number: int, refs: dict[str, str]) -> dict[str, Any]:
    return {
        "bom-ref": f"threat-{number}",
        "id": one.id,
        "ratings": [{"score": one.score, "severity": one.severity, "method": "other"}],
        "cwes": list(one.rule.cwe),
        "description": f"{one.rule.category}: {one.rule.title}",
        "recommendation": one.rule.action,
        "analysis": {**STATES[one.status], "detail": one.because or "no control is described"},
        "affects": [{"ref": refs[_owner(one)]}],
    }


def markdown(system: System, threats: Sequence[Threat], headline: str, mermaid: str) -> bytes:
    """A report for a wiki or pull request; text of the user's is escaped."""
    lines = [
        f"# Threat model: {_cell(system.name)}",
        "",
        _cell(headline),
        "",
        "```mermaid",
        mermaid.rstrip(),
        "```",
        "",
    ]
    lines += [
        "| severity | score | element | category | threat | status | mitigation | references |",
        "|" + "---|" * 8,
    ]
    for one in threats:
        cells = (
            one.severity, one.score, one.target.name, one.rule.category, one.rule.title, one.status,
            one.because or one.rule.action, references(one.rule),
        )  # fmt: skip
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", f"Rules and references as of {AS_OF}. A model finds what was described; it is no test."]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    text = (
        escaped(value)
        .replace("&#x27;", "'")
        .replace("&quot;", '"')
        .replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("\n", " ")
    )
    for sign in "`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
