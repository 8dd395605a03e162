"""Wires the Incident Response Playbook Builder: input, run and result."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.results import Artefact, Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput
from studio_magics.tools.cyber.ir_playbook import exports
from studio_magics.tools.cyber.ir_playbook.composing import compose
from studio_magics.tools.cyber.ir_playbook.figures import all_figures
from studio_magics.tools.cyber.ir_playbook.findings import find_all
from studio_magics.tools.cyber.ir_playbook.form import FIELD, read_form
from studio_magics.tools.cyber.ir_playbook.reach import look
from studio_magics.tools.cyber.ir_playbook.reading import Reading, told_minutes
from studio_magics.tools.cyber.ir_playbook.rehearsal import (
    ABSENCE_MINUTES,
    Answer,
    Rehearsal,
    likeliest,
    percentile,
    perform,
    rehearse,
    scenarios,
    walk,
)
from studio_magics.tools.cyber.ir_playbook.tables import all_tables
from studio_magics.tools.cyber.ir_playbook.workflow import Step, Workflow, read_workflow
from studio_magics.tools.typed_yaml import Description, nearest, read_described
from studio_magics.tools.wording import counted

TOOL_ID = "cyber-studio-ir-playbook"
VERSION = "1.1.1"
START_CPU_MS = 70
START_BYTES = 14_000_000
US_PER_ACTION_AND_REHEARSAL = 8
TEMPLATE_ACTIONS = 16
ACTION = re.compile(r"""\bdo['"]?\s*:|['"]type['"]\s*:\s*['"]action['"]""")
"""An action in the text of either form."""
ABSENCE_SHARE = 5
"""The rehearsals without a role are this many times fewer."""

EXAMPLE = """%%studio run ir-playbook
name: Stolen laptop
types: [mitigation, notification]
roles: [{name: service desk, count: 2}, {name: administrator}, {name: privacy officer}]
goals: {locked: 45}
steps:
  - {name: Take the report, do: Note when and where it was seen last, who: service desk, minutes: 10}
  - name: Lock it out
    parallel:
      - - {name: Wipe the device, do: Send the command to wipe and lock, who: administrator, minutes: 10,
           milestone: locked}
      - - {name: End the sessions, do: [Sign the person out everywhere, New password], who: service desk,
           minutes: 15}
  - name: Was the disk encrypted
    if: Is there proof that the disk was encrypted?
    chance: 0.9
    yes:
      - {name: Keep the proof, do: Save the report of the device manager, who: administrator, minutes: 10}
    no: [{name: Judge and report, do: List the data on it and report within 72 hours, who: privacy officer,
          minutes: {low: 60, likely: 120, high: 300}}]
  - {name: Replace it, do: Give out a new device, who: service desk, minutes: 60}
"""
NOT_CHECKED = (
    "Commands were not executed, and not tried against any system.",
    "Durations and chances are estimates; rehearsals show what follows from them.",
    "Ways on failure (on_failure, timeout, workflow_exception) are followed as links, not rehearsed.",
    "People are taken to work without breaks and shifts.",
)


