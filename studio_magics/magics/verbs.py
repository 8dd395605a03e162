"""The verbs of `%studio`, what each takes and does: the one table that parsing, help and Tab share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Verb:
    """One verb."""

    usage: str
    """What to write after '%studio'."""
    summary: str
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Option without dashes → what it takes; '' for a flag."""
    places: tuple[str, ...] = ()
    """Names of the words after the verb; in brackets: may be left out, with dots: takes all the rest."""
    of_tool: bool = False
    """Whether the inputs of a tool follow its name."""


RUN_OPTIONS = {
    "max-credits": "N",
    "on": "kernel|server",
    "here": "",
    "quiet": "",
    "detach": "",
    "fresh": "",
}
ESTIMATE_OPTIONS = {"max-credits": "N", "on": "kernel|server", "here": ""}
LIMIT_OPTIONS = {"daily": "N|plan", "monthly": "N|plan", "per-run": "N|none", "alerts": "50,80,100"}
RECHARGE_OPTIONS = {"below": "N", "pack": "PACK", "most": "N", "off": ""}
PAGES = {"limit": "N", "before": "ID"}

VERBS: dict[str, Verb] = {
    "": Verb("[--panel]", "what is left, today, held; one line, or a live panel", {"panel": ""}),
    "tools": Verb("tools [WORDS]", "find a tool", places=("[words…]",)),
    "tool": Verb("tool NAME", "a tool's inputs, price, limits, an example to copy", places=("name",)),
    "estimate": Verb(
        "estimate NAME [inputs]",
        "least, typical and most a run costs, with reasons",
        ESTIMATE_OPTIONS,
        ("name",),
        of_tool=True,
    ),
    "run": Verb(
        "run NAME [inputs]",
        "run it: receipt, then the result; a %%studio cell gives its body as input",
        RUN_OPTIONS,
        ("name",),
        of_tool=True,
    ),
    "runs": Verb("runs [--limit N]", "your runs, newest first", PAGES),
    "wait": Verb(
        "wait ID [--timeout N]",
        "the result of a run when it is over, also of another kernel",
        {"timeout": "SECONDS", "quiet": ""},
        ("id",),
    ),
    "run-info": Verb("run-info ID", "one run: state, credits, times", places=("id",)),
    "cancel": Verb("cancel ID", "stop a run; the unused part of its ceiling goes back", places=("id",)),
    "receipt": Verb(
        "receipt [ID]", "what a run did cost, and why; the latest one without an id", places=("[id]",)
    ),
    "artefact": Verb(
        "artefact ID NAME [PATH]",
        "save a file of a run, also of another notebook",
        {"force": ""},
        ("id", "name", "[path]"),
    ),
    "statement": Verb("statement [--limit N]", "ledger lines, newest first", PAGES),
    "notices": Verb(
        "notices [--read]",
        "what you should know: credits about to end, plan, debt",
        {"limit": "N", "read": ""},
    ),
    "buy": Verb(
        "buy [PACK] [--card]",
        "packs compared; with a name, the page to pay it on, or with the saved card at once",
        {"card": "", "save-card": ""},
        ("[pack]",),
    ),
    "card": Verb("card [--remove]", "the card you have saved, and no longer", {"remove": ""}),
    "recharge": Verb(
        "recharge [--below N --pack PACK --most N]",
        "let the saved card buy a pack when little is left, up to a limit a month",
        RECHARGE_OPTIONS,
    ),
    "purchases": Verb("purchases [--limit N]", "what you bought, with receipts", {"limit": "N"}),
    "plan": Verb(
        "plan [NAME]",
        "your plan and those on sale; with a name, the page to begin or change it (free: cancel)",
        places=("[name]",),
    ),
    "secrets": Verb("secrets", "the names of values that the server keeps for your runs"),
    "secret": Verb(
        "secret NAME",
        "let the server keep a value, asked for unseen; inputs name it as secret:NAME",
        {"delete": ""},
        ("name",),
    ),
    "limits": Verb("limits [--daily N|plan …]", "see and set limits and alerts", LIMIT_OPTIONS),
    "whoami": Verb("whoami", "who the server takes you for"),
    "export": Verb(
        "export [FILE]",
        "everything the server holds about you, as a zip file",
        {"force": ""},
        ("[file]",),
    ),
    "doctor": Verb("doctor", "look at everything that must work"),
    "help": Verb("help [VERB]", "this help, or more on one verb", places=("[verb]",)),
}

OPTION_NOTES: dict[str, str] = {
    "max-credits": "a lower ceiling of your own: the run can never cost more",
    "on": "kernel (0 credits) or server (metered), where the tool can do both",
    "here": "the same as --on kernel",
    "quiet": "show nothing; only give the run back",
    "detach": "start it and do not wait: it goes on without this kernel, %studio wait ID gives the result",
    "fresh": "work again, also where the result of the same work is stored and would cost 0 credits",
    "timeout": "wait at most so many seconds; the run goes on",
    "daily": "credits a day; plan goes back to the plan's limit",
    "monthly": "credits a month; plan goes back to the plan's limit",
    "per-run": "the most one run may cost; none takes the limit away",
    "alerts": "per cent of a limit at which to be told",
    "card": "charge the saved card now; you are asked first",
    "save-card": "keep the card that pays, at the payment provider, to buy at once later",
    "remove": "charge it no more, here and at the payment provider",
    "below": "recharge when less than so many credits are left",
    "pack": "what is bought",
    "most": "at most so many pounds or dollars in a calendar month",
    "off": "turn it off",
    "limit": "how many lines",
    "before": "the next page, as named at the end of a page",
    "panel": "a live widget",
    "delete": "forget it",
    "force": "write over a file that is there already",
    "read": "count them as read: %studio shows them no more",
}
