"""Every pack installs, its tests pass, its commands run, and the other tools have nothing to say of it."""

import os
import subprocess
import sys

import pytest

from studio_magics.tools.dev.security import TOOL as SECURITY
from studio_magics.tools.dev.security.inputs import SecurityInput
from tests.tools.dev.folder_context import FolderContext

PACKS = {
    "library": {"name": "title-names", "stack": "library"},
    "cli": {"name": "word-count", "stack": "cli", "python": "3.11", "container": True},
    "api in memory": {"name": "shop-api", "stack": "api", "container": True},
    "api with sqlite": {"name": "shop-notes", "stack": "api", "database": "sqlite", "package_manager": "uv"},
    "ml-service": {"name": "house-prices", "stack": "ml-service", "container": True, "ci": "none"},
    "dashboard": {"name": "visits", "stack": "dashboard", "licence": "0BSD"},
    "long names": {"name": "a-very-long-name-of-a-project-that-nobody-would-want-to-type", "stack": "api"},
}


def run(command, folder, site):
    surroundings = {
        "PATH": os.defpath,
        "PYTHONPATH": str(site),
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )


VARIANTS = ("api in memory", "long names")


@pytest.mark.parametrize("pack", VARIANTS)
def test_the_tests_of_a_variant_pass(unpacked, pack):
    root = unpacked(PACKS[pack])
    tested = run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], root, root / "src")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("pack", [one for one in PACKS if one not in VARIANTS])
def test_the_project_installs_and_its_tests_pass_against_what_was_installed(unpacked, tmp_path, pack):
    root, site = unpacked(PACKS[pack]), tmp_path / "site"
    install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        site,
        ".",
    ]
    installed = run(install, root, tmp_path / "nothing")
    assert installed.returncode == 0, installed.stderr
    assert [one.name for one in site.iterdir() if one.name.endswith(".dist-info")]
    tested = run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], root, site)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "passed" in tested.stdout


def test_a_test_of_a_pack_fails_when_its_code_is_spoiled(unpacked, tmp_path):
    root = unpacked(PACKS["library"])
    path = root / "src" / "title_names" / "slugs.py"
    path.write_text(path.read_text().replace('"-".join', '"_".join'))
    tested = run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], root, root / "src")
    assert tested.returncode == 1


def test_the_command_line_counts_a_file(unpacked):
    root = unpacked(PACKS["cli"])
    (root / "x.txt").write_text("one two\n")
    counted = run(["-m", "word_count", "count", "x.txt"], root, root / "src")
    assert counted.stdout.startswith("x.txt: 1 lines, 2 words, 8 signs")


@pytest.mark.parametrize("pack", ["cli", "api with sqlite"])
def test_the_security_scanner_finds_nothing_that_matters(unpacked, tmp_path, pack):
    root = unpacked(PACKS[pack])
    context = FolderContext(tmp_path, place="server")
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    result = SECURITY.run(SecurityInput(code=context.keep_folder("made", files)), context)
    grave = [one for one in result.findings if one.severity in {"critical", "high", "medium"}]
    assert [(one.code, one.where) for one in grave] == []
