"""The script and its files, copied into a folder of their own and looked at before anything runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import nearest, shown

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

MAX_SCRIPT_BYTES = 1_000_000
MAX_BYTES = 50_000_000
FORKS = {"fork", "forkpty", "posix_spawn"}
MODULES = {"multiprocessing", "subprocess"}


@dataclass(frozen=True)
class Gathered:
    """Where the code is."""

    folder: Path
    entry: Path
    texts: dict[str, list[str]]
    """The lines of each Python file, by name."""


def gather(inputs: PerformanceInput, folder: Path, context: RunContext) -> Gathered:
    """Copy, and refuse what cannot be profiled.

    Raises:
        InputRejected: No such script, no Python, it waits for input, starts processes, or is too large.
    """
    files = inputs.script.files if isinstance(inputs.script, InputFolder) else (inputs.script,)
    entry = inputs.entry if isinstance(inputs.script, InputFolder) else inputs.script.name
    names = [one.name for one in files]
    if entry not in names:
        _refuse("entry", f"no '{shown(entry)}' in the folder", nearest(entry, names))
    size = sum(one.size_bytes for one in files)
    if size > MAX_BYTES:
        _refuse(
            "script",
            f"{size:,} bytes",
            f"at most {MAX_BYTES:,}",
            "leave out data that the script can do without",
        )
    texts: dict[str, list[str]] = {}
    for one in files:
        content = context.path(one).read_bytes()
        place = folder / one.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        if one.name.endswith(".py"):
            texts[one.name] = content.decode("utf-8", "replace").splitlines()
    _look(folder / entry, entry, inputs)
    return Gathered(folder, folder / entry, texts)


def _look(path: Path, name: str, inputs: PerformanceInput) -> None:
    content = path.read_bytes()
    if len(content) > MAX_SCRIPT_BYTES or not content.strip():
        _refuse(
            "script",
            f"{len(content):,} bytes in '{shown(name)}'",
            f"1 to {MAX_SCRIPT_BYTES:,} bytes of Python",
        )
    try:
        tree = ast.parse(content)
    except SyntaxError as error:
        _refuse(
            "script", f"line {error.lineno or 1} of '{shown(name)}' is no Python: {error.msg}", "Python 3"
        )
    except (ValueError, RecursionError, MemoryError):
        _refuse("script", f"'{shown(name)}' cannot be read as Python", "Python 3 in UTF-8")
    for node in ast.walk(tree):
        _refuse_waiting(node)
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    if inputs.function and inputs.function not in defined:
        _refuse(
            "function",
            f"no function '{inputs.function}' in '{shown(name)}'",
            nearest(inputs.function, defined),
        )


def _refuse_waiting(node: ast.AST) -> None:
    line = getattr(node, "lineno", 0)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input":
        _refuse(
            "script",
            f"line {line} waits for somebody to type",
            "a script that runs by itself",
            "use 'arguments'",
        )
    if isinstance(node, ast.Attribute) and node.attr == "stdin":
        _refuse("script", f"line {line} reads standard input", "a script that runs by itself", "read a file")
    if isinstance(node, ast.Attribute) and node.attr in FORKS:
        _refuse("script", f"line {line} starts another process", "one process", "profile what it does in one")
    if isinstance(node, ast.Import | ast.ImportFrom):
        named = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        known = sorted({one.split(".")[0] for one in named} & MODULES)
        if known:
            _refuse("script", f"line {line} imports {known[0]}", "one process", "profile what it does in one")


def _refuse(field: str, found: str, allowed: str, action: str = "") -> NoReturn:
    raise InputRejected(field, found=found, allowed=allowed, action=action)
