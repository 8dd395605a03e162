"""What is wrong with a playbook: in its graph, in its parts, and in its rehearsal."""

import json
import re
from collections.abc import Iterator

from studio_magics.contracts.results import Finding
from studio_magics.tools.cyber.ir_playbook.reading import Reading, told_minutes
from studio_magics.tools.cyber.ir_playbook.rehearsal import percentile
from studio_magics.tools.cyber.ir_playbook.workflow import Step
from studio_magics.tools.wording import counted

_SEVERITIES = ("critical", "high", "medium", "low", "info")
VARIABLE = re.compile(r"(__[A-Za-z][A-Za-z0-9_-]*__):value")
NAMED_VARIABLE = re.compile(r"__[A-Za-z][A-Za-z0-9_-]*?__(?![A-Za-z0-9_-])")
"""Named anywhere, such as in the arguments of a step."""
AUTOMATIC = frozenset(
    {"bash", "ssh", "powershell", "http-api", "openc2-http", "caldera-cmd", "elastic", "jupyter", "kestrel"}
)
MET_ENOUGH = 0.9
MET_HALF = 0.5
LONG_WAIT = 0.1
LEANS_ON_ONE = 0.1


def find_all(reading: Reading) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    rules = (
        _rings,
        _retries,
        _twice,
        _dead_ends,
        _unreached,
        _shared_ends,
        _agents,
        _variables,
        _commands,
        _branches,
        _summary_parts,
    )
    rules += (_goals, _waits, _absences, _guessed)
    found = [finding for rule in rules for finding in rule(reading)]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def _named(steps: tuple[Step, ...]) -> str:
    return ", ".join(step.name for step in steps)[:300]


def _rings(reading: Reading) -> Iterator[Finding]:
    for ring in reading.reach.rings:
        yield Finding(
            code="endless-loop",
            severity="critical",
            title=f"{counted(len(ring), 'step')} in a circle, and nothing ends it",
            where=_named(ring),
            detail=(
                "Only a while-condition may repeat; it says when it is enough. The playbook was not "
                "rehearsed."
            ),
            action="Use a while-condition, or lead the last step on.",
            count=len(ring),
        )


def _retries(reading: Reading) -> Iterator[Finding]:
    for ring in reading.reach.retries:
        yield Finding(
            code="retry-without-limit",
            severity="medium",
            title="A step that fails is tried again, and nothing says how often",
            where=_named(ring),
            action="Repeat it in a while-condition with a limit, or lead on_failure to somebody who decides.",
            count=len(ring),
        )


def _twice(reading: Reading) -> Iterator[Finding]:
    if reading.reach.twice:
        yield Finding(
            code="done-twice",
            severity="high",
            title="A branch leads on to steps that follow after it anyway: they are done twice",
            where=_named(reading.reach.twice),
            detail="CACAO ends every branch in an end step, and then goes on at on_completion.",
            action="End the branch in an end step of its own, or take out on_completion.",
            count=len(reading.reach.twice),
        )


def _dead_ends(reading: Reading) -> Iterator[Finding]:
    if reading.reach.dead_ends:
        yield Finding(
            code="dead-end",
            severity="high",
            title="The playbook stops in the middle: steps that lead nowhere and are no end",
            where=_named(reading.reach.dead_ends),
            action="Set on_completion to the next step, or to an end step.",
            count=len(reading.reach.dead_ends),
        )


def _unreached(reading: Reading) -> Iterator[Finding]:
    steps = tuple(step for name, step in reading.workflow.steps.items() if name not in reading.reach.reached)
    if steps:
        yield Finding(
            code="unreachable",
            severity="high",
            title="No way leads to these steps",
            where=_named(steps),
            action="Lead a step to them, or take them out.",
            count=len(steps),
        )


def _shared_ends(reading: Reading) -> Iterator[Finding]:
    if reading.reach.shared_ends:
        yield Finding(
            code="end-shared",
            severity="medium",
            title="One end step closes several branches; CACAO asks for an own one each",
            where=_named(reading.reach.shared_ends),
            action="Give every branch its own end step.",
            count=len(reading.reach.shared_ends),
        )


def _agents(reading: Reading) -> Iterator[Finding]:
    workflow = reading.workflow
    used = {step.agent for step in workflow.steps.values() if step.kind == "action"}
    missing = tuple(
        s for s in workflow.steps.values() if s.kind == "action" and s.agent not in workflow.agents
    )
    if missing:
        yield Finding(
            code="agent-missing",
            severity="high",
            title="Steps whose agent is not defined: nobody does them",
            where=_named(missing),
            action="Add the agent to agent_definitions.",
            count=len(missing),
        )
    idle = sorted(name for agent, name in workflow.agents.items() if agent not in used)
    if idle:
        yield Finding(
            code="agent-unused",
            severity="low",
            title="Roles that have nothing to do",
            where=", ".join(idle)[:300],
            action="Give them a step, or take them out.",
            count=len(idle),
        )


