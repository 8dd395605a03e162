"""Which layers this server puts around its runs, and what a run may see of the machine's libraries."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from studio_magics.tools import catalog
from studio_server.runs.executor.sandbox import groups, probe, view

PROBE = "studio_server.runs.executor.sandbox.probe"
PROBE_SECONDS = 60
EVERYWHERE = ("no privileges", "process limits")
"""Layers that need nothing of the machine."""
NEEDED = ("own processes", "own view", "own network", "system call filter")
"""Without one of these only reviewed tools are run."""


@dataclass(frozen=True)
class Found:
    """What the probe found on this machine."""

    missing: dict[str, str]
    """Layer → why it is not there; a layer that is there is not in it."""

    @property
    def needs_user_namespace(self) -> bool:
        """An ordinary user, or a root that may do little, makes namespaces inside a user namespace only."""
        return "own user" in self.missing

    def layers(self, without: Collection[str] = ()) -> frozenset[str]:
        """The layers to put around a run."""
        names = (*probe.LAYERS, *EVERYWHERE)
        there = {name for name in names if name not in self.missing and name not in without}
        if not self.needs_user_namespace or "own processes" not in there:
            there.discard("user namespace")
        if "own processes" not in there:
            there -= {"own view", "own network"}
        if "own view" not in there:
            there.discard("own user")
        return frozenset(there)

    def lacking(self, without: Collection[str] = ()) -> tuple[str, ...]:
        """The needed layers that are missing: with any, only reviewed tools are run."""
        there = self.layers(without)
        return tuple(name for name in NEEDED if name not in there)


@cache
def found(control_group: str = "") -> Found:
    """Look once per process; blocks for a moment the first time."""
    if sys.platform != "linux":
        return Found(dict.fromkeys(probe.LAYERS, "only Linux has it"))
    command = [sys.executable, "-P", "-m", PROBE, control_group]
    done = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=False)
    try:
        said: dict[str, str] = json.loads(done.stdout)
    except ValueError:
        return Found(dict.fromkeys(probe.LAYERS, "looking for it failed on this machine"))
    return Found({name: why for name, why in said.items() if why})


def orders(machine: Found, *, control_group: str, without: Collection[str]) -> dict[str, Any]:
    """What a fork server is told about confinement; control groups that a former server left are removed."""
    layers = machine.layers(without)
    parents = groups.parents(control_group) if "control group" in layers else groups.Parents()
    groups.clear_leftovers(parents)
    return {
        "layers": sorted(layers),
        "paths": list(library_paths()),
        "groups": parents.folders,
        "unified": parents.unified,
    }


@cache
def library_paths() -> tuple[str, ...]:
    """Folders with Python, its libraries and the tools: what is shown to a run beside the system's own."""
    wanted = sorted({str(path) for path in _library_paths() if path.exists()}, key=len)
    kept: list[str] = []
    for path in wanted:
        if not any(Path(path).is_relative_to(shown) for shown in (*view.SYSTEM, *kept)):
            kept.append(path)
    return tuple(kept)


def _library_paths() -> Iterator[Path]:
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix):
        yield from (Path(prefix), Path(prefix).resolve())
    for entry in map(Path, sys.path):
        if entry.is_absolute() and entry.name in ("site-packages", "dist-packages"):
            yield entry
    for name in _packages():
        spec = find_spec(name)
        if spec is not None:
            yield from map(Path, spec.submodule_search_locations or ([spec.origin] if spec.origin else ()))


def _packages() -> set[str]:
    """The product and every installed tool: shown alone, not the folder of sources they may lie in."""
    tools = {source.reference.partition(":")[0].partition(".")[0] for source in catalog.sources().values()}
    return {"studio_magics", "studio_server", *tools}


def confined_environment(workdir: Path) -> dict[str, str]:
    """All that a run finds in its environment: nothing of the server's."""
    return {**base_environment(), "HOME": str(workdir), "TMPDIR": str(workdir / "tmp")}


def base_environment() -> dict[str, str]:
    """The same for a fork server, which has no folder."""
    one_thread = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MALLOC_ARENA_MAX": "2",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(one_thread, "1"),
        **({"PYTHONUSERBASE": _user_base()} if installed_for_one_user() else {}),
    }


def installed_for_one_user() -> bool:
    """Libraries of this server come from the user's own folder, which a missing HOME would hide."""
    import site

    return site.getusersitepackages() in sys.path


def _user_base() -> str:
    import site

    return site.getuserbase()


def interpreter(module: str) -> list[str]:
    """Start a module, isolated from the current folder; not `-I`, which would also drop PYTHONHASHSEED."""
    alone = () if installed_for_one_user() else ("-s",)
    return [sys.executable, *alone, "-P", "-m", module]


def folder_seen_by_run(workdir: Path, layers: Collection[str]) -> Path:
    """Where a run finds its own folder."""
    return Path(view.FOLDER) if "own view" in layers else workdir


def is_root() -> bool:
    """The server is root, and its runs are not."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
