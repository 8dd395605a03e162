"""The picture of a workflow: what starts it, its jobs, and what waits for what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.documents import as_list, as_map, as_text, shown
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.dev.cicd.existing import Workflow
    from studio_magics.tools.pictures import Tone

MAX_WORKFLOWS = 6
MAX_JOBS = 24
MAX_STEPS = 7
START = "\x00start"
TONES: dict[str, Tone] = {"critical": "bad", "high": "bad", "medium": "fair", "low": "plain", "info": "plain"}
LEGEND: tuple[tuple[str, Tone], ...] = (
    ("job", "plain"),
    ("publishes or deploys", "second"),
    ("medium finding", "fair"),
    ("grave finding", "bad"),
)


def job_graph(workflow: Workflow, worst: Mapping[str, Severity]) -> Figure:
    """The jobs of one workflow; `worst` is the gravest finding of each."""
    jobs = dict(list(workflow.jobs.items())[:MAX_JOBS])
    triggers = _triggers(workflow)
    nodes = [Node(START, "starts on", triggers or ("nothing",), "quiet")]
    nodes += [_node(name, job, worst.get(name)) for name, job in jobs.items()]
    links: list[Link] = []
    for name, needs in workflow.needs().items():
        links += [Link(one, name, told=f"{name} waits for {one}") for one in needs]
        if not needs:
            links.append(Link(START, name, dashed=True, told=f"{name} starts at once"))
    left = len(workflow.jobs) - len(jobs)
    title = f"Jobs of {shown(workflow.name)}"
    told = "; ".join(link.told for link in links[:40])
    note = f"{left} more jobs are not drawn." if left else ""
    svg = linked_boxes(title, nodes, links, legend=LEGEND, note=note, description=told)
    alt = f"{title}: {counted(len(workflow.jobs), 'job')}. {told}."
    return Figure(title=title, alt_text=alt, svg=svg, mermaid=mermaid(workflow))


def _triggers(workflow: Workflow) -> tuple[str, ...]:
    on = workflow.value.get("on")
    if isinstance(on, str):
        return (on,)
    if isinstance(on, list):
        return tuple(str(one) for one in as_list(on))
    return tuple(f"{name}{_branches(value)}" for name, value in as_map(on).items())


def _branches(value: Any) -> str:
    if isinstance(value, list):
        crons = [as_text(as_map(one).get("cron")) for one in as_list(value)]
        return f" {', '.join(crons)}" if any(crons) else ""
    parts = [str(one) for key in ("branches", "tags") for one in as_list(as_map(value).get(key))]
    return f" {', '.join(parts)}" if parts else ""


def _node(name: str, job: dict[str, Any], severity: Severity | None) -> Node:
    steps = as_list(job.get("steps"))
    rows = [f"on {_system(job)}"] + [_step(as_map(one)) for one in steps[:MAX_STEPS]]
    if isinstance(job.get("uses"), str):
        rows = [f"calls {job['uses']}"]
    left = len(steps) - MAX_STEPS
    outward = "environment" in job or "write" in as_map(job.get("permissions")).values()
    tone: Tone = (
        TONES[severity] if severity in {"critical", "high", "medium"} else "second" if outward else "plain"
    )
    return Node(
        name, as_text(job.get("name")) or name, tuple(rows), tone, f"{left} more steps" if left > 0 else ""
    )


def _system(job: dict[str, Any]) -> str:
    where = job.get("runs-on")
    matrix = as_map(as_map(job.get("strategy")).get("matrix"))
    counts = [len(as_list(one)) for key, one in matrix.items() if key not in {"include", "exclude"}]
    times = 1
    for count in counts:
        times *= max(count, 1)
    shown_where = (
        ", ".join(str(one) for one in as_list(where)) if isinstance(where, list) else str(where or "")
    )
    if "${{" in shown_where:
        shown_where = f"{len(as_list(matrix.get('system'))) or 'several'} systems"
    return f"{shown_where}{f' × {times}' if times > 1 else ''}"


def _step(step: dict[str, Any]) -> str:
    name = as_text(step.get("name"))
    if name:
        return name
    uses = as_text(step.get("uses"))
    return uses.split("@")[0] if uses else as_text(step.get("run")).strip().split("\n")[0]


def mermaid(workflow: Workflow) -> str:
    """The same as a Mermaid flowchart."""
    names = {name: f"j{number}" for number, name in enumerate(workflow.jobs)}
    lines = ["flowchart LR"]
    for name, job in workflow.jobs.items():
        text = re.sub(r'[\x00-\x1f"<>&\\`#;{}\[\]|()]', "'", as_text(job.get("name")) or name)[:80]
        lines.append(f'    {names[name]}["{text}"]')
    lines += [
        f"    {names[one]} --> {names[name]}"
        for name, needs in workflow.needs().items()
        for one in needs
        if one in names
    ]
    return "\n".join(lines) + "\n"


def graphs(workflows: Sequence[Workflow], worst: Mapping[tuple[str, str], Severity]) -> tuple[Figure, ...]:
    """One picture for each of the first workflows."""
    return tuple(
        job_graph(one, {job: level for (name, job), level in worst.items() if name == one.name})
        for one in workflows[:MAX_WORKFLOWS]
    )
