"""What somebody meant whose word is no verb: another word for one, a slip of the keys, or a tool's name."""

from __future__ import annotations

from studio_magics.client.refusals import UsageRefused, did_you_mean, either
from studio_magics.magics.verbs import VERBS

OTHER_WORDS = {
    "": "balance credits wallet account status left remaining usage",
    "tools": "list catalog catalogue search find",
    "tool": "example info describe show docs",
    "estimate": "price quote preview",
    "run": "start exec execute call",
    "runs": "history log jobs",
    "wait": "watch follow attach",
    "cancel": "stop kill abort",
    "artefact": "artifact file save download",
    "statement": "ledger transactions bill billing spending",
    "notices": "notifications messages",
    "buy": "topup top-up pay packs checkout",
    "recharge": "autopay auto-recharge",
    "purchases": "orders invoice invoices payments",
    "plan": "plans subscribe subscription upgrade",
    "secrets": "keys",
    "secret": "key",
    "limits": "limit budget quota cap caps",
    "whoami": "me user login",
    "export": "takeout",
    "doctor": "check diagnose debug version",
}
"""The words people try, by the verb that does what they want."""
VERB_OF_WORD = {word: verb for verb, words in OTHER_WORDS.items() for word in words.split()}


def no_verb(word: str, asked: str = "%studio") -> UsageRefused:
    """The refusal of a word, with what was probably meant; `asked` is what stands before it."""
    close: tuple[str, ...] = ()
    low = word.lower()
    if low in _tools():
        action = f"%studio run {low} runs this tool, %studio tool {low} shows its inputs"
    elif VERB_OF_WORD.get(low) == "":
        action = "%studio alone shows what is left, %studio limits what may be spent"
    else:
        close = (VERB_OF_WORD[low],) if low in VERB_OF_WORD else _alike(low)
        action = f"did you mean {asked} {either(close)}?" if close else "%studio help lists all verbs"
    return UsageRefused(f"%studio has no verb '{word}'.", action=action, suggestions=close)


def _alike(word: str) -> tuple[str, ...]:
    return did_you_mean(word, [verb for verb in VERBS if verb])


def _tools() -> set[str]:
    """The tools that have code here, by both of their names."""
    from studio_magics.runners.finding import known_sources
    from studio_magics.tools.catalog import short_name

    known = known_sources()
    return {*known, *map(short_name, known)}
