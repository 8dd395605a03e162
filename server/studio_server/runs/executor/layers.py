"""Which layers of watching and confinement are in force on this machine; what `doctor` shows."""

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from studio_server.runs.executor.nursery import Idle
from studio_server.runs.executor.protocol import Layer

LINUX = sys.platform == "linux"
MEGABYTE = 10**6
CONFINING: dict[str, tuple[str, str]] = {
    "process limits": (
        "second belt: CPU, address space, file size, open files, tasks, core",
        "only the watch over the whole run limits it",
    ),
    "no privileges": (
        "no capability is left, and set-uid programs gain nothing",
        "set-uid programs keep their effect",
    ),
    "own processes": (
        "a run sees and signals no process but its own; ending its first process ends all of them",
        "a run sees the machine's processes and can signal those of its user",
    ),
    "own view": (
        "a run sees Python, libraries and programs, read-only, and its own folder; no data folder",
        "a run sees the machine's files; what it may open is left to file rules",
    ),
    "own network": (
        "a run has a network of its own: no service of this machine, no metadata address, no internet",
        "only the system call filter keeps a run from the network",
    ),
    "own user": (
        "every run is a user that exists nowhere else",
        "a run is the server's user, under another name",
    ),
    "system call filter": (
        "ptrace, keyrings, bpf, mounts, new namespaces, sockets to others and some 60 more calls are refused",
        "every system call of the server's user is open to a run",
    ),
    "file rules": (
        "Landlock: only libraries are read, only the run's own folder is written, no outsider is signalled",
        "files are kept apart by the view alone",
    ),
    "control group": (
        "the kernel bounds memory and tasks of a whole run",
        "memory and tasks of a run are sampled; a short spike may pass",
    ),
    "exact clock": (
        "the kernel counts the CPU of everything a run starts",
        "CPU is sampled; a process that ends between two samples, and that nobody waits for, is not billed",
    ),
}
"""Layer → what it does, what its absence means."""


def why_unsupported() -> str:
    """Why workers cannot be watched here; empty when they can."""
    if not hasattr(os, "fork"):
        return "metered runs need a POSIX system on the server (Linux, or macOS with less protection)"
    if not LINUX and find_spec("psutil") is None:
        return "metered runs need the package psutil on systems without /proc"
    return ""


def layers(
    missing: Mapping[str, str], in_force: Collection[str], idle: Iterable[Idle] = ()
) -> tuple[Layer, ...]:
    """Every layer, present or not, with what it means; `missing` says why one is not there."""
    unsupported = why_unsupported()
    if unsupported:
        return (Layer("metered runs", present=False, detail=unsupported),)
    return (*_watching(), *_confining(missing, in_force), _warm(idle))


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
            "worker dies with its meter",
            present=LINUX,
            detail="parent death signal" if LINUX else "left to the control pipe alone",
        ),
    )


def _confining(missing: Mapping[str, str], in_force: Collection[str]) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for name, (does, means) in CONFINING.items():
        present = name in in_force
        why = missing.get(name) or "left out"
        found.append(Layer(name, present=present, detail=does if present else f"{means} ({why})"))
    return tuple(found)


def _warm(idle: Iterable[Idle]) -> Layer:
    held = [f"{one.family} {one.memory_bytes / MEGABYTE:.0f} MB" for one in idle]
    return Layer(
        "warm start", present=True, detail=f"fork servers: {', '.join(held) or 'none is running yet'}"
    )
