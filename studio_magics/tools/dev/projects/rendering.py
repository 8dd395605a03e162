"""Templates become files, in Jinja's sandbox; the texts of the user are escaped for where they stand."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.cicd.pins import read_pins
from studio_magics.tools.dev.cicd.pipeline import Pipeline
from studio_magics.tools.dev.cicd.workflow import dependabot_of, workflow_of
from studio_magics.tools.dev.cicd.writing import yaml_text
from studio_magics.tools.dev.projects.packs import PACKS, filled, templates_of

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.projects.answers import Project


def render(project: Project, context: RunContext) -> dict[str, tuple[str, str]]:
    """Name → text and purpose of every file but project.json."""
    environment = _environment()
    wanted = templates_of(project)
    values = _values(project, wanted)
    folder = files(__package__ or "") / "packs"
    found = {
        name: (environment.from_string(folder.joinpath(template).read_text("utf-8")).render(values), what)
        for template, (name, what) in wanted.items()
    }
    if project.ci == "github":
        found |= _workflow(project, context)
    return found


def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=False, autoescape=False
    )
    made.filters |= {
        "toml": quoted,
        "json": quoted,
        "py": quoted,
        "md": in_markdown,
        "docstring": in_docstring,
    }
    return made


def quoted(value: Any) -> str:
    """A text in double quotes; JSON's rules fit TOML and Python too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def in_markdown(text: str) -> str:
    """Text that Markdown and HTML read as text."""
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", text.replace("&", "&amp;"))


def in_docstring(text: str) -> str:
    """A sentence that may stand in a docstring, with its full stop."""
    plain = text.replace("\\", "\\\\").replace('"', "'")
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."


def _values(project: Project, wanted: dict[str, tuple[str, str]]) -> dict[str, Any]:
    pack = PACKS[project.stack]
    is_uv = project.package_manager == "uv"
    return {
        "project": project,
        "year": project.year,
        "dependencies": list(pack.dependencies),
        "test_dependencies": list(pack.test_dependencies),
        "commands": {
            filled(name, project): filled(target, project) for name, target in pack.commands.items()
        },
        "usage": "\n".join(filled(line, project) for line in pack.usage),
        "install": "uv sync --extra test" if is_uv else "python -m pip install -e '.[test]'",
        "run": "uv run " if is_uv else "python -m ",
        "contents": sorted((name, what) for name, what in wanted.values() if not name.endswith("py.typed")),
        "command": [filled(one, project) for one in pack.command],
        "port": pack.port,
    }


def _workflow(project: Project, context: RunContext) -> dict[str, tuple[str, str]]:
    """The workflow that the CI/CD Pipeline Builder makes for such a project."""
    pins = read_pins(None, context)
    is_uv = project.package_manager == "uv"
    run = "uv run " if is_uv else "python -m "
    install = (
        ("python -m pip install uv", "uv sync --extra test")
        if is_uv
        else ("python -m pip install -e '.[test]'",)
    )
    pipeline = Pipeline(
        name="Check",
        language="python",
        manager=project.package_manager,
        versions=tuple(one for one in ("3.11", "3.12", "3.13") if one >= project.python),
        steps={
            "install": install,
            "lint": (f"{run}ruff check .", f"{run}ruff format --check ."),
            "test": (f"{run}pytest",),
        },
    )
    head = f"Checks every change; actions pinned as of {pins.as_of.isoformat()}."
    return {
        ".github/workflows/check.yml": (
            yaml_text(workflow_of(pipeline, pins), pins.versions(), head),
            "checks in CI",
        ),
        ".github/dependabot.yml": (
            yaml_text(dependabot_of(pipeline), {}, "Keeps actions and dependencies fresh."),
            "updates",
        ),
    }
