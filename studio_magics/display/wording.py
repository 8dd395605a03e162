"""How quantities are written: one way each, the same in text and HTML, the same on every execution."""

from datetime import datetime

THOUSAND = 1_000


def credits_text(amount: int) -> str:
    """'1 credit', '1,400 credits'."""
    return f"{amount:,} credit{'' if amount == 1 else 's'}"


def size_text(size_bytes: int) -> str:
    """'812 bytes', '20.4 MB', '512 MB', '1.5 GB' (of 1,000, as limits and prices count)."""
    if size_bytes < THOUSAND:
        return f"{size_bytes} byte{'' if size_bytes == 1 else 's'}"
    unit, size = "kB", THOUSAND
    for larger in ("MB", "GB"):
        if size_bytes >= THOUSAND * size:
            unit, size = larger, size * THOUSAND
    return f"{_short(size_bytes / size)} {unit}"


def seconds_text(milliseconds: int) -> str:
    """'0.4 s', '12 s', '3 min 20 s'."""
    seconds = milliseconds / THOUSAND
    if seconds < 120:  # noqa: PLR2004  - two minutes are still easy to read as seconds
        return f"{_short(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s"


LIMITS = {
    "wallet": "the wallet",
    "per_run": "the limit per run",
    "monthly": "the monthly limit",
    "daily": "the daily limit",
    "balance": "the balance",
    "open_holds": "the number of runs at the same time",
}


def limit_text(code: str) -> str:
    """'the daily limit' for 'daily'."""
    return LIMITS.get(code, f"the limit '{code.replace('_', ' ')}'")


def moment_text(moment: datetime) -> str:
    """'2026-11-21 10:05 UTC'."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def day_text(moment: datetime) -> str:
    """'2026-12-01'."""
    return moment.strftime("%Y-%m-%d")


def range_text(least: int, most: int) -> str:
    """'3–8 credits', '5 credits', '0 credits'."""
    return credits_text(most) if least >= most else f"{least:,}–{most:,} credits"


def plural(count: int, noun: str) -> str:
    """'1 run', '2 runs', '2 entries'."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def sentence(text: str) -> str:
    """The text as a sentence of its own; none where there is no text."""
    ended = text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."
    return ended[:1].upper() + ended[1:]


def _short(value: float) -> str:
    if value >= 10 or value == int(value):  # noqa: PLR2004  - from ten on, tenths say nothing
        return f"{value:,.0f}"
    return f"{value:.1f}"
