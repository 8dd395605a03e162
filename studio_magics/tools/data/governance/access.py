"""Access decided by Cedar: a policy bundle from the framework, entities, and the decision on every grant."""

# cedarpy has no types of its own for what it returns; every value that leaves this file is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.governance.inputs import ACTIONS, LEVELS, Action, Level

if TYPE_CHECKING:
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.inputs import Grant

MAX_DECISIONS = 50_000
BASE = """\
// Whoever is cleared for the class of a dataset may read it.
@id("clearance")
permit (principal, action == Action::"read", resource)
when { principal.clearance >= resource.level };

// The owner and the steward of a dataset may do everything with it, except give it to others.
@id("own-data")
permit (principal, action, resource)
when { resource.owner == principal.name || resource.steward == principal.name }
unless { action == Action::"share" };

// Only the owner shares, and nothing that is restricted.
@id("owner-shares")
permit (principal, action == Action::"share", resource)
when { resource.owner == principal.name && resource.level < 3 };
"""
WRITERS = """
// Writers may write what they are cleared to read.
@id("writers-{number}")
permit (principal in Role::{role}, action == Action::"write", resource)
when {{ principal.clearance >= resource.level }};
"""
START = re.compile(r'(?:@\w+\("(?:[^"\\]|\\.)*"\)\s*)*\b(permit|forbid)\s*\(')
COMMENT = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Policy:
    """One policy of the bundle."""

    name: str
    effect: str
    line: int


@dataclass(frozen=True)
class Decided:
    """What the policies say of one thing somebody may do."""

    who: str
    dataset: str
    action: Action
    allowed: bool
    policies: tuple[Policy, ...]
    """Those that decided: the forbidding ones where one forbids."""
    contradicted: bool = False
    """A policy permits it and another forbids it; forbidding wins."""
    fault: str = ""


