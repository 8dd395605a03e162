"""SQL in notebooks and Python files: `%%sql` cells, and strings handed to functions that run SQL."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.data.lineage.texts import SqlText, Unread
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.lineage.texts import Gathered

RUNS_SQL = ("sql", "execute", "read_sql", "query", "text")
"""How names of functions and methods begin whose first argument is taken for SQL when it reads like SQL."""
READS_LIKE_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(?\s*(?:select|with|insert|create|merge|update|replace)\b",
    re.IGNORECASE | re.DOTALL,
)
CELL_MAGIC = re.compile(r"%%(?:sql|bigquery|sparksql|duckdb|dql)\b[^\n]*\n", re.IGNORECASE)
LINE_MAGIC = re.compile(r"%(?:sql|sparksql|dql)\s+(.+)", re.IGNORECASE)


def read_notebook(name: str, content: bytes, found: Gathered) -> None:
    """Add the SQL of every code cell.

    Raises:
        IntakeRefused: No notebook of format 4.
    """
    notebook = load_json(content)
    cells: Any = cast("dict[str, Any]", notebook).get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise IntakeRefused("a file without cells", "a notebook of format 4", "save it in Jupyter again")
    for number, cell in enumerate(cast("list[Any]", cells), 1):
        if isinstance(cell, dict) and cast("dict[str, Any]", cell).get("cell_type") == "code":
            source: Any = cast("dict[str, Any]", cell).get("source", "")
            text = (
                "".join(str(part) for part in cast("list[Any]", source))
                if isinstance(source, list)
                else str(source)
            )
            _read_cell(name, number, text, found)


def _read_cell(name: str, number: int, text: str, found: Gathered) -> None:
    target = f"{PurePosixPath(name).stem}.cell{number}"
    magic = CELL_MAGIC.match(text)
    if magic:
        found.texts.append(SqlText(name, text[magic.end() :], 2, number, target))
        return
    kept: list[str] = []
    for place, line in enumerate(text.splitlines(), 1):
        command = LINE_MAGIC.match(line.strip())
        if command and READS_LIKE_SQL.match(command[1]):
            found.texts.append(SqlText(name, command[1], place, number, target))
        kept.append("" if line.lstrip().startswith(("%", "!", "?")) else line)
    if not text.startswith("%%"):
        _read_source(name, "\n".join(kept), found, cell=number, target=target)


def read_python(name: str, text: str, found: Gathered) -> None:
    """Add the SQL in the strings of a Python file; the file is parsed, never run."""
    _read_source(name, text, found, cell=None, target=PurePosixPath(name).stem)


def _read_source(name: str, text: str, found: Gathered, *, cell: int | None, target: str) -> None:
    where = name if cell is None else f"{name}, cell {cell}"
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found.unread.append(Unread(where, "Python that does not parse"))
        return
    for line, sql, is_whole in _strings(tree):
        if is_whole:
            found.texts.append(SqlText(name, sql, line, cell, f"{target}:{line}"))
        else:
            reason = "SQL put together from pieces when the program runs"
            found.unread.append(Unread(f"{where}, line {line}", reason, is_template=True))


def _strings(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Line, text, and whether it is a constant, of every string that is run as SQL."""
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _runs_sql(node) and node.args]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        first = call.args[0]
        if isinstance(first, ast.Name) and first.id in constants:
            if READS_LIKE_SQL.match(constants[first.id]):
                yield call.lineno, constants[first.id], True
        elif isinstance(first, ast.Constant) and isinstance(first.value, str):
            if READS_LIKE_SQL.match(first.value):
                yield first.lineno, first.value, True
        elif isinstance(first, ast.JoinedStr) and READS_LIKE_SQL.match(_opening(first)):
            yield first.lineno, "", False


def _runs_sql(call: ast.Call) -> bool:
    name = call.func
    called = name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""
    return called.startswith(RUNS_SQL)


def _opening(text: ast.JoinedStr) -> str:
    first = text.values[0] if text.values else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
