"""Tells IPython how to draw contracts: by name, so nothing is imported until something is shown.

A magic shows its answer and returns it; what was shown in a cell is not shown a second time as its value.
"""

from importlib import import_module
from typing import Any

from studio_magics.display.front_end import FrontEnd, front_end, show

DRAWN: dict[tuple[str, str], tuple[str, str]] = {
    ("studio_magics.contracts.account", "Balance"): ("money", "balance"),
    ("studio_magics.contracts.account", "SpendControls"): ("money", "spend_controls"),
    ("studio_magics.contracts.account", "Statement"): ("money", "statement"),
    ("studio_magics.contracts.account", "Account"): ("people", "account"),
    ("studio_magics.contracts.billing", "Estimate"): ("money", "estimate"),
    ("studio_magics.contracts.billing", "Receipt"): ("money", "receipt"),
    ("studio_magics.contracts.cards", "CardPage"): ("cards", "card_page"),
    ("studio_magics.contracts.cards", "Recharge"): ("cards", "recharge"),
    ("studio_magics.contracts.catalogue", "Catalogue"): ("catalogue", "catalogue"),
    ("studio_magics.contracts.catalogue", "ToolPage"): ("catalogue", "tool_page"),
    ("studio_magics.contracts.notices", "NoticeList"): ("people", "notices"),
    ("studio_magics.contracts.payments", "Checkout"): ("buying", "checkout"),
    ("studio_magics.contracts.payments", "PackList"): ("buying", "pack_list"),
    ("studio_magics.contracts.payments", "PaymentStatus"): ("cards", "payment"),
    ("studio_magics.contracts.payments", "PurchaseList"): ("buying", "purchase_list"),
    ("studio_magics.contracts.plans", "PlanLink"): ("plans", "plan_link"),
    ("studio_magics.contracts.results", "ToolResult"): ("results", "result"),
    ("studio_magics.contracts.runs", "RunList"): ("runs", "run_list"),
    ("studio_magics.contracts.runs", "Run"): ("runs", "run_page"),
    ("studio_magics.contracts.secrets", "SecretList"): ("saving", "secret_list"),
    ("studio_magics.display.leaving", "Exported"): ("leaving", "exported"),
    ("studio_magics.display.people", "Diagnosis"): ("people", "diagnosis"),
    ("studio_magics.display.people", "Help"): ("people", "help_page"),
    ("studio_magics.display.plans", "PlanPage"): ("plans", "plan_page"),
    ("studio_magics.display.saving", "Saved"): ("saving", "saved"),
    ("studio_magics.runners.detached", "DetachedRun"): ("runs", "detached"),
}
"""Type → module and function that draw it."""


def draw(value: Any) -> Any:
    """The display of a value that this package knows how to draw.

    Raises:
        KeyError: Nothing here draws values of this type.
    """
    module, function = DRAWN[(type(value).__module__, type(value).__qualname__)]
    return getattr(import_module(f"studio_magics.display.{module}"), function)(value)


def register(running: Any) -> None:
    """Let this shell draw contracts wherever they appear."""
    formatter = running.display_formatter
    for module, name in DRAWN:
        formatter.mimebundle_formatter.for_type_by_name(module, name, _bundle)
        formatter.ipython_display_formatter.for_type_by_name(module, name, unless_shown)
    if forget_shown not in running.events.callbacks["pre_run_cell"]:
        running.events.register("pre_run_cell", forget_shown)


def unregister(running: Any) -> None:
    """Undo `register`; what was never registered is left alone."""
    _forget(running.display_formatter.mimebundle_formatter)
    _forget(running.display_formatter.ipython_display_formatter)
    if forget_shown in running.events.callbacks["pre_run_cell"]:
        running.events.unregister("pre_run_cell", forget_shown)


class LastShown:
    """The value that the running cell has shown last."""

    value: Any = None


def mark_shown(value: Any) -> None:
    """Remember that the running cell has shown this value."""
    LastShown.value = value


def was_shown(value: Any) -> bool:
    """Whether the running cell has shown this value already."""
    return value is not None and LastShown.value is value


def forget_shown(info: object = None) -> None:
    """A new cell begins."""
    del info
    LastShown.value = None


def unless_shown(value: Any) -> None:
    """Do nothing for a value the cell has shown; else leave it to the next formatter."""
    if not was_shown(value):
        raise NotImplementedError


def show_once(value: Any) -> Any:
    """Show the answer of a magic and give it back; in a terminal, IPython itself shows what a line gives."""
    if (type(value).__module__, type(value).__qualname__) in DRAWN and front_end() is not FrontEnd.TERMINAL:
        show(draw(value))
        mark_shown(value)
    return value


def _forget(formatter: Any) -> None:
    for module, name in DRAWN:
        formatter.deferred_printers.pop((module, name), None)
        for known in [
            cls for cls in formatter.type_printers if (cls.__module__, cls.__qualname__) == (module, name)
        ]:
            formatter.type_printers.pop(known)


def _bundle(value: Any) -> dict[str, Any]:
    return draw(value).mimebundle()