def cedar_text(text: str) -> str:
    """The text as Cedar writes it: its escapes are not those of JSON."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in plain) + '"'


def bundle(gathered: Gathered) -> str:
    """The whole policy text: what follows from the framework, then what people wrote."""
    text = BASE
    for number, role in enumerate(gathered.said.writers, 1):
        text += WRITERS.format(number=number, role=cedar_text(role))
    if gathered.cedar.strip():
        text += "\n// Written by hand.\n" + gathered.cedar.strip() + "\n"
    return text


def policies_of(text: str, own_from: int) -> list[Policy]:
    """Every policy with its name and line; `own_from` is the line hand-written ones begin at.

    Raises:
        InputRejected: The text does not parse; names the line of the first policy that does not.
    """
    import cedarpy

    try:
        static: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except ValueError as error:
        line = _first_bad(text)
        raise InputRejected(
            "cedar",
            found=f"line {max(line - own_from + 1, 1)}: {str(error).splitlines()[0][:160]}",
            allowed="policies in Cedar: permit (principal, action, resource) when { … };",
            action="correct the policy",
        ) from error
    starts = _starts(text)
    ordered = [static[f"policy{number}"] for number in range(len(static))]
    return [
        Policy(
            str((one.get("annotations") or {}).get("id") or f"policy {number + 1}"), str(one["effect"]), line
        )
        for number, (one, line) in enumerate(zip(ordered, starts, strict=False))
    ]


def _blanked(text: str) -> str:
    """The text with comments and the insides of strings blanked, so that words in them start nothing."""

    def blank(match: re.Match[str]) -> str:
        inside = re.sub(r"[^\n]", " ", match[0])
        return inside if match[0].startswith("//") else '"' + inside[1:-1] + '"'

    return COMMENT.sub(blank, text)


def _starts(text: str) -> list[int]:
    """The line each policy begins at."""
    plain = _blanked(text)
    return [plain.count("\n", 0, match.start()) + 1 for match in START.finditer(plain)]


def _first_bad(text: str) -> int:
    """The line of the first policy that does not parse alone."""
    import cedarpy

    lines = text.splitlines()
    starts = [*_starts(text), len(lines) + 1]
    for first, after in pairwise(starts):
        piece = "\n".join(lines[first - 1 : after - 1])
        try:
            cedarpy.policies_to_json_str(piece)
        except ValueError:
            return first
    return 1


def schema() -> dict[str, Any]:
    """The Cedar schema the policies are checked with."""
    number, text, flag = {"type": "Long"}, {"type": "String"}, {"type": "Boolean"}
    person = {"type": "Record", "attributes": {"clearance": number, "name": text}}
    dataset = {
        "type": "Record",
        "attributes": {
            "level": number,
            "owner": text,
            "steward": text,
            "location": text,
            "personal": flag,
            "encrypted": flag,
        },
    }
    applies = {"appliesTo": {"principalTypes": ["User", "Role"], "resourceTypes": ["Dataset"]}}
    return {
        "": {
            "entityTypes": {
                "Role": {"shape": person},
                "User": {"memberOfTypes": ["Role"], "shape": person},
                "Dataset": {"shape": dataset},
            },
            "actions": dict.fromkeys(ACTIONS, applies),
        }
    }


def refuse_unknown_words(text: str, policies: list[Policy], own_from: int) -> None:
    """Refuse a policy that asks for what no person or dataset has.

    Raises:
        InputRejected: Names the policy and what it asks for.
    """
    import cedarpy

    checked = cedarpy.validate_policies(text, json.dumps(schema()))
    for one in checked.errors:
        number = int(str(one.policy_id).removeprefix("policy"))
        policy = policies[number] if number < len(policies) else Policy(str(one.policy_id), "", own_from)
        raise InputRejected(
            "cedar",
            found=f"line {max(policy.line - own_from + 1, 1)}, '{policy.name}': {str(one.error)[:200]}",
            allowed="principal.clearance, name; resource.level, owner, steward, location, personal",
            action="correct the policy",
        )


def clearance_of(gathered: Gathered, who: str) -> Level:
    """What a person or role may see at most."""
    roles = gathered.said.people.get(who, (who,))
    levels = [
        LEVELS.index(gathered.said.roles[role].clearance) for role in roles if role in gathered.said.roles
    ]
    return LEVELS[max(levels, default=0)]


def entities(gathered: Gathered) -> list[dict[str, Any]]:
    """People, roles and datasets as Cedar knows them."""
    found: list[dict[str, Any]] = []
    for role in gathered.said.roles:
        facts = {"clearance": LEVELS.index(clearance_of(gathered, role)), "name": role}
        found.append({"uid": {"type": "Role", "id": role}, "attrs": facts, "parents": []})
    for person, roles in gathered.said.people.items():
        facts = {"clearance": LEVELS.index(clearance_of(gathered, person)), "name": person}
        parents = [{"type": "Role", "id": role} for role in roles]
        found.append({"uid": {"type": "User", "id": person}, "attrs": facts, "parents": parents})
    for name, one in gathered.said.datasets.items():
        attributes = {
            "level": LEVELS.index(one.level or "restricted"),
            "owner": one.owner,
            "steward": one.steward,
            "location": one.location,
            "personal": bool(one.personal),
            "encrypted": bool(one.encrypted),
        }
        found.append({"uid": {"type": "Dataset", "id": name}, "attrs": attributes, "parents": []})
    return found


Asked = tuple[str, str, Action]


def decide(gathered: Gathered, text: str, policies: list[Policy], asked: list[Asked]) -> list[Decided]:
    """Decide everything that is asked, and find what policies contradict each other about.

    Raises:
        InputRejected: Too much is asked.
    """
    import cedarpy

    if len(asked) > MAX_DECISIONS:
        raise InputRejected(
            "policies",
            found=f"{len(asked):,} questions of people, datasets and actions",
            allowed=f"at most {MAX_DECISIONS:,}",
            action="take a part of the datasets",
        )
    known = entities(gathered)
    requests = [_request(gathered, one) for one in asked]
    results = cedarpy.is_authorized_batch(requests, text, known)
    permits = _permits(text)
    denied = [number for number, one in enumerate(results) if not one.allowed and one.diagnostics.reasons]
    again = (
        cedarpy.is_authorized_batch([requests[number] for number in denied], permits, known) if denied else []
    )
    contradicted = {number for number, one in zip(denied, again, strict=True) if one.allowed}
    return [
        _decided(one, result, policies, contradicted=number in contradicted)
        for number, (one, result) in enumerate(zip(asked, results, strict=True))
    ]


def _request(gathered: Gathered, asked: Asked) -> dict[str, Any]:
    who, dataset, action = asked
    kind = "User" if who in gathered.said.people else "Role"
    return {
        "principal": {"type": kind, "id": who},
        "action": {"type": "Action", "id": action},
        "resource": {"type": "Dataset", "id": dataset},
        "context": {},
    }


def _permits(text: str) -> str:
    """The bundle without what forbids; as Cedar reads it, whatever stands on one line."""
    import cedarpy

    document: dict[str, Any] = json.loads(cedarpy.policies_to_json_str(text))
    static: dict[str, Any] = document["staticPolicies"]
    document["staticPolicies"] = {key: one for key, one in static.items() if one["effect"] == "permit"}
    return str(cedarpy.policies_from_json_str(json.dumps(document)))


def _decided(asked: Asked, result: Any, policies: list[Policy], *, contradicted: bool) -> Decided:
    reasons = [int(str(one).removeprefix("policy")) for one in result.diagnostics.reasons]
    faults = [str(one) for one in result.diagnostics.errors]
    return Decided(
        *asked,
        allowed=bool(result.allowed),
        policies=tuple(policies[number] for number in sorted(reasons) if number < len(policies)),
        contradicted=contradicted,
        fault=faults[0][:200] if faults else "",
    )


def asked_of(grants: tuple[Grant, ...], gathered: Gathered) -> list[Asked]:
    """What the grants of known people and datasets let them do, each once."""
    known = {*gathered.said.people, *gathered.said.roles}
    found: dict[Asked, None] = {}
    for one in grants:
        if one.who in known and one.dataset in gathered.said.datasets:
            for action in one.actions:
                found[one.who, one.dataset, action] = None
    return list(found)
