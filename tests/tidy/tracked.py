"""What the rules are checked against: the files of the repository, and their Python as syntax trees."""

import ast
import functools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("studio_magics", "server/studio_server")
GIT = shutil.which("git") or "git"
BINARY = {".png", ".jpg", ".ico", ".woff2", ".parquet", ".db", ".sqlite", ".duckdb", ".xlsx", ".gz", ".zip"}


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that is in the repository, or would be after `git add`, and still exists."""
    listed = subprocess.run(
        [GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def named(path: Path) -> str:
    """A path as the messages show it."""
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file."""
    for path in files():
        if path.suffix not in BINARY:
            yield named(path), path.read_text(encoding="utf-8", errors="replace")


def lines(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Place ('file:number') and content of every line, of the given kinds of file or of all."""
    for name, text in texts():
        if not suffixes or name.endswith(suffixes):
            for number, line in enumerate(text.splitlines(), 1):
                yield f"{name}:{number}", line


def python(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Name and syntax tree of every Python file under the given folders, or of all."""
    for path in files():
        name = named(path)
        if path.suffix == ".py" and (not folders or name.startswith(tuple(f"{one}/" for one in folders))):
            yield name, ast.parse(path.read_text(encoding="utf-8"), filename=name)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions and classes inside it."""
    pending = list(ast.iter_child_nodes(function))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
