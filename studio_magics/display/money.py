"""Draws money: what is there, what a run would cost, what it did cost, what happened."""

from studio_magics.contracts.account import Balance, SpendControls, Statement, Window
from studio_magics.contracts.billing import Estimate, Measured, PriceLine, Receipt, Standing
from studio_magics.contracts.catalogue import RunLimits
from studio_magics.display import wording
from studio_magics.display.bundle import ESTIMATE_MIME, RECEIPT_MIME, Display, as_data
from studio_magics.display.markup import Html, bar, card, element, join, line, strong, table
from studio_magics.display.wording import credits_text

MARKS = {"succeeded": "✔", "running": "…", "queued": "…"}


def balance(now: Balance) -> Display:
    """One line: who, plan, what is left, today; then only what matters now; a second line for a notice."""
    text = " · ".join(_balance_facts(now))
    meters = [
        line(bar(window.spent_credits + window.held_credits, window.cap_credits, _window_text(window)))
        for window in (now.day, now.month)
    ]
    note = [line(now.note, muted=True)] if now.note else []
    notice = [line(_notice(now))] if now.notice else []
    head = line(strong(credits_text(now.available_credits)), f" · {now.user} · {now.plan.title}")
    rest = [line(fact) for fact in _balance_facts(now)[4:]]
    lines = [text, _notice(now)] if now.notice else [text]
    return Display("\n".join(lines), card(head, *notice, *meters, *rest, *note, label="Studio balance"))


def _notice(now: Balance) -> str:
    return f"{now.notice} (%studio notices)"


def _balance_facts(now: Balance) -> list[str]:
    facts = [now.user, now.plan.title, credits_text(now.available_credits)]
    facts.append(f"today {_used(now.day):,} of {now.day.cap_credits:,}")
    if now.held_credits:
        facts.append(f"{now.held_credits:,} held by runs")
    left_today = max(now.day.cap_credits - _used(now.day), 0)
    if now.spendable_credits < min(now.available_credits, left_today):
        facts.append(f"{now.spendable_credits:,} can be spent now")
    if now.level == "blocked":
        facts.append(f"the next metered run would be refused until {wording.moment_text(now.day.resets_at)}")
    elif now.alert_percent is not None:
        facts.append(f"alert: {now.alert_percent} % of a limit reached")
    return facts


def _used(window: Window) -> int:
    return window.spent_credits + window.held_credits


def _window_text(window: Window) -> str:
    name = {"day": "today", "month": "this month"}[window.kind]
    return f"{name} {_used(window):,} of {window.cap_credits:,}"


def estimate(found: Estimate) -> Display:
    """Least, typical and most, how it adds up, and what is left after."""
    place = "in this kernel" if found.place == "kernel" else "on the server"
    lines = [f"{found.tool_title} · {place}", *(f"  {fact}" for fact in _estimate_facts(found))]
    figures = [
        [name, f"{amount:,}"]
        for name, amount in (
            ("at least", found.min_credits),
            ("typically", found.typical_credits),
            ("at most", found.max_credits),
        )
    ]
    html = card(
        line(strong(found.tool_title), f" · {place}"),
        table("Credits", ("", "credits"), figures, numbers=(1,)) if found.max_credits else Html(""),
        *(line(fact) for fact in _estimate_facts(found)[0 if not found.max_credits else 1 :]),
        label=f"Estimate for {found.tool_title}",
    )
    return Display("\n".join(lines), html, as_data(ESTIMATE_MIME, found))


def _estimate_facts(found: Estimate) -> list[str]:
    if found.max_credits == 0:
        facts = [f"0 credits · {_forecast(found)}"]
    else:
        facts = [_range(found.min_credits, found.typical_credits, found.max_credits)]
        facts.append("; ".join(part for part in (price_lines(found.lines), _limits(found.limits)) if part))
    if found.measured_runs:
        facts.append(f"typical rests on {wording.plural(found.measured_runs, 'measured run')} on this server")
    if found.stored_run_id:
        facts.append(f"the result of {found.stored_run_id} is stored: now 0 credits, --fresh runs again")
    if found.place == "server":
        facts.extend(_standing(found.standing))
    facts.append(found.free_alternative)
    return [fact for fact in facts if fact]


def _forecast(found: Estimate) -> str:
    cpu, peak = wording.seconds_text(found.forecast.cpu_ms), wording.size_text(found.forecast.peak_bytes)
    return f"about {cpu} CPU and {peak}"


def _range(least: int, typical: int, most: int) -> str:
    return f"at least {least:,} · typically {typical:,} · at most {most:,} credits"


def price_lines(lines: tuple[PriceLine, ...]) -> str:
    """'2 base + 0.6 CPU (about 1.2 s) + 0.1 memory (about 0.3 GB·s)'."""
    return " + ".join(
        f"{part.credits} {part.label}" + (f" ({part.detail})" if part.detail else "") for part in lines
    )


