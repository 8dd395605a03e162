"""Which layers of watching and confinement are in force on this machine; what `doctor` shows."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from studio_server.runs.executor.protocol import Layer

LINUX = sys.platform == "linux"


def why_unsupported() -> str:
    """Why workers cannot be watched here; empty when they can."""
    if not hasattr(os, "fork"):
        return "metered runs need a POSIX system on the server (Linux, or macOS with less protection)"
    if not LINUX and find_spec("psutil") is None:
        return "metered runs need the package psutil on systems without /proc"
    return ""


def layers() -> tuple[Layer, ...]:
    """Every layer, present or not, with what it means."""
    unsupported = why_unsupported()
    if unsupported:
        return (Layer("metered runs", present=False, detail=unsupported),)
    return (*_watching(), *_confining())


def _watching() -> tuple[Layer, ...]:
    shares = LINUX and Path("/proc/self/smaps_rollup").exists()
    return (
        Layer(
            "whole-tree metering",
            present=True,
            detail="CPU, memory, time and disk of all processes of a run, "
            + ("40 times a second from /proc" if LINUX else "40 times a second through psutil"),
        ),
        Layer(
            "orphan adoption",
            present=LINUX,
            detail="a grandchild that leaves its session stays in the run"
            if LINUX
            else "a grandchild that leaves its session between two samples escapes",
        ),
        Layer(
            "shared memory counted once",
            present=shares,
            detail="proportional memory" if shares else "shared pages count once per process",
        ),
        Layer(
            "worker dies with its launcher",
            present=LINUX,
            detail="parent death signal" if LINUX else "left to the control pipe alone",
        ),
    )


def _confining() -> tuple[Layer, ...]:
    return (
        Layer("limits per process", present=True, detail="second belt: CPU, address space, file size, core"),
        Layer(
            "no new privileges",
            present=LINUX,
            detail="set-uid programs gain nothing" if LINUX else "set-uid programs keep their effect",
        ),
        Layer("own user", present=False, detail="a tool can read what the server's user can read"),
        Layer("network denial", present=False, detail="a tool can reach what this machine can reach"),
        Layer("memory control group", present=False, detail="memory is sampled; a short spike may pass"),
        Layer("system call filter", present=False, detail="neither Landlock nor seccomp is applied"),
    )
