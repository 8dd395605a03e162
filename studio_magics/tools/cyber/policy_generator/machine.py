"""What programs read: OSCAL component definition, JSON Schema for settings, Cedar policies for access."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from studio_magics.tools.cyber.policy_generator.facts import Settings
from studio_magics.tools.cyber.policy_generator.library import templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from studio_magics.tools.cyber.frameworks import Control, Framework
    from studio_magics.tools.cyber.policy_generator.documents import Policy, PolicySet
    from studio_magics.tools.cyber.policy_generator.library import Clause

OSCAL_VERSION = "1.2.1"
NAMESPACE = UUID("3e0d6f0a-2b7e-5a55-8a5e-6d3b1c9f4e77")
SYSTEM = "https://studio.example/ns/policies"
"""Names our properties; a name, not an address that is asked."""
AT_LEAST = frozenset({"password_min_characters", "log_days"})
EXACT = frozenset({"password_rotation_days", "backup_days"})
FORBID = "forbid (principal, action, resource)\nunless {{ "
CEDAR: Mapping[str, str] = {
    "access-least": "permit (principal, action, resource)\nwhen {{ principal in resource.role }};",
    "access-mfa": (
        FORBID + '(context has fromOutside && !context.fromOutside && action != Action::"administer") ||\n'
        "  (context has secondFactor && context.secondFactor) }};"
    ),
    "access-privileged": (
        FORBID + 'action != Action::"administer" || (principal has isAdministration &&\n'
        "  principal.isAdministration && context has managedDevice && context.managedDevice) }};"
    ),
    "access-review": (
        FORBID + "context has monthsSinceReview && context.monthsSinceReview <= {access_review_months} }};"
    ),
    "access-lock": FORBID + "context has idleMinutes && context.idleMinutes <= {session_lock_minutes} }};",
    "use-not-own": FORBID + "context has managedDevice && context.managedDevice }};",
    "crypto-transit": FORBID + "context has encrypted && context.encrypted }};",
}
"""Clause → the same as a Cedar policy; what the context does not say is refused."""


def component_definition(policies: PolicySet, now: datetime) -> bytes:
    """Every policy as a component that says which controls its clauses implement."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    tool = _id(policies, "tool")
    document = {
        "component-definition": {
            "uuid": _id(policies, "definition", stamp),
            "metadata": {
                "title": f"Policies of {policies.facts.name}",
                "last-modified": stamp,
                "version": policies.facts.approved.isoformat(),
                "oscal-version": OSCAL_VERSION,
                "parties": [{"uuid": tool, "type": "organization", "name": "Policy Generator"}],
            },
            "components": [_component(policies, one) for one in policies.policies],
            "back-matter": {
                "resources": [
                    {"uuid": _id(policies, one.name), "title": one.title}
                    for one in policies.coverage.frameworks
                ]
            },
        }
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _id(policies: PolicySet, *parts: str) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join((policies.facts.name, *parts))))


def _component(policies: PolicySet, policy: Policy) -> dict[str, Any]:
    implemented = [_implementation(policies, policy, one) for one in policies.coverage.frameworks]
    written: dict[str, Any] = {
        "uuid": _id(policies, "policy", policy.head.name),
        "type": "policy",
        "title": policy.head.title,
        "description": f"Owned by {policy.owner}, approved by {policies.facts.roles.approver}.",
        "props": [{"name": "next-review", "ns": SYSTEM, "value": policies.next_review.isoformat()}],
    }
    filled = [one for one in implemented if one["implemented-requirements"]]
    return {**written, "control-implementations": filled} if filled else written


def _implementation(policies: PolicySet, policy: Policy, framework: Framework) -> dict[str, Any]:
    served: dict[str, tuple[Control, list[Clause]]] = {}
    for clause in policy.clauses:
        for control in policies.coverage.served_by(clause):
            if control.framework == framework.name:
                served.setdefault(control.id, (control, []))[1].append(clause)
    return {
        "uuid": _id(policies, "implementation", policy.head.name, framework.name),
        "source": f"#{_id(policies, framework.name)}",
        "description": f"Clauses that serve {framework.title}.",
        "implemented-requirements": [
            {
                "uuid": _id(policies, "requirement", policy.head.name, name),
                "control-id": name,
                "description": " ".join(clause.text for clause in clauses),
                "props": [{"name": "clause", "ns": SYSTEM, "value": clause.id} for clause in clauses],
            }
            for name, (_, clauses) in served.items()
        ],
    }


def settings_schema(policies: PolicySet) -> bytes:
    """A JSON Schema that settings read from systems must fit; CI can check it with any validator."""
    chosen = {clause.id for policy in policies.policies for clause in policy.clauses}
    properties: dict[str, Any] = {}
    for name in Settings.model_fields:
        clauses = [one.id for one in templates().values() if f"{{{name}}}" in one.text and one.id in chosen]
        if clauses:
            properties[name] = {**_bounds(policies, name), "description": f"clause {', '.join(clauses)}"}
    if "access-passwords-keep" in chosen:
        properties["password_rotation_days"] = {"const": 0, "description": "clause access-passwords-keep"}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Settings that the policies of {policies.facts.name} allow",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return (json.dumps(schema, indent=1, ensure_ascii=False) + "\n").encode()


def _bounds(policies: PolicySet, name: str) -> dict[str, Any]:
    value = int(getattr(policies.facts.settings, name))
    if name in EXACT:
        return {"const": value}
    return {"type": "integer", "minimum" if name in AT_LEAST else "maximum": value}


def cedar(policies: PolicySet) -> bytes:
    """Clauses on access that a policy engine can decide, each under the identifier of its clause."""
    chosen = {clause.id for policy in policies.policies for clause in policy.clauses}
    numbers = policies.facts.settings.model_dump()
    parts = [
        f'@id("{ident}")\n{text.format_map(numbers)}\n' for ident, text in CEDAR.items() if ident in chosen
    ]
    lines = [
        "// Clauses on access as Cedar policies. The context says: fromOutside, secondFactor, managedDevice,",
        (
            "// encrypted (true or false), idleMinutes, monthsSinceReview (whole numbers). Resources have a "
            "role,"
        ),
        "// principals say isAdministration.",
        "",
    ]
    return ("\n".join(lines) + "\n".join(parts)).encode()
