"""What the graph of a playbook is: what is reached, where it stops, where it goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.cyber.ir_playbook.workflow import Step, Workflow


@dataclass(frozen=True)
class Reach:
    """The graph looked at as a whole."""

    reached: frozenset[str]
    dead_ends: tuple[Step, ...]
    """Steps that are no end and lead nowhere."""
    rings: tuple[tuple[Step, ...], ...]
    """Steps that lead to themselves again, other than by a while."""
    shared_ends: tuple[Step, ...]
    """End steps that close more than one branch; CACAO asks for one each."""

    @property
    def can_be_walked(self) -> bool:
        """Whether every walk comes to an end."""
        return not self.rings


def look(workflow: Workflow) -> Reach:
    """Walk the graph once from its start."""
    reached = _reached(workflow)
    here = [step for name, step in workflow.steps.items() if name in reached]
    return Reach(
        reached=frozenset(reached),
        dead_ends=tuple(
            step for step in here if step.kind != "end" and not step.after and not _is_whole(step)
        ),
        rings=tuple(_rings(workflow, reached)),
        shared_ends=tuple(_shared_ends(workflow, here)),
    )


def _is_whole(step: Step) -> bool:
    """A condition or parallel step whose branches all end is allowed to lead nowhere else."""
    return bool(step.inner)


def _reached(workflow: Workflow) -> set[str]:
    reached: set[str] = set()
    waiting = [workflow.start]
    exception = str(workflow.document.get("workflow_exception", ""))
    if exception in workflow.steps:
        waiting.append(exception)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            step = workflow.steps[name]
            waiting += [*step.inner, *step.after]
    return reached


def _rings(workflow: Workflow, reached: set[str]) -> Iterator[tuple[Step, ...]]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in sorted(reached):
        step = workflow.steps[name]
        graph.add_edges_from((name, other) for other in (*step.inner, *step.after))
    for ring in nx.strongly_connected_components(graph):
        first = min(ring)
        if len(ring) > 1 or graph.has_edge(first, first):
            yield tuple(workflow.steps[name] for name in sorted(ring))


def _shared_ends(workflow: Workflow, here: list[Step]) -> Iterator[Step]:
    closing: dict[str, set[str]] = {}
    for owner in here:
        for branch in owner.inner:
            for name in _ends_of(workflow, branch):
                closing.setdefault(name, set()).add(f"{owner.id} {branch}")
    for name in sorted(closing):
        if len(closing[name]) > 1:
            yield workflow.steps[name]


def _ends_of(workflow: Workflow, first: str) -> set[str]:
    """End steps in which a branch itself comes to its end, not those of branches inside of it."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        step = workflow.steps[name]
        if step.kind == "end":
            found.add(name)
        waiting += step.after
    return found
