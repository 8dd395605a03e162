"""Draws runs: a list, one run, and the line of a run in the kernel."""

from typing import Protocol

from studio_magics.contracts.runs import TERMINAL_STATES, Run, RunList, RunSummary
from studio_magics.display import wording
from studio_magics.display.bundle import Display
from studio_magics.display.markup import card, element, join, line, strong, table

MARKS = {"succeeded": "✔", "queued": "·", "running": "…"}


class Started(Protocol):
    """A run that was started and is not waited for."""

    @property
    def run(self) -> Run:
        """As it was when last looked at."""
        ...


def run_list(found: RunList) -> Display:
    """One line per run, newest first."""
    if not found.runs:
        return Display("no runs yet", element("p", "no runs yet"))
    rows = [_row(run) for run in found.runs]
    notes = _under_way(found)
    if found.next_before:
        notes.append(f"more: %studio runs --before {found.next_before}")
    heads = ("run", "tool", "state", "credits", "started", "input")
    html = table(wording.plural(len(rows), "run"), heads, [row[:6] for row in rows], numbers=(3,))
    lines = ["  ".join(part for part in row if part) for row in rows]
    return Display("\n".join([*lines, *notes]), join([html, *(element("div", note) for note in notes)]))


def _under_way(found: RunList) -> list[str]:
    """How to get at what is not over, also after the kernel that started it has gone."""
    going = [run.id for run in found.runs if run.state not in TERMINAL_STATES]
    if not going:
        return []
    return [f"under way: %studio wait {going[0]} gives the result, %studio cancel {going[0]} stops it"]


def _row(run: RunSummary) -> tuple[str, ...]:
    started = wording.moment_text(run.created_at)
    return (run.id, run.tool_title, state_text(run), cost_text(run), started, run.input_summary)


def state_text(run: RunSummary) -> str:
    """'✔ succeeded', '· queued, position 3', '… running 40 %', '✘ timed out'."""
    mark = MARKS.get(run.state, "✘")
    percent = f" {run.progress_percent} %" if run.state == "running" else ""
    return f"{mark} {queue_text(run) or run.state.replace('_', ' ')}{percent}"


def queue_text(run: RunSummary) -> str:
    """'queued, position 3', or nothing for a run that does not wait or whose place is not known."""
    if run.state != "queued" or run.queue_position is None:
        return ""
    return f"queued, position {run.queue_position:,}"


def detached(started: Started) -> Display:
    """A run that goes on by itself: how it is, the most it can cost, how to get its result."""
    run = started.run
    text = f"{state_text(run)} · {run.tool_title} · {run.id} · {cost_text(run)} credits"
    over = run.state in TERMINAL_STATES
    steps = f"%studio wait {run.id} gives the result"
    steps = steps if over else f"{steps}; %studio cancel {run.id} stops it"
    html = card(line(strong(text)), line(steps), label=f"Run {run.id}")
    return Display(f"{text}\n  {steps}", html)


def cost_text(run: RunSummary) -> str:
    """What it cost, or the most it can cost while it runs."""
    if run.answered_from:
        return "0, stored result"
    if run.charged_credits is None:
        return f"at most {run.max_credits:,}"
    return f"{run.charged_credits:,} of at most {run.max_credits:,}"


def run_page(run: Run) -> Display:
    """One run: state, money, times and what came of it."""
    facts = _facts(run)
    lines = [f"{state_text(run)} · {run.tool_title} · {run.id}", *(f"  {fact}" for fact in facts)]
    if run.log_lines:
        lines += ["  log:", *(f"    {logged}" for logged in run.log_lines)]
    head = line(strong(f"{run.tool_title} · {state_text(run)}"), f" · {run.id}")
    log = [element("pre", "\n".join(run.log_lines))] if run.log_lines else []
    html = card(head, *(line(fact) for fact in facts), *log, label=f"Run {run.id}")
    return Display("\n".join(lines), html)


def _facts(run: Run) -> list[str]:
    facts = [f"credits {cost_text(run)} (typically {run.typical_credits:,})"]
    if run.answered_from:
        facts = [f"0 credits: the stored result of {run.answered_from}; --fresh runs again"]
    if run.input_summary:
        facts.append(f"input: {run.input_summary}")
    ended = f", ended {wording.moment_text(run.ended_at)}" if run.ended_at else ""
    facts.append(f"started {wording.moment_text(run.created_at)}{ended}")
    if run.stage and run.ended_at is None:
        facts.append(f"stage: {run.stage}")
    if run.result is not None:
        facts.append(run.result.headline)
    if run.failure is not None:
        facts.append(f"{run.failure.error} {wording.sentence(run.failure.reason)}".strip())
    if run.receipt_id:
        facts.append(f"receipt: %studio receipt {run.receipt_id}")
    if run.ended_at is None:
        facts.append(f"result: %studio wait {run.id}")
    return facts
