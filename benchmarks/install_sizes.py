"""`python -m benchmarks.install_sizes`: megabytes and packages of an installation, and importing in time.

Every extra is installed into an empty temporary folder from the versions of `requirements/dev.txt`, without
bytecode, and weighed; the sources of this project are added from here. Writes `docs/install-sizes.md`.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install-sizes.md"
LOCK = ROOT / "requirements" / "dev.txt"
MEGABYTE = 1_000_000
ROUNDS = 9
KERNEL = ("studio_magics",)
WHOLE = ("studio_magics", "server/studio_server")
SETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "kernel only": ((), KERNEL),
    "[data-studio]": (("data-studio",), KERNEL),
    "[dev-studio]": (("dev-studio",), KERNEL),
    "[cyber-studio]": (("cyber-studio",), KERNEL),
    "[tools]": (("dev-studio", "cyber-studio", "data-studio"), KERNEL),
    "[server]": (("server",), WHOLE),
    "[server,tools]": (("server", "dev-studio", "cyber-studio", "data-studio"), WHOLE),
}
"""Name → extras, and the sources of our own that are used."""
IMPORTS = {
    "python": "pass",
    "import studio_magics": "import studio_magics",
    "import IPython (for comparison)": "import IPython",
}


def main() -> int:
    """Install, weigh, time, write the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = [_weighed(name, project, *SETS[name]) for name in SETS]
    PAGE.write_text("\n".join(_page(rows, _imports())) + "\n", encoding="utf-8")
    return 0


def _weighed(name: str, project: dict[str, Any], extras: tuple[str, ...], own: tuple[str, ...]) -> list[str]:
    wanted = [*project["dependencies"], *(one for x in extras for one in project["optional-dependencies"][x])]
    with tempfile.TemporaryDirectory(prefix="studio-sizes-") as folder:
        bounds = Path(folder) / "bounds.txt"
        bounds.write_text("\n".join(_pins()) + "\n", encoding="utf-8")
        place = Path(folder) / "installed"
        command = ["uv", "pip", "install", "--quiet", "--target", str(place), "--constraint", str(bounds)]
        subprocess.run([*command, *wanted], check=True, cwd=folder, env=_environment())
        packages = len(list(place.glob("*.dist-info")))
        theirs = _size(place)
    ours = sum(_size(ROOT / part) for part in own)
    print(f"   {name}: {packages} packages, {theirs / MEGABYTE:.0f} MB", flush=True)
    return [name, str(packages), f"{theirs / MEGABYTE:,.0f}", f"{ours / MEGABYTE:.1f}"]


def _environment() -> dict[str, str]:
    """The uv of this environment; links instead of copies, for the same figures in less time."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _pins() -> list[str]:
    """The locked versions, without their hashes."""
    lines = LOCK.read_text("utf-8").splitlines()
    return [line.rstrip(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))]


def _size(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sum(path.stat().st_size for path in files)


def _imports() -> list[list[str]]:
    used = {name: [_used(code) for _ in range(ROUNDS)] for name, code in IMPORTS.items()}
    bare_ms, bare_mb = (median(one[place] for one in used["python"]) for place in (0, 1))
    rows: list[list[str]] = []
    for name, figures in used.items():
        ms, mb = (median(one[place] for one in figures) for place in (0, 1))
        rows.append([name, f"{ms:.0f}", f"{mb:.1f}", f"{ms - bare_ms:+.0f}", f"{mb - bare_mb:+.1f}"])
    return rows


def _used(code: str) -> tuple[float, float]:
    """Processor milliseconds and peak megabytes of a fresh interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    command = [sys.executable, "-c", f"{code}\n{told}"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds * 1_000, int(answer.stdout) * 1024 / MEGABYTE


def _page(sizes: list[list[str]], imports: list[list[str]]) -> list[str]:
    return [
        "# What installing takes",
        "",
        "Written by `python -m benchmarks.install_sizes`; do not edit. Each extra alone in an empty folder,",
        "with the versions of `requirements/dev.txt`, without bytecode (which adds about a fifth);",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]} on Linux.",
        "",
        "| install | packages | MB of packages | MB of Studio's own sources |",
        "|---|---:|---:|---:|",
        *(f"| {' | '.join(row)} |" for row in sizes),
        "",
        "The kernel side needs the first line alone; a tool that wants a library says which extra has it.",
        "",
        "## Importing",
        "",
        f"Median of {ROUNDS} fresh interpreters; processor time, for wall time says little here.",
        "",
        "| statement | CPU ms | peak MB | more than bare, ms | more than bare, MB |",
        "|---|---:|---:|---:|---:|",
        *(f"| {' | '.join(row)} |" for row in imports),
    ]


if __name__ == "__main__":
    sys.exit(main())
