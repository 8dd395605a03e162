"""Facts about the machine and the software that a figure means nothing without. No names, no addresses."""

import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

import apsw
import psutil

LIBRARIES = ("starlette", "uvicorn", "uvloop", "httptools", "pydantic", "apsw", "ipython", "jupyter-server")


def facts() -> dict[str, str]:
    """What a reader needs to judge the figures."""
    return {
        "processor": f"{psutil.cpu_count()} x {_processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "load": f"{os.getloadavg()[0]:.1f} when it began",
        "load generator": "wrk" if shutil.which("wrk") else "sockets in Python (wrk is not installed)",
    }


def _processor() -> str:
    """The model name where the system tells it."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
