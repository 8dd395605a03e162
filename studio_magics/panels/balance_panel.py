"""A live panel: what is left, how far day and month are used, and a button to look again.

It asks when it is opened and when the button is pressed; it never polls. Rules about money are the server's.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from studio_magics.client.refusals import NotInstalled, StudioRefusal
from studio_magics.display.wording import credits_text, moment_text

if TYPE_CHECKING:
    from studio_magics.contracts.account import Balance, Window
    from studio_magics.runners.studio import Studio

NAMES = {"day": "Today", "month": "This month"}
COLOURS = {"ok": "success", "low": "warning", "blocked": "danger"}


def balance_panel(studio: Studio) -> Any:
    """The panel as an ipywidgets box.

    Raises:
        NotInstalled: ipywidgets is missing.
    """
    try:
        import ipywidgets  # pyright: ignore[reportMissingTypeStubs]  - untyped library
    except ImportError as error:
        said = "The panel needs ipywidgets, which is not installed in this kernel."
        raise NotInstalled(said, action="pip install ipywidgets; %studio shows the same as text") from error
    return BalancePanel(studio, ipywidgets).box


class BalancePanel:
    """Holds the widgets and fills them."""

    def __init__(self, studio: Studio, widgets: Any) -> None:
        self._studio = studio
        self._head = widgets.HTML()
        self._bars = {kind: _bar(widgets, name) for kind, name in NAMES.items()}
        self._note = widgets.HTML()
        self._button = widgets.Button(
            description="Refresh", icon="refresh", tooltip="Ask the server for the balance"
        )
        self._button.on_click(self._pressed)
        children = [self._head, *self._bars.values(), self._note, self._button]
        self.box = widgets.VBox(children, layout=widgets.Layout(padding="8px", max_width="36rem"))
        self.refresh()

    def _pressed(self, button: Any) -> None:
        del button
        self.refresh()

    def refresh(self) -> None:
        """Ask once and show the answer, or why there is none."""
        self._button.disabled = True
        try:
            self._fill(self._studio.balance())
        except StudioRefusal as refusal:
            self._note.value = f"<p role='alert'>{escape(' '.join(refusal.lines()))}</p>"
        finally:
            self._button.disabled = False

    def _fill(self, now: Balance) -> None:
        who = f"{escape(now.user)} · {escape(now.plan.title)}"
        self._head.value = f"<strong>{credits_text(now.available_credits)}</strong> · {who}"
        for window in (now.day, now.month):
            self._show(window, now.level)
        held = f"{now.held_credits:,} held by runs · " if now.held_credits else ""
        per_run = now.per_run_limit_credits
        run = "a run: the tool's maximum" if per_run is None else f"a run: at most {per_run:,}"
        told = "".join(f"<p>{escape(text)}</p>" for text in (now.notice, now.note) if text)
        self._note.value = f"<span>{held}{run}</span>{told}"

    def _show(self, window: Window, level: str) -> None:
        bar = self._bars[window.kind]
        used = window.spent_credits + window.held_credits
        bar.max = max(window.cap_credits, 1)
        bar.value = min(used, bar.max)
        bar.bar_style = COLOURS[level]
        bar.description = f"{NAMES[window.kind]} {used:,} of {window.cap_credits:,}"
        bar.tooltip = f"starts anew {moment_text(window.resets_at)}"


def _bar(widgets: Any, name: str) -> Any:
    return widgets.IntProgress(
        description=name,
        layout=widgets.Layout(width="100%"),
        style={"description_width": "14rem"},
    )
