"""Draws that a file of a run was saved."""

from dataclasses import dataclass
from datetime import datetime

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
