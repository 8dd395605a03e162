"""What each verb does: one call of the Python API each. Parsing happened before, displaying happens after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.client.refusals import UsageRefused
from studio_magics.magics.helping import help_on
from studio_magics.magics.meaning import no_verb
from studio_magics.magics.parsing import Parsed, Taken, check_places, parse, plain_options, verb_of
from studio_magics.magics.values import Reader
from studio_magics.magics.verbs import VERBS
from studio_magics.magics.words import Word, split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from studio_magics.display.input_fields import InputField
    from studio_magics.panels.notebook import NotebookStudio
    from studio_magics.runners.finding import FoundTool


@dataclass(frozen=True)
class Call:
    """One use of the magic."""

    studio: NotebookStudio
    parsed: Parsed
    variables: Mapping[str, Any]

    @property
    def first(self) -> str | None:
        """The first word after the verb."""
        return self.parsed.places[0].text if self.parsed.places else None


def execute(studio: NotebookStudio, line: str, cell: str | None, variables: Mapping[str, Any]) -> Any:
    """Do what the line says and give the answer.

    Raises:
        StudioRefusal: Two lines: what was refused, and what to do.
    """
    name, verb, words = verb_of(split(line))
    if any(word.text == "--help" and not word.quoted for word in words):
        return help_on(name)
    if verb.of_tool:
        return _tool_verb(studio, name, words, cell, variables)
    if cell is not None and cell.strip():
        raise UsageRefused(f"%%studio {name} takes no cell body.", action=f"%studio {name} on one line")
    parsed = parse(name, words, plain_options(verb))
    check_places(name, verb, parsed)
    return COMMANDS[name](Call(studio, parsed, variables))


def _tool_verb(
    studio: NotebookStudio, name: str, words: Sequence[Word], cell: str | None, variables: Mapping[str, Any]
) -> Any:
    verb = VERBS[name]
    if not words or words[0].is_option:
        raise UsageRefused(f"%studio {name} needs the name of a tool.", action="%studio tools lists them")
    found = studio.find(words[0].text)
    by_option = {word: field for field in found.fields for word in field.spellings}
    options = {option: _taken(field) for option, field in by_option.items()} | plain_options(verb)
    parsed = parse(f"{name} {found.short_name}", words[1:], options)
    _no_surplus(name, found, parsed)
    reader = Reader(found.title, variables, document=found.cell_field)
    inputs = {
        field.name: reader.value(field, parsed.options[option], negated=option != field.spellings[0])
        for option, field in by_option.items()
        if option in parsed.options and option not in verb.options
    }
    inputs |= _body(found, inputs, cell)
    on: Any = "kernel" if parsed.has("here") else parsed.text("on")
    max_credits = parsed.number("max-credits")
    if name == "estimate":
        return studio.estimate(found.id, max_credits=max_credits, on=on, **inputs)
    flags: dict[str, Any] = {flag: parsed.has(flag) for flag in ("quiet", "fresh", "detach")}
    run: Callable[..., Any] = studio.run
    return run(found.id, max_credits=max_credits, on=on, **flags, **inputs)


def _taken(field: InputField) -> Taken:
    return Taken(many=field.takes_list or field.takes_folder, flag=field.is_flag)


def _no_surplus(name: str, found: FoundTool, parsed: Parsed) -> None:
    if not parsed.places:
        return
    word = parsed.places[0].text
    fitting = [field.option for field in found.fields if field.takes_data] or [f.option for f in found.fields]
    action = f"%studio {name} {found.short_name} {fitting[0]} {word}" if fitting else "leave it out"
    raise UsageRefused(f"'{word}' stands alone; every input has a name.", action=action)


def _body(found: FoundTool, inputs: Mapping[str, Any], cell: str | None) -> dict[str, str]:
    if cell is None or not cell.strip():
        return {}
    if found.cell_field is None:
        said = f"{found.title} takes no cell body."
        raise UsageRefused(said, action=f"%studio tool {found.short_name} shows its inputs")
    if found.cell_field in inputs:
        option = found.cell_field.replace("_", "-")
        raise UsageRefused(f"--{option} and the cell body are the same input.", action="give one of them")
    return {found.cell_field: cell}


def _balance(call: Call) -> Any:
    return call.studio.panel() if call.parsed.has("panel") else call.studio.balance()


def _limits(call: Call) -> Any:
    parsed = call.parsed
    alerts = parsed.text("alerts")
    return call.studio.limits(
        daily=_limit(parsed, "daily"),
        monthly=_limit(parsed, "monthly"),
        per_run=_limit(parsed, "per-run"),
        alerts=None if alerts is None else _percents(alerts),
    )


def _limit(parsed: Parsed, option: str) -> Any:
    text = parsed.text(option)
    return text if text in (None, "plan", "none") else parsed.number(option)


def _percents(text: str) -> tuple[int, ...]:
    parts = [part.strip().rstrip("%") for part in text.split(",") if part.strip()]
    wrong = [part for part in parts if not part.isdecimal()]
    if wrong:
        raise UsageRefused(f"--alerts takes per cents, not '{wrong[0]}'.", action="--alerts 50,75,100")
    return tuple(int(part) for part in parts)


def _help(call: Call) -> Any:
    name = call.first
    if name is not None and name not in VERBS:
        raise no_verb(name, "%studio help")
    return help_on(name)


def _secret(call: Call) -> Any:
    name = call.first or ""
    return call.studio.delete_secret(name) if call.parsed.has("delete") else call.studio.set_secret(name)


def _artefact(call: Call) -> Any:
    run_id, name, *path = (place.text for place in call.parsed.places)
    return call.studio.save_artefact(run_id, name, path[0] if path else None, force=call.parsed.has("force"))


def _buy(call: Call) -> Any:
    if not call.parsed.has("card"):
        return call.studio.buy(call.first, save_card=call.parsed.has("save-card"))
    if call.first is None:
        raise UsageRefused("%studio buy --card needs a pack.", action="%studio buy lists them")
    return call.studio.top_up(call.first)


def _statement(call: Call) -> Any:
    return call.studio.statement(limit=call.parsed.number("limit"), before=call.parsed.number("before"))


COMMANDS: dict[str, Callable[[Call], Any]] = {
    "": _balance,
    "tools": lambda call: call.studio.tools(" ".join(word.text for word in call.parsed.places)),
    "tool": lambda call: call.studio.tool(call.first or ""),
    "runs": lambda call: call.studio.runs(
        limit=call.parsed.number("limit"), before=call.parsed.text("before")
    ),
    "run-info": lambda call: call.studio.run_info(call.first or ""),
    "wait": lambda call: call.studio.wait(
        call.first or "", timeout=call.parsed.number("timeout"), quiet=call.parsed.has("quiet")
    ),
    "cancel": lambda call: call.studio.cancel(call.first or ""),
    "receipt": lambda call: call.studio.receipt(call.first),
    "artefact": _artefact,
    "secrets": lambda call: call.studio.secrets(),
    "secret": _secret,
    "statement": _statement,
    "notices": lambda call: call.studio.notices(
        limit=call.parsed.number("limit"), read=call.parsed.has("read")
    ),
    "buy": _buy,
    "card": lambda call: call.studio.card(remove=call.parsed.has("remove")),
    "recharge": lambda call: call.studio.recharge(
        below=call.parsed.number("below"),
        pack=call.parsed.text("pack"),
        most=call.parsed.number("most"),
        off=call.parsed.has("off"),
    ),
    "purchases": lambda call: call.studio.purchases(limit=call.parsed.number("limit")),
    "plan": lambda call: call.studio.plan(call.first),
    "limits": _limits,
    "whoami": lambda call: call.studio.whoami(),
    "export": lambda call: call.studio.export(call.first, force=call.parsed.has("force")),
    "doctor": lambda call: call.studio.doctor(),
    "help": _help,
}
