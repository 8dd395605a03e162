"""Puts `%studio`, `%%studio` and their completion into a shell, and takes them out again.

Loading imports nothing that IPython has not loaded already; the rest comes with the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core import completer
from IPython.core.magic import needs_local_scope, no_var_expand

from studio_magics.display import formats
from studio_magics.magics.helping import docstring

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

NAME = "studio"
_matcher: Any = getattr(completer, "context_matcher")  # noqa: B009  - a partial without types


def load(shell: InteractiveShell) -> None:
    """Register the magic, the completion and the displays; loading twice changes nothing."""
    running: Any = shell
    studio_magic.__doc__ = docstring()
    running.register_magic_function(studio_magic, "line_cell", NAME)
    matchers = running.Completer.custom_matchers
    if complete not in matchers:
        matchers.append(complete)
    formats.register(running)


def unload(shell: InteractiveShell) -> None:
    """Remove what `load` added."""
    running: Any = shell
    for kind in ("line", "cell"):
        running.magics_manager.magics[kind].pop(NAME, None)
    matchers = running.Completer.custom_matchers
    if complete in matchers:
        matchers.remove(complete)
    formats.unregister(running)


@no_var_expand
@needs_local_scope
def studio_magic(line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
    """Do what a `%studio` line says, show the answer and give it back; loading puts the help here."""
    from studio_magics.display.front_end import shell
    from studio_magics.magics.commands import execute
    from studio_magics.panels.notebook import this_studio

    running = shell()
    variables: dict[str, Any] = {**getattr(running, "user_ns", {}), **(local_ns or {})}
    return formats.show_once(execute(this_studio(), line, cell, variables))


@_matcher(priority=100, identifier="studio_magics.complete")
def complete(context: CompletionContext) -> SimpleMatcherResult:
    """Complete a `%studio` line: verbs, tools, options, variables, files."""
    text = context.line_with_cursor
    if NAME not in text:
        return {"completions": []}
    from studio_magics.magics.completion import completions

    return completions(context)