def _variables(reading: Reading) -> Iterator[Finding]:
    workflow = reading.workflow
    parts = ("workflow", "agent_definitions", "target_definitions")
    text = json.dumps([workflow.document.get(part) for part in parts], ensure_ascii=False)
    used = set(VARIABLE.findall(text))
    local = {name for step in workflow.steps.values() for name in step.variables}
    for name in sorted(used - workflow.variables - local):
        yield Finding(
            code="variable-missing",
            severity="high",
            title=f"The variable {name} is used and not defined",
            where=name,
            action="Add it to playbook_variables.",
        )
    for name in sorted(workflow.variables - set(NAMED_VARIABLE.findall(text))):
        yield Finding(
            code="variable-unused", severity="low", title=f"The variable {name} is not used", where=name
        )


def _commands(reading: Reading) -> Iterator[Finding]:
    automatic = tuple(
        step
        for step in reading.workflow.steps.values()
        if any(kind in AUTOMATIC for kind, _ in step.commands)
    )
    if automatic:
        yield Finding(
            code="automatic-commands",
            severity="info",
            title="Steps with commands for machines; they were not executed",
            where=_named(automatic),
            action="Try them in a test environment.",
            count=len(automatic),
        )
    empty = tuple(
        s
        for s in reading.workflow.steps.values()
        if s.kind == "action" and not any(t.strip() for _, t in s.commands)
    )
    if empty:
        yield Finding(
            code="nothing-to-do",
            severity="medium",
            title="Actions that do not say what is to be done",
            where=_named(empty),
            count=len(empty),
        )


def _branches(reading: Reading) -> Iterator[Finding]:
    for step in reading.workflow.steps.values():
        if step.kind == "parallel" and len(step.next_steps) < 2:  # noqa: PLR2004  - CACAO asks for two
            yield Finding(
                code="parallel-of-one",
                severity="medium",
                title=f"'{step.name}' is parallel and has one branch",
                where=step.name,
                action="Use a plain step.",
            )
        if step.kind == "if-condition" and not step.on_false and not step.after:
            yield Finding(
                code="no-else",
                severity="medium",
                title=f"'{step.name}' does not say what happens when the answer is no",
                where=step.name,
                action="Set on_false or on_completion.",
            )


def _summary_parts(reading: Reading) -> Iterator[Finding]:
    document = reading.workflow.document
    if document.get("playbook_types") and not document.get("playbook_activities"):
        yield Finding(
            code="activities-missing",
            severity="low",
            title="playbook_types are given and no playbook_activities",
            action="CACAO asks for at least one activity.",
        )
    words = " ".join(
        f"{step.name} {text}" for step in reading.workflow.steps.values() for _, text in step.commands
    ).lower()
    if not re.search(r"\b(tell|told|notif|report|inform|announce|communicat)", words):
        yield Finding(
            code="nobody-is-told",
            severity="medium",
            title="No step tells anybody: management, authorities or the people concerned",
            action="Add who is told, by whom and within what time.",
        )
    if not re.search(r"\b(evidence|log|record|image|save|keep)", words):
        yield Finding(
            code="no-evidence",
            severity="medium",
            title="No step saves evidence",
            action="Save logs and images before systems are changed.",
        )


def _goals(reading: Reading) -> Iterator[Finding]:
    for name, goal in sorted(reading.workflow.goals.items()):
        when = reading.rehearsal.reached.get(name, ())
        if not when:
            yield Finding(
                code="milestone-not-reached",
                severity="high",
                title=f"'{name}' was not reached in any rehearsal",
                where=name,
                action="Look at the answers that lead to it.",
            )
        elif reading.met(name) < MET_ENOUGH:
            share = reading.met(name)
            yield Finding(
                code="goal-missed",
                severity="critical" if share < MET_HALF else "high",
                title=(
                    f"'{name}' within {told_minutes(goal)} is met in {share:.0%} of the rehearsals that "
                    "reach it"
                ),
                where=name,
                detail=(
                    f"Median {told_minutes(percentile(when, 0.5))}, one in ten takes over "
                    f"{told_minutes(percentile(when, 0.9))}."
                ),
                action=(
                    "Do steps before it side by side, add people to the role that is waited for, or "
                    "change the goal."
                ),
            )


def _waits(reading: Reading) -> Iterator[Finding]:
    for role, minutes in sorted(reading.rehearsal.waited.items(), key=lambda pair: (-pair[1], pair[0])):
        if reading.median and minutes > LONG_WAIT * reading.median:
            yield Finding(
                code="bottleneck",
                severity="medium",
                title=f"Steps wait {told_minutes(minutes)} for '{role}' in the mean rehearsal",
                where=role,
                detail=f"The role works {told_minutes(reading.rehearsal.worked[role])}.",
                action="Add a person, or give steps to another role.",
            )


def _absences(reading: Reading) -> Iterator[Finding]:
    for role, longer in sorted(reading.without.items()):
        if reading.median and longer > LEANS_ON_ONE * reading.median:
            yield Finding(
                code="leans-on-one-role",
                severity="medium",
                title=f"An hour without '{role}' makes it {told_minutes(longer)} longer",
                where=role,
                action="Name a deputy who has the rights and has rehearsed it.",
            )


def _guessed(reading: Reading) -> Iterator[Finding]:
    if reading.guessed:
        yield Finding(
            code="durations-guessed",
            severity="low",
            title=f"{len(reading.guessed)} steps say no duration; a default was taken",
            where=", ".join(reading.guessed)[:300],
            action="Add minutes, best from a real incident or an exercise.",
            count=len(reading.guessed),
        )
