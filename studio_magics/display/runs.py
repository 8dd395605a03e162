"""Draws runs: a list, one run, and the line of a run in the kernel."""

from studio_magics.contracts.runs import Run, RunList, RunSummary
from studio_magics.display import wording
from studio_magics.display.bundle import Display
from studio_magics.display.markup import card, element, join, line, strong, table

MARKS = {"succeeded": "✔", "queued": "·", "running": "…"}


def run_list(found: RunList) -> Display:
    """One line per run, newest first."""
    if not found.runs:
        return Display("no runs yet", element("p", "no runs yet"))
    rows = [_row(run) for run in found.runs]
    more = f"more: %studio runs --before {found.next_before}" if found.next_before else ""
    heads = ("run", "tool", "state", "credits", "started", "input")
    html = table(wording.plural(len(rows), "run"), heads, [row[:6] for row in rows], numbers=(3,))
    lines = ["  ".join(part for part in row if part) for row in rows]
    return Display("\n".join([*lines, *([more] if more else [])]), join([html, element("div", more)]))


def _row(run: RunSummary) -> tuple[str, ...]:
    started = wording.moment_text(run.created_at)
    return (run.id, run.tool_title, state_text(run), cost_text(run), started, run.input_summary)


def state_text(run: RunSummary) -> str:
    """'✔ succeeded', '… running 40 %', '✘ timed out'."""
    mark = MARKS.get(run.state, "✘")
    percent = f" {run.progress_percent} %" if run.state == "running" else ""
    return f"{mark} {run.state.replace('_', ' ')}{percent}"


def cost_text(run: RunSummary) -> str:
    """What it cost, or the most it can cost while it runs."""
    if run.charged_credits is None:
        return f"at most {run.max_credits:,}"
    return f"{run.charged_credits:,} of at most {run.max_credits:,}"


def run_page(run: Run) -> Display:
    """One run: state, money, times and what came of it."""
    facts = _facts(run)
    text = "\n".join([f"{state_text(run)} · {run.tool_title} · {run.id}", *(f"  {fact}" for fact in facts)])
    head = line(strong(f"{run.tool_title} · {state_text(run)}"), f" · {run.id}")
    return Display(text, card(head, *(line(fact) for fact in facts), label=f"Run {run.id}"))


def _facts(run: Run) -> list[str]:
    facts = [f"credits {cost_text(run)} (typically {run.typical_credits:,})"]
    if run.input_summary:
        facts.append(f"input: {run.input_summary}")
    ended = f", ended {wording.moment_text(run.ended_at)}" if run.ended_at else ""
    facts.append(f"started {wording.moment_text(run.created_at)}{ended}")
    if run.stage and run.ended_at is None:
        facts.append(f"stage: {run.stage}")
    if run.result is not None:
        facts.append(run.result.headline)
    if run.failure is not None:
        facts.append(f"{run.failure.error} {run.failure.reason}".strip())
    if run.receipt_id:
        facts.append(f"receipt: %studio receipt {run.receipt_id}")
    return facts
