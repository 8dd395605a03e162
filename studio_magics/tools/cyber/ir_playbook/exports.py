"""Files: the playbook in CACAO, the rehearsal as JSON, and a run sheet with a tabletop exercise."""

import json
from collections.abc import Mapping
from typing import Any

from studio_magics.tools.cyber.ir_playbook.reading import Reading, told_minutes
from studio_magics.tools.cyber.ir_playbook.rehearsal import percentile
from studio_magics.tools.cyber.ir_playbook.workflow import Step
from studio_magics.tools.pictures import escaped


def cacao_json(document: Mapping[str, Any]) -> bytes:
    """The playbook as it was given or composed."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def rehearsal_json(reading: Reading) -> bytes:
    """All figures of the rehearsal."""
    minutes = reading.rehearsal.minutes
    document = {
        "playbook": reading.workflow.document.get("id"),
        "times": reading.times,
        "seed": reading.seed,
        "answers_given": dict(reading.fixed),
        "minutes": {"median": round(percentile(minutes, 0.5), 2), "p90": round(percentile(minutes, 0.9), 2)},
        "milestones": {
            name: {
                "reached_share": round(len(when) / reading.times, 4),
                "median": round(percentile(when, 0.5), 2),
                "p90": round(percentile(when, 0.9), 2),
                "goal": reading.workflow.goals.get(name),
                "met_share": round(reading.met(name), 4) if name in reading.workflow.goals else None,
            }
            for name, when in sorted(reading.rehearsal.reached.items())
        },
        "roles": {
            role: {
                "works": round(worked, 2),
                "is_waited_for": round(reading.rehearsal.waited.get(role, 0.0), 2),
            }
            for role, worked in sorted(reading.rehearsal.worked.items())
        },
        "scenarios": [
            {
                "chance": round(one.chance, 6),
                "minutes": round(one.minutes, 2),
                "answers": {reading.workflow.steps[name].name: answer for name, answer in one.answers},
                "milestones": {name: round(when, 2) for name, when in sorted(one.milestones.items())},
            }
            for one in reading.scenarios
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def run_sheet(reading: Reading) -> bytes:
    """The likeliest way with boxes to tick, then a tabletop: what to tell the team when, and what to ask."""
    name = _plain(reading.workflow.name)
    lines = [f"# Run sheet: {name}", "", _plain(str(reading.workflow.document.get("description", ""))), ""]
    lines += ["| done | from | to | who | step | what | milestone |", "|---|---|---|---|---|---|---|"]
    for one in sorted(reading.likely, key=lambda one: (one.start, one.end)):
        step = one.task.step
        cells = (
            "☐", told_minutes(one.start), told_minutes(one.end), reading.workflow.who(step), step.name,
            "; ".join(text for _, text in step.commands), step.milestone,
        )  # fmt: skip
        lines.append("| " + " | ".join(_plain(cell) for cell in cells) + " |")
    lines += ["", "## Questions on the way", ""]
    for step in reading.workflow.steps.values():
        if (
            step.kind in {"if-condition", "while-condition", "switch-condition"}
            and step.id in reading.reach.reached
        ):
            lines.append(f"- **{_plain(step.name)}**: {_plain(_question(step, reading))}")
    lines += ["", "## Tabletop", "", "Read each aloud at its minute; let the team act before you go on.", ""]
    lines += [f"{number}. {_plain(text)}" for number, text in enumerate(_injects(reading), 1)]
    return ("\n".join(lines) + "\n").encode()


def _question(step: Step, reading: Reading) -> str:
    said = reading.workflow.document["workflow"][step.id].get("description") or step.condition
    answers = ", ".join(case for case, _ in step.cases) or "yes or no"
    return f"{said} ({answers})"


def _injects(reading: Reading) -> list[str]:
    """Events that test what the rehearsal found to matter."""
    found = ["Minute 0: the first report comes in. Who takes it, and where is it written down?"]
    roles = sorted(reading.without.items(), key=lambda pair: (-pair[1], pair[0]))
    found += [
        f"Minute 10: '{role}' cannot be reached for an hour. Who decides, with what rights?"
        for role, _ in roles[:2]
    ]
    for one in sorted(reading.likely, key=lambda one: -one.waited)[:1]:
        if one.waited > 0:
            step, who = one.task.step.name, reading.workflow.who(one.task.step)
            found.append(f"Minute {one.ready:.0f}: '{step}' is ready and '{who}' is busy. What is put off?")
    found += [
        f"Minute {goal / 2:.0f}: management asks when '{name}' will be reached. What is the answer?"
        for name, goal in sorted(reading.workflow.goals.items(), key=lambda pair: pair[1])
    ]
    found += [
        f"At '{step.name}': an hour later the answer turns out to be another. What is done again?"
        for step in reading.workflow.steps.values()
        if step.kind in {"if-condition", "switch-condition"} and step.id in reading.reach.reached
    ]
    return found[:12]


def _plain(value: object) -> str:
    text = (
        escaped(value)
        .replace("&#x27;", "'")
        .replace("&quot;", '"')
        .replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("\n", " ")
    )
    for sign in "`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text
