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
    retries: tuple[tuple[Step, ...], ...]
    """Steps that lead to themselves again only when one of them fails."""
    twice: tuple[Step, ...]
    """Steps that a branch leads on to and that follow its condition or parallel step as well."""
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
    rings = tuple(_rings(workflow, reached, fails=False))
    round_about = {frozenset(step.id for step in ring) for ring in rings}
    return Reach(
        reached=frozenset(reached),
        dead_ends=tuple(
            step for step in here if step.kind != "end" and not step.next and not _is_whole(step)
        ),
        rings=rings,
        retries=tuple(
            ring
            for ring in _rings(workflow, reached, fails=True)
            if not any(known <= {step.id for step in ring} for known in round_about)
        ),
        twice=tuple(_twice(workflow, here)),
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


def _rings(workflow: Workflow, reached: set[str], *, fails: bool) -> Iterator[tuple[Step, ...]]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in sorted(reached):
        step = workflow.steps[name]
        after = step.after if fails else (step.next,) if step.next else ()
        graph.add_edges_from((name, other) for other in (*step.inner, *after))
    for ring in nx.strongly_connected_components(graph):
        first = min(ring)
        if len(ring) > 1 or graph.has_edge(first, first):
            yield tuple(workflow.steps[name] for name in sorted(ring))


def _twice(workflow: Workflow, here: list[Step]) -> Iterator[Step]:
    found: set[str] = set()
    for owner in here:
        if owner.inner and owner.next:
            inside = {name for branch in owner.inner for name in _line_of(workflow, branch)}
            found |= inside & _line_of(workflow, owner.next)
    for name in sorted(found):
        if workflow.steps[name].kind != "end":
            yield workflow.steps[name]


def _line_of(workflow: Workflow, first: str) -> set[str]:
    """The steps of a branch in a row, without those of branches inside of it."""
    seen: set[str] = set()
    name = first
    while name and name not in seen:
        seen.add(name)
        name = workflow.steps[name].next
    return seen


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
