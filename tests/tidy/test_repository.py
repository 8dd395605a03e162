"""The root of the repository: one version, two commands, layers that hold."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import studio_magics
from tests.tidy import tracked

ROOT = tracked.ROOT
LINTER = Path(sys.executable).parent / "lint-imports"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/decisions.md"],
)
def test_the_customary_root_files_are_there_and_not_empty(name: str) -> None:
    assert len(read(name).split()) > 40


def test_the_version_is_written_once_and_the_front_end_carries_the_same() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert "version" in project["dynamic"]
    assert "version" not in project
    assert json.loads(read("labextension/package.json"))["version"] == studio_magics.__version__
    assert f"## {studio_magics.__version__}" in read("CHANGELOG.md")


def test_the_readme_opens_with_the_two_commands() -> None:
    opening = "\n".join(read("README.md").splitlines()[:40])
    assert "make lab" in opening
    assert "make test" in opening
    assert "docs/images/lab.png" in opening


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    lines = read(".ci/run").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["CI=true exec make --no-print-directory test </dev/null"]


def test_every_target_of_the_makefile_is_a_verb_of_the_scripts() -> None:
    targets = re.search(r"^TARGETS := (.+)$", read("Makefile"), re.MULTILINE)
    assert targets
    told = subprocess.run(
        [sys.executable, "-m", "scripts", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    verbs = set(re.findall(r"^  make (\w+)", told.stdout, re.MULTILINE))
    assert set(targets.group(1).split()) - {"help"} == verbs


def test_make_without_a_target_explains_the_targets() -> None:
    told = subprocess.run(
        [shutil.which("make") or "make"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "make lab" in told.stdout


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), str(tree / "server")])}
    command = [str(LINTER), "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, cwd=tree, env=surroundings, capture_output=True, text=True, check=False)


def test_the_layers_of_kernel_and_server_hold() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("studio_magics/contracts/base.py", "import studio_magics.client", "Kernel:"),
        ("studio_magics/display/__init__.py", "import studio_magics.magics", "Kernel:"),
        ("server/studio_server/storage/__init__.py", "import studio_server.ledger", "Server:"),
        ("server/studio_server/clock.py", "import studio_magics.client", "The server imports"),
        ("studio_magics/tools/base.py", "import studio_server.clock", "studio_magics never imports"),
        ("server/studio_server/ledger/__init__.py", "import starlette", "Ledger and pricing"),
        ("studio_magics/tools/base.py", "def f():\n    import httpx", "Contracts and tools"),
    ],
)
def test_an_import_against_the_layers_breaks_its_contract(
    tmp_path: Path, module: str, statement: str, broken: str
) -> None:
    for path in tracked.files():
        name = tracked.named(path)
        if name.endswith(".py") and name.startswith(("studio_magics/", "server/")):
            copy = tmp_path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    spoiled = tmp_path / module
    spoiled.write_text(f"{spoiled.read_text() if spoiled.exists() else ''}\n{statement}\n")
    found = lint_imports(tmp_path)
    assert found.returncode != 0
    assert re.search(rf"^{broken}[^\n]*(\n[^\n]*)?BROKEN", found.stdout, re.MULTILINE), found.stdout
