"""Walks a playbook: every branch once, and many times with drawn answers and durations; nothing is executed.

People are limited: a step waits until somebody of its role is free. The same seed gives the same rehearsals.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.cyber.ir_playbook.workflow import Step, Workflow

MAX_TASKS = 2_000
MAX_SCENARIOS = 64
ABSENCE_MINUTES = 60.0
Answer = bool | str
Choose = Callable[["Step", Sequence[Answer], int], Answer]
"""(step, possible answers, how often it was asked) → the answer."""
Last = Callable[["Step"], float]


@dataclass(frozen=True)
class Task:
    """One step that somebody does, once."""

    step: Step
    before: tuple[int, ...]
    """Places of the tasks that must be done first."""


@dataclass
class Walk:
    """What is done on one way through the playbook."""

    tasks: list[Task] = field(default_factory=list["Task"])
    answers: list[tuple[str, Answer]] = field(default_factory=list[tuple[str, Answer]])
    visited: set[str] = field(default_factory=set[str])
    is_cut: bool = False


@dataclass(frozen=True)
class Done:
    """When a task was ready, began and ended, in minutes from the start."""

    task: Task
    ready: float
    start: float
    end: float

    @property
    def waited(self) -> float:
        """Minutes until somebody was free."""
        return self.start - self.ready - self.task.step.delay


def walk(workflow: Workflow, choose: Choose) -> Walk:
    """Follow the answers from start to end."""
    found = Walk()
    _sequence(workflow, workflow.start, (), choose, found)
    return found


def _sequence(
    workflow: Workflow, first: str, before: tuple[int, ...], choose: Choose, found: Walk
) -> tuple[int, ...]:
    """Walk a branch; returns the tasks after which it is done."""
    name = first
    while name:
        step = workflow.steps[name]
        found.visited.add(name)
        if step.kind == "end" or len(found.tasks) >= MAX_TASKS:
            found.is_cut |= step.kind != "end"
            break
        if step.works:
            found.tasks.append(Task(step, before))
            before = (len(found.tasks) - 1,)
        elif step.inner:
            before = _inside(workflow, step, before, choose, found)
        name = step.next
    return before


def _inside(
    workflow: Workflow, step: Step, before: tuple[int, ...], choose: Choose, found: Walk
) -> tuple[int, ...]:
    if step.kind == "parallel":
        ends = [_sequence(workflow, branch, before, choose, found) for branch in step.next_steps]
        return tuple(sorted({one for end in ends for one in end}))
    if step.kind == "while-condition":
        for time in range(step.at_most):
            if not _ask(step, (True, False), time, choose, found):
                break
            before = _sequence(workflow, step.on_true, before, choose, found)
        return before
    if step.kind == "if-condition":
        branch = step.on_true if _ask(step, (True, False), 0, choose, found) else step.on_false
    else:
        cases = dict(step.cases)
        branch = cases[str(_ask(step, tuple(cases), 0, choose, found))]
    return _sequence(workflow, branch, before, choose, found) if branch else before


def _ask(step: Step, possible: Sequence[Answer], time: int, choose: Choose, found: Walk) -> Answer:
    answer = choose(step, possible, time)
    found.answers.append((step.id, answer))
    return answer


@dataclass(frozen=True)
class Scenario:
    """One way through, with likely durations."""

    answers: tuple[tuple[str, Answer], ...]
    chance: float
    minutes: float
    steps: int
    milestones: Mapping[str, float]
    visited: frozenset[str]


def scenarios(workflow: Workflow, last: Last, fixed: Mapping[str, Answer]) -> tuple[list[Scenario], bool]:
    """Every combination of answers once (a while: not at all, or once); and whether that were all."""
    found: list[Scenario] = []
    waiting: list[tuple[Answer, ...]] = [()]
    while waiting and len(found) < MAX_SCENARIOS:
        script = waiting.pop(0)
        asked: list[tuple[Step, Sequence[Answer]]] = []

        def choose(step: Step, possible: Sequence[Answer], time: int) -> Answer:
            if step.name in fixed:
                return fixed[step.name] if time == 0 else False
            if step.kind == "while-condition" and time > 0:
                return False
            asked.append((step, possible))  # noqa: B023  - used within this turn only
            place = len(asked) - 1  # noqa: B023  - used within this turn only
            return script[place] if place < len(script) else possible[0]  # noqa: B023  - used within this turn only

        way = walk(workflow, choose)
        given = [*script, *(possible[0] for _, possible in asked[len(script) :])]
        for place in range(len(script), len(asked)):
            waiting += [(*given[:place], other) for other in asked[place][1][1:]]
        found.append(_scenario(workflow, way, last, fixed))
    return sorted(found, key=lambda one: (-one.chance, one.minutes, one.answers)), not waiting


def _scenario(workflow: Workflow, way: Walk, last: Last, fixed: Mapping[str, Answer]) -> Scenario:
    done = perform(workflow, way, last, {})
    chance = 1.0
    for name, answer in way.answers:
        step = workflow.steps[name]
        chance *= 1.0 if step.name in fixed else chance_of(step, answer)
    ends = [one.end for one in done]
    return Scenario(
        tuple(way.answers),
        chance,
        max(ends, default=0.0),
        len(done),
        milestones(done),
        frozenset(way.visited),
    )


def chance_of(step: Step, answer: Answer) -> float:
    """How likely an answer is: as said, else all alike."""
    if isinstance(answer, bool):
        yes = 0.5 if step.chance is None else step.chance
        return yes if answer else 1 - yes
    said = sum(step.chances.values())
    silent = [name for name, _ in step.cases if name not in step.chances]
    if answer in step.chances:
        return step.chances[answer] / (said if not silent and said else 1.0)
    return max(1.0 - said, 0.0) / len(silent)


def likeliest(fixed: Mapping[str, Answer]) -> Choose:
    """Answers every question as is most likely; a while that is likelier than not is done once."""

    def choose(step: Step, possible: Sequence[Answer], time: int) -> Answer:
        if step.name in fixed:
            return fixed[step.name] if time == 0 else False
        if time > 0:
            return False
        return max(possible, key=lambda answer: (chance_of(step, answer), answer is True))

    return choose


def perform(workflow: Workflow, way: Walk, last: Last, absent: Mapping[str, float]) -> list[Done]:
    """When each task is done, with so many people per role; `absent` is until when one role is away.

    A task without a role, such as a playbook that is called, waits for nobody.
    """
    free: dict[str, list[float]] = {}
    ends: dict[int, float] = {}
    done: list[Done] = []
    open_before = [set(task.before) for task in way.tasks]
    following: dict[int, list[int]] = {}
    for place, task in enumerate(way.tasks):
        for earlier in task.before:
            following.setdefault(earlier, []).append(place)
    waiting = [(0.0, place) for place, task in enumerate(way.tasks) if not task.before]
    heapq.heapify(waiting)
    while waiting:
        ready, place = heapq.heappop(waiting)
        step = way.tasks[place].step
        start = ready + step.delay
        if step.agent:
            away = absent.get(step.agent, 0.0)
            people = free.setdefault(step.agent, [away] * workflow.people.get(step.agent, 1))
            start = max(start, heapq.heappop(people))
        end = start + last(step)
        if step.agent:
            heapq.heappush(free[step.agent], end)
        ends[place] = end
        done.append(Done(way.tasks[place], ready, start, end))
        for later in following.get(place, []):
            open_before[later].discard(place)
            if not open_before[later]:
                heapq.heappush(waiting, (max(ends[one] for one in way.tasks[later].before), later))
    return done


def milestones(done: Sequence[Done]) -> dict[str, float]:
    """Milestone → when it was first reached."""
    found: dict[str, float] = {}
    for one in sorted(done, key=lambda one: one.end):
        if one.task.step.milestone:
            found.setdefault(one.task.step.milestone, one.end)
    return found


@dataclass(frozen=True)
class Rehearsal:
    """Many rehearsals."""

    minutes: tuple[float, ...]
    """How long each took."""
    reached: Mapping[str, tuple[float, ...]]
    """Milestone → when, in those that reached it."""
    worked: Mapping[str, float]
    """Role → minutes of work in the mean rehearsal."""
    waited: Mapping[str, float]
    """Role → minutes that steps waited for it."""


def rehearse(
    workflow: Workflow,
    last: Mapping[str, tuple[float, float, float]],
    *,
    times: int,
    seed: int,
    fixed: Mapping[str, Answer],
    absent: Mapping[str, float] | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Rehearsal:
    """Draw answers and durations, and walk through so many times."""
    minutes: list[float] = []
    reached: dict[str, list[float]] = {}
    worked: dict[str, float] = {}
    waited: dict[str, float] = {}
    for time in range(times):
        if time % 100 == 0:
            progress(time / times)
        draw = random.Random(f"{seed} {time}")  # noqa: S311  - repeatable rehearsals, no secret
        done = _once(workflow, last, draw, fixed, absent or {})
        minutes.append(max((one.end for one in done), default=0.0))
        for name, when in milestones(done).items():
            reached.setdefault(name, []).append(when)
        for one in done:
            role = workflow.who(one.task.step)
            worked[role] = worked.get(role, 0.0) + (one.end - one.start) / times
            waited[role] = waited.get(role, 0.0) + one.waited / times
    kept = {name: tuple(sorted(values)) for name, values in reached.items()}
    return Rehearsal(tuple(sorted(minutes)), kept, worked, waited)


def _once(
    workflow: Workflow,
    last: Mapping[str, tuple[float, float, float]],
    draw: random.Random,
    fixed: Mapping[str, Answer],
    absent: Mapping[str, float],
) -> list[Done]:
    def choose(step: Step, possible: Sequence[Answer], time: int) -> Answer:
        if step.name in fixed:
            return fixed[step.name] if time == 0 else False
        point = draw.random()
        for answer in possible:
            point -= chance_of(step, answer)
            if point < 0:
                return answer
        return possible[-1]

    return perform(workflow, walk(workflow, choose), lambda step: _pert(*last[step.id], draw), absent)


def _pert(low: float, likely: float, high: float, draw: random.Random) -> float:
    """A time between low and high with its mode at likely."""
    span = high - low
    if span <= 0:
        return low
    first, second = 1 + 4 * (likely - low) / span, 1 + 4 * (high - likely) / span
    return low + span * draw.betavariate(first, second)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of sorted values lies; 0 without values."""
    return values[min(int(share * len(values)), len(values) - 1)] if values else 0.0