class PlaybookInput(ToolInput):
    """A playbook in the short form or in CACAO, or a template."""

    playbook: Description | dict[str, JsonValue] = Field(
        default="",
        description=(
            "YAML (or a dict) in the short form: 'roles', 'goals' in minutes, nested 'steps' "
            "(do/who/minutes, if/yes/no, "
            "while/steps, parallel, switch/cases); or a whole CACAO 2.0 playbook as JSON"
        ),
    )
    template: Literal["ransomware", "phishing", "data-breach"] | None = Field(
        default=None, description="Start from one that ships, instead of 'playbook'"
    )
    answers: dict[str, bool | Annotated[str, Field(max_length=80)]] = Field(
        default={},
        max_length=100,
        description="Fixed answers for the rehearsal: name of the question → true, false or case",
    )
    rehearsals: int = Field(default=1_000, ge=100, le=5_000, description="How often it is rehearsed")
    default_minutes: float = Field(
        default=30,
        gt=0,
        le=10_000,
        description="Likely minutes of steps that say none; half to twice of it is drawn",
    )
    seed: int = Field(
        default=20_260_101, ge=0, le=2**32 - 1, description="The same seed gives the same rehearsals"
    )

    @model_validator(mode="after")
    def _read_early(self) -> "PlaybookInput":
        """Refuse a wrong playbook when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        if bool(self.playbook) == (self.template is not None):
            found = "both a playbook and a template" if self.playbook else "neither a playbook nor a template"
            raise InputRejected(FIELD, found=found, allowed="one of the two")
        workflow = read_workflow(document_of(self, datetime(2000, 1, 1)))  # noqa: DTZ001  - only looked at, not kept
        _refuse_strange_answers(workflow, self.answers)
        return self


def document_of(inputs: PlaybookInput, now: datetime) -> dict[str, Any]:
    """The CACAO playbook: as given, or composed from the short form or the template.

    Raises:
        InputRejected: It cannot be read.
    """
    if inputs.template is not None:
        folder = files("studio_magics.tools.cyber.ir_playbook").joinpath("templates")
        return compose(read_form(folder.joinpath(f"{inputs.template}.yaml").read_text(encoding="utf-8")), now)
    given = _mapping(inputs.playbook)
    return dict(given) if given is not None else compose(read_form(inputs.playbook), now)


def _mapping(source: str | dict[str, JsonValue]) -> Mapping[str, Any] | None:
    """The CACAO document, when it is one."""
    if isinstance(source, dict):
        return source if source.get("type") == "playbook" or "spec_version" in source else None
    if "spec_version" not in source:
        return None
    return read_described(source, _Whole, field=FIELD).value.model_dump()


class _Whole(ToolInput):
    """Any mapping; `read_workflow` looks at it."""

    model_config = {"extra": "allow", "frozen": True}  # noqa: RUF012  - pydantic's own way


def _refuse_strange_answers(workflow: Workflow, answers: Mapping[str, Answer]) -> None:
    asked = {step.name: step for step in workflow.steps.values() if step.condition}
    for name, answer in answers.items():
        step = asked.get(name)
        if step is None:
            raise InputRejected(
                "answers", found=f"'{name[:60]}'", allowed=nearest(name, list(asked)) if asked else "none"
            )
        cases = [case for case, _ in step.cases]
        if isinstance(answer, bool) == bool(cases) or (cases and answer not in cases):
            raise InputRejected(
                "answers", found=f"'{name}': '{answer}'", allowed=", ".join(cases) or "true or false"
            )


def forecast(inputs: PlaybookInput) -> Forecast:
    """A start, and time for each step of each rehearsal."""
    size = len(str(inputs.playbook)) if inputs.playbook else 5_000
    steps = len(ACTION.findall(str(inputs.playbook))) if inputs.playbook else TEMPLATE_ACTIONS
    rounds = inputs.rehearsals * (1 + 4 / ABSENCE_SHARE)
    cpu_ms = START_CPU_MS + round(steps * rounds * US_PER_ACTION_AND_REHEARSAL / 1000)
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms,
        peak_bytes=START_BYTES + size * 300,
        basis=f"{inputs.rehearsals:,} rehearsals of {steps} actions",
    )


def run(inputs: PlaybookInput, context: RunContext) -> ToolResult:
    """Read or compose, check, rehearse, draw and write."""
    context.progress(0.05, "reading the playbook")
    document = document_of(inputs, context.now)
    workflow = read_workflow(document)
    context.progress(0.15, "walking the branches")
    reading = _read(inputs, workflow, context)
    context.progress(0.85, "drawing")
    figures = all_figures(reading)
    context.progress(0.9, "writing the result")
    return ToolResult(
        headline=_headline(reading),
        summary=_summary(reading),
        findings=find_all(reading),
        tables=all_tables(reading),
        figures=figures,
        artefacts=_artefacts(reading, document, figures[0].svg, context),
        not_checked=NOT_CHECKED,
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in ("networkx", "PyYAML")},
            data_as_of={"CACAO": "2.0 (2023-11-27)"},
        ),
    )


def _read(inputs: PlaybookInput, workflow: Workflow, context: RunContext) -> Reading:
    reach = look(workflow)
    default = (inputs.default_minutes / 2, inputs.default_minutes, inputs.default_minutes * 2)
    last = {name: step.minutes or default for name, step in workflow.steps.items()}
    guessed = tuple(step.name for step in workflow.steps.values() if step.works and step.minutes is None)
    if not reach.can_be_walked:
        empty = Rehearsal((), {}, {}, {})
        return Reading(
            workflow, reach, (), True, empty, (), {}, guessed, inputs.answers, inputs.rehearsals, inputs.seed
        )

    def likely(step: Step) -> float:
        return last[step.id][1]

    found, are_all = scenarios(workflow, likely, inputs.answers)
    main = rehearse(
        workflow,
        last,
        times=inputs.rehearsals,
        seed=inputs.seed,
        fixed=inputs.answers,
        progress=lambda share: context.progress(0.2 + 0.4 * share, "rehearsing"),
    )
    context.progress(0.65, "rehearsing without one role")
    way = walk(workflow, likeliest(inputs.answers))
    return Reading(
        workflow=workflow,
        reach=reach,
        scenarios=tuple(found),
        all_scenarios=are_all,
        rehearsal=main,
        likely=tuple(perform(workflow, way, likely, {})),
        without=_without(inputs, workflow, last),
        guessed=guessed,
        fixed=inputs.answers,
        times=inputs.rehearsals,
        seed=inputs.seed,
    )


def _without(
    inputs: PlaybookInput, workflow: Workflow, last: Mapping[str, tuple[float, float, float]]
) -> dict[str, float]:
    """Role → by how many minutes the median is longer when all of it are away for the first hour."""
    times = max(inputs.rehearsals // ABSENCE_SHARE, 50)
    all_there = rehearse(workflow, last, times=times, seed=inputs.seed, fixed=inputs.answers)
    found: dict[str, float] = {}
    for agent in sorted({step.agent for step in workflow.steps.values() if step.works and step.agent})[:8]:
        away = {agent: ABSENCE_MINUTES}
        drawn = rehearse(workflow, last, times=times, seed=inputs.seed, fixed=inputs.answers, absent=away)
        longer = percentile(drawn.minutes, 0.5) - percentile(all_there.minutes, 0.5)
        found[workflow.agents.get(agent, "somebody")] = longer
    return found


def _headline(reading: Reading) -> str:
    name, steps = reading.workflow.name, sum(1 for step in reading.workflow.steps.values() if step.works)
    if not reading.reach.can_be_walked:
        return f"{name}: {counted(steps, 'action')}; it goes round for ever and was not rehearsed"
    told = (
        f"{name}: {counted(steps, 'action')}, half of {reading.times:,} rehearsals end within "
        f"{told_minutes(reading.median)}"
    )
    goals = [f"'{goal}' is met in {reading.met(goal):.0%}" for goal in sorted(reading.workflow.goals)]
    return told + (f"; {', '.join(goals)}" if goals else "")


def _summary(reading: Reading) -> dict[str, JsonValue]:
    kinds = [step.kind for step in reading.workflow.steps.values()]
    return {
        "steps": len(kinds),
        "actions": sum(1 for step in reading.workflow.steps.values() if step.works),
        "questions": sum(1 for kind in kinds if kind.endswith("-condition")),
        "unreachable": len(kinds) - len(reading.reach.reached),
        "dead_ends": len(reading.reach.dead_ends),
        "endless_loops": len(reading.reach.rings),
        "scenarios": len(reading.scenarios),
        "median_minutes": round(reading.median, 1),
        "p90_minutes": round(percentile(reading.rehearsal.minutes, 0.9), 1),
        "goals_met": {goal: round(reading.met(goal), 4) for goal in sorted(reading.workflow.goals)},
        "rehearsals": reading.times,
        "seed": reading.seed,
    }


def _artefacts(
    reading: Reading, document: Mapping[str, Any], svg: str, context: RunContext
) -> tuple[Artefact, ...]:
    keep = context.add_artefact
    playbook = exports.cacao_json(document)
    return (
        keep("playbook.cacao.json", "application/json", playbook, title="The playbook in CACAO 2.0"),
        keep("run-sheet.md", "text/markdown", exports.run_sheet(reading), title="Run sheet and tabletop"),
        keep("rehearsal.json", "application/json", exports.rehearsal_json(reading), title="All figures"),
        keep("workflow.svg", "image/svg+xml", svg.encode(), title="Workflow"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Incident Response Playbook Builder",
    places=frozenset({"kernel", "server"}),
    input_model=PlaybookInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Writes an incident response playbook in CACAO 2.0 from a short YAML form or a template "
        "(ransomware, phishing, "
        "data breach), or checks a CACAO playbook of yours: unreachable steps, dead ends, endless "
        "loops, missing agents "
        "and variables. Then rehearses it: every branch once, and many times with drawn answers, "
        "durations and limited "
        "people; shows times against goals, who is waited for, and what an absent role costs. Returns "
        "a workflow "
        "picture, a timeline, a run sheet with a tabletop exercise, and the CACAO file. Never runs a command."
    ),
    cell_field="playbook",
    libraries=("networkx", "PyYAML"),
)
