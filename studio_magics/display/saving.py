"""Draws what was kept: a file of a run that was saved, the names of secrets."""

from dataclasses import dataclass
from datetime import datetime

from studio_magics.contracts.secrets import SecretInfo, SecretList
from studio_magics.display.bundle import Display
from studio_magics.display.markup import card, line, strong
from studio_magics.display.wording import size_text


@dataclass(frozen=True)
class Saved:
    """A file of a run, now a file of this kernel."""

    name: str
    path: str
    size_bytes: int
    expires_at: datetime | None = None
    """Until when the server keeps it."""


def saved(found: Saved) -> Display:
    """What was saved where, and until when it can be fetched again."""
    first = f"{found.name} · {size_text(found.size_bytes)} · saved as {found.path}"
    kept = f"the server keeps it until {found.expires_at:%Y-%m-%d}" if found.expires_at else ""
    html = card(line(strong(first)), *([line(kept, muted=True)] if kept else []), label="Saved file")
    return Display(f"{first}\n  {kept}" if kept else first, html)


def secret_list(found: SecretList) -> Display:
    """Names and dates of secrets; there is nothing else to show."""
    if not found.secrets:
        text = "no secret is kept for you; %studio secret NAME sets one"
        return Display(text, line(text))
    lines = [_secret_line(one) for one in found.secrets]
    return Display("\n".join(lines), card(*map(line, lines), label="Secrets"))


def _secret_line(one: SecretInfo) -> str:
    used = f"last used {one.used_at:%Y-%m-%d}" if one.used_at else "not used yet"
    return f"secret:{one.name} · set {one.created_at:%Y-%m-%d} · {used}"
