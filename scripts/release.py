"""`make wheel`: wheel and sdist from what is committed, so that nothing stale or private is packed."""

import shutil
import sys

from scripts import node, packages
from scripts.commands import answer, quietly
from scripts.failures import SetupFailed
from scripts.places import BUILD, ROOT, program
from scripts.steps import timed

SOURCE = BUILD / "release"
DISTRIBUTIONS = ROOT / "dist"


def main() -> int:
    """Build from a fresh clone of HEAD into `dist/`; refuses while tracked files have changes."""
    if answer(["git", "status", "--porcelain", "--untracked-files=no"]):
        raise SetupFailed("Tracked files have changes that are not committed", action="git status")
    packages.make_environment()
    packages.install_locked()
    node.ensure_node()
    timed("Wheel and sdist", _build)
    for made in sorted(DISTRIBUTIONS.glob("studio_magics-*")):
        print(f"  dist/{made.name}  {made.stat().st_size // 1024} KB")
    return 0


def _build() -> None:
    """The build removes nothing by itself, so both the sources and `dist/` start empty."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.rmtree(DISTRIBUTIONS, ignore_errors=True)
    quietly(["git", "clone", "--quiet", "--no-hardlinks", ROOT, SOURCE], "release-clone")
    python = ["--python", sys.executable]
    build = [program("uv"), "build", "--system-certs", *python, "--out-dir", DISTRIBUTIONS]
    quietly(build, "release", cwd=SOURCE)
