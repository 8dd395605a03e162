"""The pictures of a playbook: workflow, the likeliest way as a timeline, how soon milestones are reached."""

from studio_magics.contracts.results import Figure
from studio_magics.tools.cyber.ir_playbook.reading import Reading, told_minutes
from studio_magics.tools.cyber.ir_playbook.rehearsal import percentile
from studio_magics.tools.cyber.ir_playbook.workflow import Step, Workflow
from studio_magics.tools.pictures import TONES, Tone
from studio_magics.tools.pictures.curves import Curve, Guide, line_chart
from studio_magics.tools.pictures.lane_flow import (
    FlowEdge,
    FlowLane,
    FlowNode,
    Shape,
    lane_flow,
    mermaid_flow,
)
from studio_magics.tools.pictures.timeline import Moment, Span, minute_ticks, timeline

SHAPES: dict[str, Shape] = {
    "start": "pill",
    "end": "pill",
    "action": "round",
    "playbook-action": "box",
    "parallel": "box",
}
ROLE_TONES: tuple[Tone, ...] = ("plain", "second", "good", "fair", "poor", "quiet")
MAX_CURVES = 5
MAX_ROWS = 40
MAX_DRAWN = 70
KEY = ("Round: action · six-sided: question · square: side by side.", "Green: milestone; red: leads nowhere.")


def all_figures(reading: Reading) -> tuple[Figure, ...]:
    """The workflow always; times where it could be rehearsed."""
    figures = [_workflow(reading)]
    if reading.likely:
        figures.append(_timeline(reading))
    if reading.rehearsal.reached:
        figures.append(_milestones(reading))
    return tuple(figures)


def _workflow(reading: Reading) -> Figure:
    workflow = reading.workflow
    edges = _edges(workflow)
    shown = {name for one, other, _ in edges for name in (one, other)} | {workflow.start}
    depth = _depths(workflow.start, edges, shown)
    edges.sort(key=lambda edge: (depth[edge[0]], depth[edge[1]], edge))
    order = sorted(shown, key=lambda name: (depth[name], workflow.steps[name].name))[:MAX_DRAWN]
    lanes = [
        FlowLane("", tuple(_node(workflow.steps[name], reading) for name in order if depth[name] == level))
        for level in sorted({depth[name] for name in order})
    ]
    kept = set(order)
    drawn = [
        FlowEdge(one, other, mark, _told(workflow, one, other, mark), dashed=mark == "on failure")
        for one, other, mark in edges
        if one in kept and other in kept
    ]
    notes = [*KEY]
    if len(shown) > MAX_DRAWN:
        notes.append(f"{len(shown) - MAX_DRAWN} later steps are left out.")
    return Figure(
        title="Workflow",
        alt_text=f"{len(order)} steps of '{workflow.name}': " + "; ".join(edge.told for edge in drawn[:20]),
        svg=lane_flow(workflow.name, lanes, drawn, notes=notes, downwards=True),
        mermaid=mermaid_flow(lanes, drawn, direction="TD"),
    )


def _told(workflow: Workflow, one: str, other: str, mark: str) -> str:
    return f"{workflow.steps[one].name} → {workflow.steps[other].name}" + (f" ({mark})" if mark else "")


def _edges(workflow: Workflow) -> list[tuple[str, str, str]]:
    """Arrows as they are read: what ends a branch leads to where its owner goes on."""
    goes_on: dict[str, str] = {}
    _resolve(workflow, workflow.start, "", goes_on, set())
    found: list[tuple[str, str, str]] = []
    for step in workflow.steps.values():
        if step.kind == "end" and goes_on.get(step.id):
            continue
        links = [(step.on_true, "yes"), (step.on_false, "no"), *((one, "") for one in step.next_steps)]
        links += [(one, case) for case, one in step.cases]
        branches = bool(step.inner)
        if step.kind == "while-condition" or (step.kind == "if-condition" and not step.on_false):
            links.append((step.on_completion, "no"))
        elif not branches:
            links += [(step.on_completion, ""), (step.on_success, "")]
        links.append((step.on_failure, "on failure"))
        for other, mark in links:
            target = _through(workflow, other, goes_on)
            if target and target != step.id:
                found.append((step.id, target, mark[:14]))
    return list(dict.fromkeys(found))


def _through(workflow: Workflow, name: str, goes_on: dict[str, str]) -> str:
    """The step that is reached, past ends of branches."""
    for _ in range(len(workflow.steps)):
        if not name or workflow.steps[name].kind != "end" or not goes_on.get(name):
            return name
        name = goes_on[name]
    return name


