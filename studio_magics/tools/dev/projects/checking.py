"""Whether what was made holds together: files parse, lint, and import only what is declared."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio_magics.tools.dev.documents import as_list, as_map, as_text, load_yaml
from studio_magics.tools.dev.programs import ProgramFailed, program_path, run_program
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_magics.tools.dev.projects.answers import Project


@dataclass(frozen=True)
class Check:
    """One check of the whole project."""

    name: str
    passed: bool
    told: str


class PackBroken(RuntimeError):
    """A pack made something that does not work: a fault of this tool, not of the answers."""

    def __init__(self, check: Check) -> None:
        super().__init__(f"{check.name}: {check.told}")
        self.check = check


def check_project(files: Mapping[str, str], project: Project) -> list[Check]:
    """All checks.

    Raises:
        PackBroken: One of them failed.
        ModuleNotFoundError: ruff is not installed.
    """
    done: list[Check] = []
    for one in _checks(files, project):
        if not one.passed:
            raise PackBroken(one)
        done.append(one)
    return done


def _checks(files: Mapping[str, str], project: Project) -> Iterator[Check]:
    """One after the other: what cannot be read is not looked into."""
    yield _parses(files)
    yield _imports(files, project)
    yield _entry_points(files, project)
    yield from _ruff(files)


def _parses(files: Mapping[str, str]) -> Check:
    readers = {".py": ast.parse, ".toml": tomllib.loads, ".json": json.loads}
    counted = 0
    for name, text in files.items():
        suffix = Path(name).suffix
        try:
            if suffix in readers:
                readers[suffix](text)
            elif suffix in {".yml", ".yaml"}:
                load_yaml(text, name)
            else:
                continue
        except (SyntaxError, ValueError) as error:
            return Check("every file can be read", passed=False, told=f"{name}: {error}")
        counted += 1
    return Check(
        "every file can be read", passed=True, told=f"{counted} files of Python, TOML, YAML and JSON"
    )


def imported(text: str) -> set[str]:
    """The top-level packages that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def declared(files: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """What the project declares to need, and what its tests need too."""
    table = as_map(tomllib.loads(files["pyproject.toml"]).get("project"))
    extras = as_map(table.get("optional-dependencies"))
    needs, tests = (
        {re.split(r"[<>=!~\[; ]", as_text(one))[0].replace("-", "_") for one in as_list(listed)}
        for listed in (table.get("dependencies"), extras.get("test"))
    )
    return needs, needs | tests


def _imports(files: Mapping[str, str], project: Project) -> Check:
    needs, tests = declared(files)
    name = "everything imported is declared"
    for file, text in files.items():
        if not file.endswith(".py"):
            continue
        known = (tests if file.startswith("tests/") else needs) | sys.stdlib_module_names | {project.package}
        missing = sorted(imported(text) - known)
        if missing:
            return Check(name, passed=False, told=f"{file} imports {', '.join(missing)}")
    return Check(name, passed=True, told=f"{len(needs)} dependencies, {len(tests - needs)} more for tests")


def _entry_points(files: Mapping[str, str], project: Project) -> Check:
    """Every command leads to a function that is there."""
    scripts = as_map(as_map(tomllib.loads(files["pyproject.toml"]).get("project")).get("scripts"))
    for command, target in scripts.items():
        module, _, function = as_text(target).partition(":")
        path = f"src/{module.replace('.', '/')}.py"
        tree = ast.parse(files.get(path, ""))
        if function not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            return Check("every command is there", passed=False, told=f"{command} → {target}")
    told = f"{counted(len(scripts), 'command')} of {project.name}" if scripts else "it has no command"
    return Check("every command is there", passed=True, told=told)


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """The files with Python formatted and imports sorted: how a line is broken depends on the names in it.

    Raises:
        ProgramFailed: ruff cannot read a file.
        ModuleNotFoundError: ruff is not installed.
    """
    program = str(program_path("ruff"))
    with TemporaryDirectory(prefix="studio-project-") as folder:
        root = _written(files, Path(folder))
        sort = [program, "check", "--no-cache", "--quiet", "--fix", "--select", "I", "--exit-zero", "."]
        run_program(sort, root)
        run_program([program, "format", "--no-cache", "--quiet", "."], root)
        return {name: (root / name).read_text("utf-8") for name in files}


def _written(files: Mapping[str, str], root: Path) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def _ruff(files: Mapping[str, str]) -> list[Check]:
    program = str(program_path("ruff"))
    with TemporaryDirectory(prefix="studio-project-") as folder:
        root = _written(files, Path(folder))
        return [
            _ran("ruff check finds nothing", [program, "check", "--no-cache", "--quiet", "."], root),
            _ran(
                "ruff format changes nothing",
                [program, "format", "--no-cache", "--check", "--quiet", "."],
                root,
            ),
        ]


def _ran(name: str, command: list[str], root: Path) -> Check:
    try:
        written = run_program(command, root, allowed=(0, 1))
    except ProgramFailed as failed:
        return Check(name, passed=False, told=str(failed))
    told = written.result.decode("utf-8", "replace").strip()
    return Check(name, passed=not told, told=told[:400] or "with the project's own settings")
