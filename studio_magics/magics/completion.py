"""Tab on a `%studio` line: verbs, tool names, options, variables and files.

Never waits for the network longer than a moment: the catalogue is fetched in the background and kept.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.completer import SimpleCompletion

from studio_magics.client.refusals import StudioRefusal
from studio_magics.contracts.runs import TERMINAL_STATES
from studio_magics.display.front_end import shell
from studio_magics.magics.values import fits
from studio_magics.magics.verbs import VERBS, Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

    from studio_magics.display.input_fields import InputField
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.studio import Studio

PATIENCE_SECONDS = 0.25
KEPT_SECONDS = 300.0
MOST_FILES = 200
LINE = re.compile(r"^\s*(?:[\w.,\s]+=\s*)?%{1,2}studio(?:\s+(?P<rest>.*))?$")
TOOL_VERBS = frozenset({"tool", "estimate", "run"})
FILE_VERBS = frozenset({"export"})
RUN_VERBS = frozenset({"run-info", "wait", "receipt"})
OPEN_RUN_VERBS = frozenset({"cancel"})
RUNS_KEPT_SECONDS = 3.0
RUNS_OFFERED = 20
Answer = TypeVar("Answer")


def completions(context: CompletionContext) -> SimpleMatcherResult:
    """All completions at the cursor; suppresses others on a `%studio` line."""
    from studio_magics.panels.notebook import this_studio

    match = LINE.match(context.text_until_cursor)
    if match is None or match["rest"] is None:
        return {"completions": []}
    running = shell()
    found = suggest(match["rest"], getattr(running, "user_ns", {}), known_to(this_studio()))
    token = context.token
    cut = len(found.typed) - len(token)
    options = [SimpleCompletion(text[max(cut, 0) :], type=kind) for text, kind in found.words]
    return {"completions": options, "suppress": True, "ordered": True}


class Suggestions:
    """What may stand at the cursor, and what stands there already."""

    def __init__(self, typed: str, words: Iterable[tuple[str, str]]) -> None:
        self.typed = typed
        self.words = [(text, kind) for text, kind in words if text.startswith(typed)]


def suggest(rest: str, variables: Mapping[str, Any], known: Known) -> Suggestions:
    """The suggestions for what follows '%studio' up to the cursor."""
    before = rest.split()
    typed = "" if not rest or rest[-1].isspace() else before.pop()
    if not before:
        extra = [("--panel", "option")] if typed.startswith("-") else []
        return Suggestions(typed, [*((verb, "verb") for verb in VERBS if verb), *extra])
    verb = before[0]
    record = VERBS.get(verb)
    if record is None:
        return Suggestions(typed, [])
    if len(before) == 1:
        placed = _placed(verb, typed, known)
        if placed is not None:
            return Suggestions(typed, placed)
    tool = known.tool(before[1]) if record.of_tool and len(before) > 1 else None
    return _of_line(before, typed, record, tool, variables)


def _placed(verb: str, typed: str, known: Known) -> list[tuple[str, str]] | None:
    """What may stand right after this verb; None when only options may."""
    if verb in TOOL_VERBS:
        return [(name, "tool") for name in known.names()]
    if verb == "help":
        return [(name, "verb") for name in VERBS if name]
    if typed.startswith("-"):
        return None
    if verb in FILE_VERBS:
        return [(name, "path") for name in _paths(typed)]
    if verb in RUN_VERBS | OPEN_RUN_VERBS:
        return [(name, "run") for name in known.runs(going=verb in OPEN_RUN_VERBS)]
    return None


def _of_line(
    before: Sequence[str], typed: str, verb: Verb, tool: FoundTool | None, variables: Mapping[str, Any]
) -> Suggestions:
    fields = {field.option: field for field in tool.fields} if tool else {}
    takes = {f"--{name}": what for name, what in verb.options.items()}
    last = before[-1]
    if typed.startswith("--") and "=" in typed:
        last, _, value = typed.partition("=")
        inner = _values(value, fields.get(last), takes.get(last, ""), variables)
        return Suggestions(value, inner)
    if not typed.startswith("-") and (last in fields or takes.get(last)):
        flag = last in fields and fields[last].is_flag
        if not flag:
            return Suggestions(typed, _values(typed, fields.get(last), takes.get(last, ""), variables))
    used = {word.partition("=")[0] for word in before}
    names = [name for name in (*fields, *takes) if name not in used]
    return Suggestions(typed, ((name, "option") for name in names))


def _values(
    typed: str, field: InputField | None, takes: str, variables: Mapping[str, Any]
) -> list[tuple[str, str]]:
    if field is None:
        words = [word for word in takes.split("|") if word.islower() and len(word) > 1]
        return [(word, "value") for word in words]
    found = [(choice, "value") for choice in field.choices]
    names = sorted(name for name, value in variables.items() if _offered(name, value, field))
    found += [(name, "variable") for name in names]
    return found + [(name, "path") for name in _paths(typed)] if field.takes_data else found


def _offered(name: str, value: Any, field: InputField) -> bool:
    if name.startswith("_") or name in {"In", "Out", "exit", "quit"}:
        return False
    from studio_magics.runners.tables import is_table

    return is_table(value) if field.takes_data else isinstance(value, str | list) and fits(value, field)


def _paths(typed: str) -> list[str]:
    folder, _, start = typed.rpartition("/")
    base = Path(folder + "/" if folder or typed.startswith("/") else ".").expanduser()
    try:
        entries = sorted(base.iterdir())
    except OSError:
        return []
    wanted = [entry for entry in entries if entry.name.startswith(start)]
    wanted = [entry for entry in wanted if start.startswith(".") or not entry.name.startswith(".")]
    prefix = f"{folder}/" if folder or typed.startswith("/") else ""
    return [prefix + entry.name + ("/" if entry.is_dir() else "") for entry in wanted[:MOST_FILES]]


class Known:
    """The tools, as far as they can be known without waiting."""

    def __init__(self, studio: Studio, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._studio = studio
        self._clock = clock
        self._kept: dict[str, tuple[float, Any]] = {}

    def names(self) -> list[str]:
        """Short names of all tools, those of this kernel when no server has answered yet."""
        from studio_magics.runners.finding import local_catalogue

        found = self._soon("catalogue", self._fetch_names)
        return found or [tool.short_name for tool in local_catalogue().tools]

    def tool(self, name: str) -> FoundTool | None:
        """One tool with its inputs, or None while it is not known."""
        from studio_magics.runners.finding import installed, of_tool

        local = installed(name)
        return of_tool(local) if local is not None else self._soon(f"tool {name}", lambda: self._fetch(name))

    def runs(self, *, going: bool) -> list[str]:
        """Numbers of the latest runs, or of those that are not over: these first, then newest first."""
        found = self._soon("runs", self._fetch_runs, kept_seconds=RUNS_KEPT_SECONDS) or []
        ids = [run_id for run_id, over in found if not over]
        return ids if going else [*ids, *(run_id for run_id, over in found if over)]

    def _fetch_runs(self) -> list[tuple[str, bool]]:
        client = self._studio.session.client_if_known()
        found = client.runs(limit=RUNS_OFFERED).runs if client else ()
        return [(run.id, run.state in TERMINAL_STATES) for run in found]

    def _fetch_names(self) -> list[str]:
        client = self._studio.session.client_if_known()
        return [tool.short_name for tool in client.tools().tools] if client else []

    def _fetch(self, name: str) -> FoundTool | None:
        from studio_magics.runners.finding import of_page

        client = self._studio.session.client_if_known()
        return of_page(client.tool(name)) if client else None

    def _soon(
        self, key: str, fetch: Callable[[], Answer], *, kept_seconds: float = KEPT_SECONDS
    ) -> Answer | None:
        """The kept answer, or one that comes within a moment; a later one is kept for the next Tab."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept[0] < kept_seconds:
            return kept[1]

        def work() -> None:
            try:
                self._kept[key] = (self._clock(), fetch())
            except StudioRefusal:
                return

        thread = threading.Thread(target=work, daemon=True, name="studio-completion")
        thread.start()
        thread.join(PATIENCE_SECONDS)
        late = self._kept.get(key)
        return late[1] if late else None


_known: dict[int, Known] = {}


def known_to(studio: Studio) -> Known:
    """What completion knows of the tools of this Studio."""
    return _known.setdefault(id(studio), Known(studio))