def _resolve(workflow: Workflow, first: str, after: str, goes_on: dict[str, str], seen: set[str]) -> None:
    """Note for every end of a branch where the owner of the branch goes on."""
    waiting = [(first, after)]
    while waiting:
        name, following = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        step = workflow.steps[name]
        if step.kind == "end":
            goes_on[name] = following
        back = step.id if step.kind == "while-condition" else (step.on_completion or following)
        waiting += [(inner, back) for inner in step.inner]
        waiting += [(other, following) for other in step.after]


def _depths(start: str, edges: list[tuple[str, str, str]], shown: set[str]) -> dict[str, int]:
    """Longest way from the start; arrows back (a while) do not count, what is not reached stands first."""
    depth = {start: 0}
    below: dict[str, list[str]] = {}
    for one, other, _ in edges:
        below.setdefault(one, []).append(other)

    def go(name: str, level: int, above: frozenset[str]) -> None:
        for other in below.get(name, []):
            if other not in above and depth.get(other, -1) < level + 1 <= len(shown):
                depth[other] = level + 1
                go(other, level + 1, above | {other})

    go(start, 0, frozenset({start}))
    return {name: depth.get(name, 0) for name in shown}


def _node(step: Step, reading: Reading) -> FlowNode:
    reach = reading.reach
    wrong = (
        step.id not in reach.reached or step in reach.dead_ends or any(step in ring for ring in reach.rings)
    )
    tone: Tone = "bad" if wrong else "good" if step.milestone else "quiet"
    note = step.milestone
    if step.kind == "action":
        length = f"{told_minutes(step.minutes[1])} · " if step.minutes else ""
        note = f"{length}{reading.workflow.who(step)}"
    return FlowNode(step.id, step.name, SHAPES.get(step.kind, "choice"), note, tone)


def _timeline(reading: Reading) -> Figure:
    done = sorted(reading.likely, key=lambda one: (one.start, one.end))[:MAX_ROWS]
    roles = list(dict.fromkeys(reading.workflow.who(one.task.step) for one in done))
    tones: dict[str, Tone] = {
        role: ROLE_TONES[min(number, len(ROLE_TONES) - 1)] for number, role in enumerate(roles)
    }
    spans = [
        Span(
            name=one.task.step.name,
            who=reading.workflow.who(one.task.step),
            start=one.start,
            end=one.end,
            tone=tones[reading.workflow.who(one.task.step)],
            waited_from=one.ready,
        )
        for one in done
    ]
    longest = max(one.end for one in done)
    goals = [
        Moment(minutes, f"goal: {name}", "bad")
        for name, minutes in sorted(reading.workflow.goals.items())
        if minutes <= 1.5 * longest
    ]
    return Figure(
        title="The likeliest way",
        alt_text="; ".join(
            f"{s.name} by {s.who} from {told_minutes(s.start)} to {told_minutes(s.end)}" for s in spans[:20]
        ),
        svg=timeline(
            f"The likeliest way: {told_minutes(longest)}",
            spans,
            moments=goals,
            text=told_minutes,
            legend=[(role, tones[role]) for role in roles[: len(TONES)]],
            note="Likely durations; a dotted line is waiting for somebody to be free",
        ),
    )


def _milestones(reading: Reading) -> Figure:
    curves: list[Curve] = []
    guides: list[Guide] = []
    for number, (name, when) in enumerate(sorted(reading.rehearsal.reached.items())[:MAX_CURVES]):
        step = max(len(when) // 60, 1)
        places = [*range(0, len(when), step), len(when) - 1]
        risen = [(when[place], (place + 1) / reading.times) for place in places]
        points = ((0.0, 0.0), (when[0], 0.0), *risen)
        curves.append(Curve(name, points, ROLE_TONES[number % len(ROLE_TONES)]))
        if name in reading.workflow.goals:
            guides.append(
                Guide(
                    "x", reading.workflow.goals[name], f"goal: {name}", ROLE_TONES[number % len(ROLE_TONES)]
                )
            )
    ends = [curve.points[-1][0] for curve in curves]
    return Figure(
        title="How soon milestones are reached",
        alt_text="; ".join(
            f"{curve.name}: half of those that reach it within "
            f"{told_minutes(percentile(reading.rehearsal.reached[curve.name], 0.5))}"
            for curve in curves
        ),
        svg=line_chart(
            "Share of rehearsals that have reached a milestone",
            curves,
            x_title="time from the start",
            y_title="share of all rehearsals",
            guides=guides,
            x_text=told_minutes,
            x_ticks=minute_ticks(max([*ends, *(guide.at for guide in guides)], default=1.0)),
            y_text=lambda share: f"{share:.0%}",
            y_to=1.0,
            note=(
                f"{reading.times:,} rehearsals, seed {reading.seed}; a curve that stays low is a way "
                "that is seldom taken"
            ),
        ),
    )
