"""A CACAO 2.0 playbook as a graph: every reference is followed once, here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.ir_playbook.composing import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIELD = "playbook"
IDENTIFIER = re.compile(
    r"[a-z][a-z0-9-]+[a-z0-9]--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KINDS = frozenset({
    "start", "end", "action", "playbook-action", "parallel", "if-condition", "while-condition",
    "switch-condition",
})  # fmt: skip
REQUIRED = (
    "type",
    "spec_version",
    "id",
    "name",
    "created_by",
    "created",
    "modified",
    "workflow_start",
    "workflow",
)
NEEDS = {
    "action": ("commands", "agent"), "playbook-action": ("playbook_id",), "parallel": ("next_steps",),
    "if-condition": ("condition", "on_true"), "while-condition": ("condition", "on_true"),
    "switch-condition": ("switch", "cases"),
}  # fmt: skip
LINKS = ("on_completion", "on_success", "on_failure", "on_true", "on_false")
MAX_STEPS = 500
MOST_DELAY_MS = 6e10
MAX_TEXT = 300


@dataclass(frozen=True)
class Step:
    """One step with where it leads."""

    id: str
    kind: str
    name: str
    agent: str = ""
    commands: tuple[tuple[str, str], ...] = ()
    """(type, text)."""
    condition: str = ""
    on_completion: str = ""
    on_success: str = ""
    on_failure: str = ""
    on_true: str = ""
    on_false: str = ""
    next_steps: tuple[str, ...] = ()
    cases: tuple[tuple[str, str], ...] = ()
    minutes: tuple[float, float, float] | None = None
    milestone: str = ""
    chance: float | None = None
    chances: Mapping[str, float] = field(default_factory=dict[str, float])
    at_most: int = 5
    delay: float = 0.0
    """Minutes to wait before it begins."""
    variables: tuple[str, ...] = ()
    """Variables of its own."""

    @property
    def inner(self) -> tuple[str, ...]:
        """First steps of the branches inside; a kind that has none of these has no branches."""
        asked = (self.on_true, self.on_false)
        found: Mapping[str, tuple[str, ...]] = {
            "if-condition": asked,
            "while-condition": asked[:1],
            "parallel": self.next_steps,
            "switch-condition": tuple(step for _, step in self.cases),
        }
        return tuple(one for one in found.get(self.kind, ()) if one)

    @property
    def after(self) -> tuple[str, ...]:
        """Where it goes on when it is done."""
        return tuple(one for one in (self.on_completion, self.on_success, self.on_failure) if one)

    @property
    def next(self) -> str:
        """Where it goes on when nothing failed."""
        return self.on_completion or self.on_success

    @property
    def works(self) -> bool:
        """Whether somebody does something in it."""
        return self.kind in {"action", "playbook-action"}


@dataclass(frozen=True)
class Workflow:
    """The whole playbook."""

    name: str
    start: str
    steps: Mapping[str, Step]
    agents: Mapping[str, str]
    """Identifier → name."""
    people: Mapping[str, int]
    goals: Mapping[str, float]
    variables: frozenset[str]
    document: Mapping[str, Any]

    def who(self, step: Step) -> str:
        """The name of the role, or of what is not defined."""
        return self.agents.get(step.agent, "somebody")


def read_workflow(document: Mapping[str, Any]) -> Workflow:
    """Follow every reference of a CACAO 2.0 playbook.

    Raises:
        InputRejected: Another version, a part that is missing, a step that leads to a step that is not there.
    """
    _refuse_other(document)
    raw = _mapping(document.get("workflow"))
    if not 3 <= len(raw) <= MAX_STEPS:  # noqa: PLR2004  - start, one action, end
        _refuse(
            f"a workflow of {len(raw)} steps",
            f"3 to {MAX_STEPS} steps: a start, an action and an end at least",
        )
    steps = {name: _step(name, _mapping(said)) for name, said in raw.items()}
    start = str(document["workflow_start"])
    if start not in steps or steps[start].kind != "start":
        _refuse(f"workflow_start '{start[:60]}', which is no start step", "the identifier of a start step")
    for step in steps.values():
        for other in (*step.inner, *step.after):
            if other not in steps:
                _refuse(
                    f"'{step.name}' leads to '{other[:80]}', which is not in the workflow",
                    "steps of the workflow",
                )
    agents = {
        name: str(_mapping(said).get("name", name))[:80]
        for name, said in _mapping(document.get("agent_definitions")).items()
    }
    own = _mapping(_mapping(document.get("playbook_extensions")).get(EXTENSION))
    return Workflow(
        name=str(document["name"])[:120],
        start=start,
        steps=steps,
        agents=agents,
        people={name: int(_number(count, 1, 1_000)) for name, count in _mapping(own.get("people")).items()},
        goals={name: _number(minutes, 0, 1e6) for name, minutes in _mapping(own.get("goals")).items()},
        variables=frozenset(_mapping(document.get("playbook_variables"))),
        document=document,
    )


def _refuse(found: str, allowed: str) -> NoReturn:
    raise InputRejected(FIELD, found=found, allowed=allowed)


def _refuse_other(document: Mapping[str, Any]) -> None:
    if document.get("spec_version") != "cacao-2.0":
        _refuse(f"spec_version '{str(document.get('spec_version'))[:40]}'", "cacao-2.0")
    for name in REQUIRED:
        if name not in document:
            _refuse(f"no '{name}'", "a property that CACAO 2.0 requires")
    for name in ("id", "created_by", "workflow_start"):
        if not IDENTIFIER.fullmatch(str(document[name])):
            _refuse(f"{name} '{str(document[name])[:60]}'", "an identifier: type--UUID")
    for name in ("created", "modified"):
        if not STAMP.fullmatch(str(document[name])):
            _refuse(f"{name} '{str(document[name])[:40]}'", "a time in UTC such as 2026-03-01T12:00:00.000Z")


def _step(name: str, said: dict[str, Any]) -> Step:
    kind = str(said.get("type", ""))
    if kind not in KINDS:
        _refuse(f"the step '{name[:60]}' of type '{kind[:30]}'", ", ".join(sorted(KINDS)))
    if not IDENTIFIER.fullmatch(name) or not name.startswith(f"{kind}--"):
        _refuse(f"the step '{name[:60]}'", f"an identifier that starts with {kind}--")
    title = str(said.get("name") or name)[:MAX_TEXT]
    for need in NEEDS.get(kind, ()):
        if need not in said:
            _refuse(f"'{title}' ({kind}) without '{need}'", "a property that CACAO 2.0 requires")
    if kind == "switch-condition" and not _mapping(said["cases"]):
        _refuse(f"'{title}' ({kind}) without a case", "cases: value → step, one at least")
    own = _mapping(_mapping(said.get("step_extensions")).get(EXTENSION))
    minutes = _mapping(own.get("minutes"))
    links = {link: str(said[link]) for link in LINKS if said.get(link)}
    return Step(
        id=name,
        kind=kind,
        name=title,
        agent=str(said.get("agent", "")),
        commands=tuple(_commands(said)),
        condition=str(said.get("condition") or said.get("switch") or "")[:MAX_TEXT],
        next_steps=tuple(str(one) for one in _list(said.get("next_steps"))),
        cases=tuple((str(case)[:80], str(step)) for case, step in _mapping(said.get("cases")).items()),
        minutes=_triple(minutes) if minutes else None,
        milestone=str(own.get("milestone", ""))[:80],
        chance=_number(own["chance"], 0, 1) if "chance" in own else None,
        chances={case: _number(share, 0, 1) for case, share in _mapping(own.get("chances")).items()},
        at_most=int(_number(own.get("at_most", 5), 1, 20)),
        delay=_number(said.get("delay", 0), 0, MOST_DELAY_MS) / 60_000,
        variables=tuple(_mapping(said.get("step_variables"))),
        **links,
    )


def _commands(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for command in map(_mapping, _list(said.get("commands"))):
        text = command.get("command") or command.get("description") or command.get("command_b64") or ""
        yield str(command.get("type", ""))[:40], str(text)[:1_000]


def _triple(minutes: dict[str, Any]) -> tuple[float, float, float]:
    low, likely, high = (_number(minutes.get(key), 0, 1e6) for key in ("low", "likely", "high"))
    if not low <= likely <= high:
        _refuse(f"minutes {json.dumps(minutes)[:60]}", "low, likely and high in this order")
    return low, likely, high


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        _refuse(f"'{str(value)[:40]}' as a time or chance", f"a number from {least:g} to {most:g}")
    return float(value)


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
