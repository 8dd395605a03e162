"""Writes the short form as a CACAO 2.0 playbook; the same text gives the same identifiers."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

    from studio_magics.tools.cyber.ir_playbook.form import Form, FormStep

EXTENSION = "extension-definition--0c2f7f5e-9d5c-4a3e-8d6f-1b7a4f0e2c91"
"""Our durations, chances and milestones, which CACAO itself has no place for."""
AUTHOR = "identity--5f1a1c52-6f0e-4d0c-9f5e-2d6a3c0f7b11"
ACTIVITIES = {
    "attack": "step-sequence", "detection": "match-indicator", "engagement": "prepare-engagement",
    "investigation": "analyze-collected-data", "mitigation": "restrict-access",
    "notification": "deliver-content",
    "prevention": "configure-systems", "remediation": "restore-capabilities",
}  # fmt: skip


def compose(form: Form, now: datetime) -> dict[str, Any]:
    """The playbook; conditions become variables that whoever runs it sets."""
    return _Composer(form).playbook(now)


class _Composer:
    """Collects steps, roles and variables on the way."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._workflow: dict[str, dict[str, Any]] = {}
        self._variables: dict[str, dict[str, str]] = {}
        self._roles = {role.name: self._id("group", "role", role.name) for role in form.roles}

    def playbook(self, now: datetime) -> dict[str, Any]:
        form, stamp = self._form, now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        start, end = self._id("start"), self._end("the whole")
        first = self._sequence(form.steps, end)
        self._workflow[start] = {"type": "start", "name": "Start", "on_completion": first}
        kinds = {step.kind for step in form.all_steps()}
        written: dict[str, Any] = {
            "type": "playbook",
            "spec_version": "cacao-2.0",
            "id": self._id("playbook"),
            "name": form.name,
            "description": form.description or form.name,
            "playbook_types": list(form.types),
            "playbook_activities": list(dict.fromkeys(ACTIVITIES[one] for one in form.types)),
            "playbook_processing_summary": {
                "manual_playbook": True,
                "parallel_processing": "parallel" in kinds,
                "if_logic": "if" in kinds,
                "while_logic": "while" in kinds,
                "switch_logic": "switch" in kinds,
            },
            "created_by": AUTHOR,
            "created": stamp,
            "modified": stamp,
            "severity": form.severity,
            "workflow_start": start,
            "workflow": dict(sorted(self._workflow.items())),
            "agent_definitions": {
                self._roles[role.name]: {"type": "group", "name": role.name} for role in form.roles
            },
            "extension_definitions": {EXTENSION: _extension()},
            "playbook_extensions": {
                EXTENSION: {
                    "goals": dict(form.goals),
                    "people": {self._roles[role.name]: role.count for role in form.roles},
                }
            },
        }
        return {**written, "playbook_variables": self._variables} if self._variables else written

    def _id(self, kind: str, *parts: str) -> str:
        """An identifier with a version 4 UUID, as CACAO asks, that follows from the playbook and the part."""
        digest = hashlib.sha256("\x1f".join((self._form.name, kind, *parts)).encode()).digest()
        return f"{kind}--{UUID(bytes=digest[:16], version=4)}"

    def _end(self, owner: str) -> str:
        name = self._id("end", owner)
        self._workflow[name] = {"type": "end", "name": f"End of {owner}"}
        return name

    def _sequence(self, steps: tuple[FormStep, ...], after: str) -> str:
        """Write the steps; returns the identifier of the first, or `after` when there is none."""
        following = after
        for step in reversed(steps):
            following = self._step(step, following)
        return following

    def _step(self, step: FormStep, after: str) -> str:
        kinds = {"do": "action", "if": "if-condition", "while": "while-condition", "parallel": "parallel"}
        kind = kinds.get(step.kind, "switch-condition")
        name = self._id(kind, step.name)
        makers = {
            "do": self._action, "if": self._if, "while": self._while, "parallel": self._parallel,
            "switch": self._switch,
        }  # fmt: skip
        written = {"type": kind, "name": step.name, **makers[step.kind](step), "on_completion": after}
        own = _own(step)
        self._workflow[name] = {**written, "step_extensions": {EXTENSION: own}} if own else written
        return name

    def _action(self, step: FormStep) -> dict[str, Any]:
        commands = [{"type": "manual", "command": text} for text in step.do or ()]
        return {"commands": commands, "agent": self._roles[step.who or ""]}

    def _branch(self, owner: str, steps: tuple[FormStep, ...]) -> str:
        return self._sequence(steps, self._end(owner))

    def _if(self, step: FormStep) -> dict[str, Any]:
        variable = self._variable(step.name, step.question or "", "bool")
        return {
            "description": step.question or "",
            "condition": f"{variable}:value = true",
            "on_true": self._branch(f"{step.name}: yes", step.yes),
            "on_false": self._branch(f"{step.name}: no", step.no),
        }

    def _while(self, step: FormStep) -> dict[str, Any]:
        variable = self._variable(step.name, step.repeat or "", "bool")
        return {
            "description": step.repeat or "",
            "condition": f"{variable}:value = true",
            "on_true": self._branch(f"{step.name}: again", step.steps),
        }

    def _parallel(self, step: FormStep) -> dict[str, Any]:
        branches = enumerate(step.parallel or (), 1)
        return {"next_steps": [self._branch(f"{step.name}: {number}", one) for number, one in branches]}

    def _switch(self, step: FormStep) -> dict[str, Any]:
        variable = self._variable(step.name, step.switch or "", "string")
        cases = {name: self._branch(f"{step.name}: {name}", case.steps) for name, case in step.cases.items()}
        return {"description": step.switch or "", "switch": f"{variable}:value", "cases": cases}

    def _variable(self, name: str, question: str, kind: str) -> str:
        word = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "answer"
        variable = f"__{word if word[0].isalpha() else f'x_{word}'}__"
        while variable in self._variables:
            variable = f"{variable[:-2]}_x__"
        self._variables[variable] = {"type": kind, "description": question}
        return variable


def _own(step: FormStep) -> dict[str, Any]:
    """What CACAO has no place for."""
    written: dict[str, Any] = {}
    if step.minutes is not None:
        written["minutes"] = step.minutes.model_dump()
    if step.milestone is not None:
        written["milestone"] = step.milestone
    if step.kind in {"if", "while"}:
        written["chance"] = step.chance
    if step.kind == "while":
        written["at_most"] = step.at_most
    if step.kind == "switch":
        written["chances"] = {
            name: case.chance for name, case in step.cases.items() if case.chance is not None
        }
    return written


def _extension() -> dict[str, str]:
    return {
        "type": "extension-definition",
        "name": "Rehearsal",
        "description": (
            "Durations in minutes, chances, milestones, goals and people, for rehearsing a playbook"
        ),
        "created_by": AUTHOR,
        "schema": "https://studio.example/ns/playbook-rehearsal",
        "version": "1.0.0",
    }