def _limits(limits: RunLimits | None) -> str:
    if limits is None:
        return ""
    cpu, wall = wording.seconds_text(limits.cpu_ms), wording.seconds_text(limits.wall_ms)
    return f"at most: {cpu} CPU, {wording.size_text(limits.memory_bytes)}, {wall}"


def _standing(standing: Standing | None) -> list[str]:
    if standing is None:
        return ["not signed in: the balance is not shown"]
    after = f"after a typical run {standing.after_typical_credits:,}"
    today = f"today {standing.day_used_credits:,} of {standing.day_cap_credits:,}"
    facts = [f"{standing.available_credits:,} available · {after} · {today}"]
    if standing.refused_by:
        facts.append(f"would be refused now by {wording.limit_text(standing.refused_by)}")
    if standing.refused_by and standing.action:
        facts.append(f"next: {standing.action}")
    return facts


def _words(code: str) -> str:
    return code.replace("_", " ")


def receipt_line(paid: Receipt) -> str:
    """'✔ Data Quality Monitor · 3 credits (quoted at most 8) · 297 left'."""
    mark = MARKS.get(paid.outcome, "✘")
    ended = "" if paid.outcome == "succeeded" else f" · {_words(paid.outcome)}"
    cost = f"{credits_text(paid.charged_credits)} (quoted at most {paid.max_credits:,})"
    if paid.answered_from:
        cost = f"0 credits (stored result of {paid.answered_from}; --fresh runs again)"
    return f"{mark} {paid.tool_title}{ended} · {cost} · {paid.available_credits_after:,} left"


def receipt_after_run(paid: Receipt) -> Display:
    """The receipt as one line, as shown right after a run; the whole receipt travels as data."""
    html = element("div", receipt_line(paid), role="status")
    return Display(receipt_line(paid), html, as_data(RECEIPT_MIME, paid))


def receipt(paid: Receipt) -> Display:
    """The whole receipt: estimate beside actual, how it adds up, what was measured."""
    facts = _receipt_facts(paid)
    text = "\n".join(
        [f"Receipt {paid.id} · {paid.tool_title} {paid.tool_version}", *(f"  {f}" for f in facts)]
    )
    html = card(
        line(strong(f"{paid.tool_title} · {credits_text(paid.charged_credits)}"), f" · receipt {paid.id}"),
        *(line(fact) for fact in facts),
        label=f"Receipt {paid.id}",
    )
    return Display(text, html, as_data(RECEIPT_MIME, paid))


def _receipt_facts(paid: Receipt) -> list[str]:
    estimated = f"estimated {_range(paid.min_credits, paid.typical_credits, paid.max_credits)}"
    rest = f"{paid.returned_credits:,} returned; {paid.available_credits_after:,} left"
    facts = [
        f"charged {credits_text(paid.charged_credits)}; {rest}",
        "" if paid.answered_from else estimated,
        price_lines(paid.lines),
        _measured(paid.measured),
        paid.reason,
        f"run {paid.run_id} {_words(paid.outcome)} · {wording.moment_text(paid.created_at)}",
    ]
    return [fact for fact in facts if fact]


def _measured(measured: Measured | None) -> str:
    if measured is None:
        return ""
    cpu, wall = wording.seconds_text(measured.cpu_ms), wording.seconds_text(measured.wall_ms)
    return f"measured {cpu} CPU, {wording.size_text(measured.peak_bytes)} at peak, {wall} in all"


def statement(ledger: Statement) -> Display:
    """Ledger lines, newest first."""
    rows = [
        (
            wording.moment_text(entry.at),
            entry.description,
            f"{entry.amount_credits:+,}",
            f"{entry.available_credits_after:,}",
        )
        for entry in ledger.lines
    ]
    text = "\n".join(f"{at}  {amount:>7}  {after:>7} left  {what}" for at, what, amount, after in rows)
    more = f"\nmore: %studio statement --before {ledger.next_before}" if ledger.next_before else ""
    heads = ("when", "what", "credits", "left")
    html = table("Statement, newest first", heads, rows, numbers=(2, 3))
    return Display((text or "no entries yet") + more, join([html, element("div", more.strip())]))


def spend_controls(limits: SpendControls) -> Display:
    """The limits in force, how far they may be raised, and the alerts."""
    per_run = limits.per_run_limit_credits
    alerts = ", ".join(f"{percent}" for percent in limits.alert_percents)
    facts = [
        f"a day {limits.daily_limit_credits:,} (at most {limits.daily_cap_credits:,})",
        f"a month {limits.monthly_limit_credits:,} (at most {limits.monthly_cap_credits:,})",
        "a run: the tool's maximum" if per_run is None else f"a run {per_run:,}",
        f"alerts at {alerts} %" if alerts else "no alerts",
    ]
    text = "limits: " + " · ".join(facts)
    html = card(
        strong("Limits block, alerts only tell"), *(line(fact) for fact in facts), label="Spend controls"
    )
    return Display(text, html)
