"""The tables of a rehearsal."""

from studio_magics.contracts.results import Column, ColumnKind, Table
from studio_magics.tools.cyber.ir_playbook.reading import Reading
from studio_magics.tools.cyber.ir_playbook.rehearsal import Scenario, percentile

MAX_ROWS = 64


def all_tables(reading: Reading) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    tables = (_goals(reading), _roles(reading), _scenarios(reading), _steps(reading))
    return tuple(table for table in tables if table.rows)


def _columns(*wanted: tuple[str, ColumnKind]) -> tuple[Column, ...]:
    units = {"time": "min", "percent": "%"}
    return tuple(
        Column(name=name, kind="number" if kind == "time" else kind, unit=units.get(kind, ""))
        for name, kind in wanted
    )


def _goals(reading: Reading) -> Table:
    rows = [
        (
            name, reading.workflow.goals.get(name), round(percentile(when, 0.5), 1),
            round(percentile(when, 0.9), 1),
            round(100 * len(when) / reading.times, 1),
            round(100 * reading.met(name), 1) if name in reading.workflow.goals else None,
        )
        for name, when in sorted(reading.rehearsal.reached.items(), key=lambda pair: percentile(pair[1], 0.5))
    ]  # fmt: skip
    minutes = reading.rehearsal.minutes
    if minutes:
        rows.append(
            (
                "the whole",
                None,
                round(percentile(minutes, 0.5), 1),
                round(percentile(minutes, 0.9), 1),
                100.0,
                None,
            )
        )
    return Table(
        title="Times",
        columns=_columns(
            ("milestone", "text"), ("goal", "time"), ("median", "time"), ("9 of 10 within", "time"),
            ("reached in", "percent"), ("goal met in", "percent"),
        ),
        rows=tuple(rows),
        note=(
            f"{reading.times:,} rehearsals, seed {reading.seed}; 'goal met' is of those that reach the "
            "milestone"
        ),
    )  # fmt: skip


def _roles(reading: Reading) -> Table:
    people = {
        reading.workflow.agents[agent]: count
        for agent, count in reading.workflow.people.items()
        if agent in reading.workflow.agents
    }
    rows = tuple(
        (
            role, people.get(role, 1), round(worked, 1), round(reading.rehearsal.waited.get(role, 0.0), 1),
            round(reading.without[role], 1) if role in reading.without else None,
        )
        for role, worked in sorted(reading.rehearsal.worked.items(), key=lambda pair: (-pair[1], pair[0]))
    )  # fmt: skip
    return Table(
        title="Roles",
        columns=_columns(
            ("role", "text"), ("people", "integer"), ("works", "time"), ("is waited for", "time"),
            ("longer when away for the first hour", "time"),
        ),
        rows=rows,
        note="means over all rehearsals",
    )  # fmt: skip


def _scenarios(reading: Reading) -> Table:
    rows = tuple(
        (
            number, round(100 * one.chance, 1), one.steps, round(one.minutes, 1),
            "; ".join(f"{name} {when:.0f}" for name, when in sorted(one.milestones.items(), key=_when)),
            _answers(reading, one)[:400],
        )
        for number, one in enumerate(reading.scenarios[:MAX_ROWS], 1)
    )  # fmt: skip
    covered = {name for one in reading.scenarios for name in one.visited}
    acts = [name for name in reading.reach.reached if reading.workflow.steps[name].works]
    walked = sum(1 for name in acts if name in covered)
    all_told = (
        "every combination of answers" if reading.all_scenarios else "the first combinations of answers"
    )
    return Table(
        title="Scenarios",
        columns=_columns(
            ("number", "integer"), ("chance", "percent"), ("steps done", "integer"), ("likely", "time"),
            ("milestones after minutes", "text"), ("answers", "text"),
        ),
        rows=rows,
        note=(
            f"{all_told}, a while at most once; {walked} of {len(acts)} actions that can be reached "
            "were walked"
        ),
    )  # fmt: skip


def _when(pair: tuple[str, float]) -> float:
    return pair[1]


def _answers(reading: Reading, one: Scenario) -> str:
    names = reading.workflow.steps
    return "; ".join(f"{names[step].name}: {_said(answer)}" for step, answer in one.answers)


def _said(answer: object) -> str:
    return {True: "yes", False: "no"}.get(answer, str(answer)) if isinstance(answer, bool) else str(answer)


def _steps(reading: Reading) -> Table:
    rows = tuple(
        (
            number, round(one.start), round(one.end), reading.workflow.who(one.task.step), one.task.step.name,
            "; ".join(text for _, text in one.task.step.commands)[:300], one.task.step.milestone,
            round(one.waited),
        )
        for number, one in enumerate(sorted(reading.likely, key=lambda one: (one.start, one.end)), 1)
    )  # fmt: skip
    return Table(
        title="Run sheet of the likeliest way",
        columns=_columns(
            ("number", "integer"), ("from", "time"), ("to", "time"), ("who", "text"), ("step", "text"),
            ("what", "text"),
            ("milestone", "text"), ("waited", "time"),
        ),
        rows=rows,
        note="minutes from the start, with likely durations",
    )  # fmt: skip
