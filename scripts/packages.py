"""The virtual environment: made with venv, filled from hash-locked lists by uv, or by pip where uv fails."""

import json
import shutil
import sys
from pathlib import Path

from scripts.commands import answer, quietly
from scripts.failures import CommandFailed
from scripts.places import ENVIRONMENT, INSTALLED_LABEXTENSION, PYTHON, REQUIREMENTS, ROOT, program
from scripts.steps import digest, step, warn

OVERRIDES = ENVIRONMENT / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
QUIET_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"}
}
"""JupyterLab asks for news and updates at the first start; a demo and a test should do neither."""

VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
HASHED = ("--require-hashes", "--no-deps")


def make_environment() -> None:
    """Make `.venv` with the Python that runs this, unless a fitting one is there."""
    running_inside = Path(sys.prefix).resolve() == ENVIRONMENT.resolve()
    if running_inside or answer([PYTHON, "-c", VERSION]) == answer([sys.executable, "-c", VERSION]):
        return
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    version = answer([sys.executable, "-c", VERSION])
    step(
        f"Environment .venv with Python {version}",
        "",
        lambda: quietly([sys.executable, "-m", "venv", ENVIRONMENT], "venv"),
        proof=PYTHON,
    )


def install_locked() -> None:
    """Install what `requirements/dev.txt` lists, each file checked against its hash."""
    step("Installer uv", _key("uv.txt"), _install_uv, proof=PYTHON)
    step("Python packages", _key("dev.txt"), _install_packages, proof=program("jupyter-lab"))


def _key(name: str) -> str:
    """The lock file and the birth of the environment: a new environment is filled again."""
    return digest([REQUIREMENTS / name], str((ENVIRONMENT / "pyvenv.cfg").stat().st_mtime_ns))


def _install_uv() -> str | None:
    try:
        _pip("install", *HASHED, "-r", REQUIREMENTS / "uv.txt", log="uv")
    except CommandFailed as failure:
        warn(f"uv is not available, pip will do its work: {failure}")
        return "not available"
    return None


def _install_packages() -> str | None:
    """Let uv install in parallel; an index that only pip is configured for is pip's to reach."""
    listed = REQUIREMENTS / "dev.txt"
    uv = [
        program("uv"),
        "pip",
        "install",
        "--python",
        PYTHON,
        *HASHED,
        "--compile-bytecode",
        "--system-certs",
        "-r",
        listed,
    ]
    try:
        quietly(uv, "packages-uv")
    except CommandFailed:
        _pip("install", *HASHED, "-r", listed, log="packages-pip")
        return "with pip; uv could not, see .build/logs/packages-uv.log"
    return None


def install_studio() -> None:
    """Install this repository itself, editable: console script, entry points and Jupyter's configuration."""
    sources = [ROOT / "pyproject.toml", *(ROOT / "server" / "jupyter-config").rglob("*.json")]
    step(
        "Studio itself", _key("dev.txt") + digest(sources), _install_editable, proof=program("studio-server")
    )


def _install_editable() -> None:
    """Uninstalling follows a link into the sources and would delete them, so the link goes first."""
    if INSTALLED_LABEXTENSION.is_symlink():
        INSTALLED_LABEXTENSION.unlink()
    arguments = ("install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT)
    _pip(*arguments, log="studio", SKIP_JUPYTER_BUILDER="1")


def quiet_jupyterlab() -> None:
    """Switch off JupyterLab's questions for news and updates in this environment."""
    if not OVERRIDES.is_file() or json.loads(OVERRIDES.read_text()) != QUIET_SETTINGS:
        OVERRIDES.parent.mkdir(parents=True, exist_ok=True)
        OVERRIDES.write_text(json.dumps(QUIET_SETTINGS, indent=2) + "\n")


def _pip(*arguments: str | Path, log: str, **extra: str) -> None:
    quietly([PYTHON, "-m", "pip", *arguments], log, extra=extra)
