"""The command `doctor`: what this machine can do for the server, layer by layer."""

import argparse
import logging
import threading
from collections.abc import Iterable
from typing import Any

from studio_server.registry import catalogue
from studio_server.runs.executor import confining
from studio_server.runs.executor.cluster.choosing import described, executor_for
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.nursery import CannotStart, Idle
from studio_server.runs.executor.protocol import Layer
from studio_server.settings import Settings

ONLY_REVIEWED = 3
"""Exit code: the server works, but this machine cannot confine tools that nobody has read."""
UNWATCHED = "metered runs"
MEGABYTE = 10**6

log = logging.getLogger(__name__)


def add_verb(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `doctor`."""
    doctor = commands.add_parser(
        "doctor",
        help=f"what this machine can do; exit codes 0 all tools run, {ONLY_REVIEWED} only reviewed ones",
    )
    doctor.set_defaults(run=examine)


def examine(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print every layer with its meaning; the exit code says whether unreviewed tools may run."""
    del chosen
    _say(f"ok       runs are carried out by {described(settings)}")
    executor = executor_for(settings)
    try:
        layers = executor.capabilities()
        for layer in layers:
            _say(f"{'ok     ' if layer.present else 'missing'}  {layer.name}: {layer.detail}")
        if isinstance(executor, LocalExecutor):
            _warm(executor, settings)
    finally:
        executor.close()
    _tools_and_data(settings)
    return verdict(settings, layers)


def verdict(settings: Settings, layers: Iterable[Layer]) -> int:
    """Say which tools may run here."""
    lacking = [layer.name for layer in layers if not layer.present and layer.name in confining.NEEDED]
    if any(layer.name == UNWATCHED for layer in layers):
        _say("missing  metered runs cannot be carried out on this machine")
        return ONLY_REVIEWED
    if lacking:
        reviewed = ", ".join(settings.reviewed_tools) or "none; STUDIO_REVIEWED_TOOLS names them"
        _say(f"missing  {', '.join(lacking)}: only built-in tools run, and those you reviewed ({reviewed})")
        return ONLY_REVIEWED
    _say("ok       every installed tool may run")
    return 0


def warn_in_background(settings: Settings) -> None:
    """Say at start what is missing, without keeping the start waiting."""
    threading.Thread(target=_warn, args=(settings,), name="confinement", daemon=True).start()


def _warn(settings: Settings) -> None:
    lacking = confining.found(settings.control_group).lacking()
    if lacking and settings.executor == "local":
        log.warning(
            "this machine lacks %s: only reviewed tools are run (see studio-server doctor)",
            ", ".join(lacking),
        )


def _warm(executor: LocalExecutor, settings: Settings) -> None:
    try:
        held = executor.warm_up()
    except CannotStart as failed:
        _say(f"missing  warm start: {failed}")
        return
    allowed = settings.idle_workers_bytes / MEGABYTE
    total = sum(one.memory_bytes for one in held) / MEGABYTE
    _say(f"ok       fork servers hold {total:.0f} MB of at most {allowed:.0f} MB: {_each(held)}")


def _each(held: Iterable[Idle]) -> str:
    return ", ".join(f"{one.family} {one.memory_bytes / MEGABYTE:.0f} MB" for one in held)


def _tools_and_data(settings: Settings) -> None:
    registry = catalogue.load()
    ready = [entry.short_name for entry in registry.tools.values() if entry.availability == "available"]
    _say(f"ok       tools: {', '.join(ready)}; {len(registry.tools) - len(ready)} more are coming")
    _say(f"ok       data folder: {settings.data_dir}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal
