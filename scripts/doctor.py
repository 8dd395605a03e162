"""`make doctor`: what this machine has and what is missing, without changing anything."""

import platform
import shutil
import sys

from scripts import node, system
from scripts.commands import answer
from scripts.places import BUILT_LABEXTENSION, PYTHON, program

WANTED_GIGABYTES = 2


def main() -> int:
    """Print one line per fact; status 1 when `make lab` cannot work here."""
    studio, disk = program("studio-server").exists(), _free_gigabytes()
    lines = [
        ("Python", True, f"{platform.python_version()} ({sys.executable})"),
        ("Node", node.on_path(), answer(["node", "--version"]) or "none: a locked wheel will be used"),
        ("environment", PYTHON.exists(), answer([PYTHON, "--version"]) or "make setup"),
        ("Studio", studio, "installed" if studio else "make setup"),
        (
            "lab extension",
            BUILT_LABEXTENSION.exists(),
            "built" if BUILT_LABEXTENSION.exists() else "make setup",
        ),
        ("disk", disk >= WANTED_GIGABYTES, f"{disk:.1f} GB free, {WANTED_GIGABYTES} GB wanted"),
    ]
    lines += [(one.package, one.present, f"for {one.purpose}") for one in system.programs()]
    for name, fine, remark in lines:
        print(f"  {'✔' if fine else '–'} {name:<18} {remark}")
    return 0 if disk >= WANTED_GIGABYTES or studio else 1


def _free_gigabytes() -> float:
    return shutil.disk_usage(".").free / 1e9
