"""Programs of the operating system that the checks use: Chromium, fonts, PostgreSQL."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.commands import answer, quietly
from scripts.steps import timed, warn


@dataclass(frozen=True)
class Program:
    """Something the distribution provides, and how to see that it is there."""

    purpose: str
    package: str
    """Name of the Debian and Ubuntu package."""
    present: bool


def programs() -> list[Program]:
    """What the checks want from the operating system, and whether it is there."""
    chromium = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    postgres = bool(shutil.which("pg_ctl")) or any(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return [
        Program("browser tests", "chromium", chromium),
        Program("text in screenshots", "fonts-dejavu-core", _has_font("DejaVu")),
        Program("text in screenshots", "fonts-liberation", _has_font("Liberation")),
        Program("tests on PostgreSQL", "postgresql", postgres),
    ]


def _has_font(family: str) -> bool:
    if answer(["fc-list", family]):
        return True
    return any(Path("/usr/share/fonts").rglob(f"{family}*.ttf"))


def install_for_checks() -> None:
    """Install what is missing with apt-get where that is allowed, else say exactly what to install."""
    missing = [program.package for program in programs() if not program.present]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        timed(f"System packages {' '.join(missing)}", lambda: _apt_install(missing))
        return
    warn(f"missing for some tests: {', '.join(missing)} (those tests say so and are skipped or fail)")
    warn(f"install with: sudo apt-get install --no-install-recommends {' '.join(missing)}")


def _apt_install(names: list[str]) -> None:
    unattended = {"DEBIAN_FRONTEND": "noninteractive"}
    quietly(["apt-get", "update", "-qq"], "apt-update", extra=unattended)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    quietly(install, "apt-install", extra=unattended)
