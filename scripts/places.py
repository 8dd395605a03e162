"""Where things are: every path that set-up, checks and the demo share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""
BUILD = ROOT / ".build"
"""Everything made here that is not tracked, apart from the environment itself."""
LOGS = BUILD / "logs"
STAMPS = BUILD / "stamps"
RUNTIME = BUILD / "runtime"
"""Where the demo's Jupyter describes itself and its kernels."""
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
LABEXTENSION = ROOT / "labextension"
PYRIGHT = ROOT / "scripts" / "pyright"
NOTEBOOKS = ROOT / "notebooks"
FIRST_NOTEBOOK = "01_first_run.ipynb"
LAB_DATA = BUILD / "lab-data"
"""Ledger and artefacts of `make lab`: apart from the user's own Studio, gone with `make clean`."""


OWN_NODE = BUILD / "node"
"""A Node that comes as a Python wheel, where the machine has none."""
BUILT_LABEXTENSION = LABEXTENSION / "static"
INSTALLED_LABEXTENSION = ENVIRONMENT / "share" / "jupyter" / "labextensions" / "studio-labextension"


def program(name: str) -> Path:
    """A console script of the environment."""
    return ENVIRONMENT / "bin" / name
