"""The packs: which files a stack consists of, what they need, and how the project is started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.dev.projects.answers import Project

PACKS_DATE = "2026-11-26"
"""When the packs were last installed and tested with the newest releases within these bounds."""
WEB = ("starlette>=0.49", "uvicorn>=0.34")
TEST = ("pytest>=8.3", "ruff>=0.12")
PORT = 8000


@dataclass(frozen=True)
class Pack:
    """One stack."""

    files: dict[str, str]
    """Template → what it is for."""
    dependencies: tuple[str, ...] = ()
    test_dependencies: tuple[str, ...] = TEST
    commands: dict[str, str] = field(default_factory=dict[str, str])
    """Command → 'package.module:function', with PACKAGE for the package."""
    usage: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What the container starts."""
    port: int = 0


SERVE = ("uvicorn", "--factory", "PACKAGE.app:make_app", "--host", "0.0.0.0", "--port", str(PORT))  # noqa: S104  - inside of a container
PACKS: dict[str, Pack] = {
    "library": Pack(
        files={
            "src/__package__/slugs.py": "titles become names for addresses",
            "tests/test_slugs.py": "its tests",
        },
        usage=("python -c \"from PACKAGE.slugs import slug; print(slug('Hello, World!'))\"",),
    ),
    "cli": Pack(
        files={
            "src/__package__/counting.py": "counts lines, words and signs",
            "src/__package__/cli.py": "the command line",
            "src/__package__/__main__.py": "python -m",
            "tests/test_cli.py": "their tests",
        },
        commands={"NAME": "PACKAGE.cli:main"},
        usage=("NAME count README.md",),
        command=("NAME", "--help"),
    ),
    "api": Pack(
        files={
            "src/__package__/app.py": "the routes",
            "src/__package__/notes.py": "what is kept, and where",
            "src/__package__/problems.py": "failures as problem details",
            "tests/test_app.py": "tests of every route",
        },
        dependencies=WEB,
        test_dependencies=(*TEST, "httpx>=0.28"),
        usage=(
            f"uvicorn --factory PACKAGE.app:make_app --port {PORT}",
            f"curl http://127.0.0.1:{PORT}/health",
        ),
        command=SERVE,
        port=PORT,
    ),
    "ml-service": Pack(
        files={
            "src/__package__/model.py": "the model, kept as JSON",
            "src/__package__/training.py": "training from a CSV file",
            "src/__package__/app.py": "predictions over HTTP",
            "data/houses.csv": "a few rows to begin with",
            "tests/test_service.py": "tests of model, training and routes",
        },
        dependencies=("numpy>=2", *WEB),
        test_dependencies=(*TEST, "httpx>=0.28"),
        commands={"NAME-train": "PACKAGE.training:main"},
        usage=(
            "NAME-train data/houses.csv price model.json",
            f"uvicorn --factory PACKAGE.app:make_app --port {PORT}",
        ),
        command=SERVE,
        port=PORT,
    ),
    "dashboard": Pack(
        files={
            "src/__package__/figures.py": "figures from a CSV file",
            "src/__package__/drawing.py": "bars as SVG",
            "src/__package__/app.py": "the page",
            "data/visits.csv": "a few rows to begin with",
            "tests/test_dashboard.py": "tests of figures and page",
        },
        dependencies=WEB,
        test_dependencies=(*TEST, "httpx>=0.28"),
        usage=(f"uvicorn --factory PACKAGE.app:make_app --port {PORT}",),
        command=SERVE,
        port=PORT,
    ),
}
BASE: dict[str, str] = {
    "pyproject.toml": "what it is, what it needs, how it is built and checked",
    "README.md": "where to begin",
    "CHANGELOG.md": "what changed",
    "Makefile": "install, test, lint",
    "gitignore": "what git leaves out",
    "src/__package__/__init__.py": "the package and its version",
    "src/__package__/py.typed": "says that it has types",
}
CONTAINER: dict[str, str] = {
    "Dockerfile": "the image, without root",
    "dockerignore": "what the image leaves out",
}
RENAMED = {"gitignore": ".gitignore", "dockerignore": ".dockerignore"}


def filled(text: str, project: Project) -> str:
    """The text with the names of the project in place of NAME and PACKAGE."""
    return text.replace("PACKAGE", project.package).replace("NAME", project.name)


def templates_of(project: Project) -> dict[str, tuple[str, str]]:
    """Template → name in the project, and what it is for."""
    groups = [("base", BASE), (project.stack, PACKS[project.stack].files)]
    if project.container:
        groups.append(("base", CONTAINER))
    if project.licence != "none":
        groups.append(("base", {f"LICENSE.{project.licence}": f"the {project.licence} licence"}))
    found: dict[str, tuple[str, str]] = {}
    for folder, files in groups:
        for name, what in files.items():
            plain = RENAMED.get(name, "LICENSE" if name.startswith("LICENSE.") else name)
            found[f"{folder}/{name}.j2"] = (plain.replace("__package__", project.package), what)
    return found
