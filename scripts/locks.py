"""`make lock`: resolve the dependencies of pyproject.toml again; no download address is written."""

from pathlib import Path

from scripts import packages
from scripts.commands import Argument, quietly
from scripts.places import LABEXTENSION, PYRIGHT, REQUIREMENTS, ROOT, program
from scripts.steps import timed

EXTRAS = ("server", "lab", "tools", "postgres", "payments", "cluster", "test")
OPTIONS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--quiet",
)


def main() -> int:
    """Write `requirements/*.txt` and both `package-lock.json` anew."""
    packages.make_environment()
    packages.install_locked()
    extras = [part for extra in EXTRAS for part in ("--extra", extra)]
    timed("requirements/dev.txt", lambda: _compile("dev.txt", "pyproject.toml", *extras, "--group", "dev"))
    for name in ("uv", "node"):
        source = (REQUIREMENTS / f"{name}.in").relative_to(ROOT)
        timed(f"requirements/{name}.txt", lambda source=source, name=name: _compile(f"{name}.txt", source))
    for folder in (LABEXTENSION, PYRIGHT):
        timed(f"{folder.name}/package-lock.json", lambda folder=folder: _lock_node(folder))
    return 0


def _compile(written: str, *sources: Argument) -> None:
    target = Path("requirements") / written
    quietly([program("uv"), "pip", "compile", *sources, *OPTIONS, "-o", target], f"lock-{target.stem}")


def _lock_node(folder: Path) -> None:
    arguments = ["npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved"]
    quietly(arguments, f"lock-{folder.name}", cwd=folder)
