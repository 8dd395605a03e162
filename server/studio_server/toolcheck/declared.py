"""What the operator's catalogue says of the tool: limits, price, mode; the shipped one, or a file like it."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from studio_magics.contracts.catalogue import RunLimits
from studio_server.registry import catalogue
from studio_server.registry.catalogue import PLACES, RegistryInvalid, ToolEntry
from studio_server.runs.offers import wire_limits
from studio_server.toolcheck.report import Check, failed, judged, skipped
from studio_server.toolcheck.subject import Subject

MEGABYTE = 10**6
WITHOUT_DECLARATION = RunLimits(
    cpu_ms=20_000, wall_ms=40_000, memory_bytes=1_000 * MEGABYTE, output_bytes=16 * MEGABYTE
)
"""What a tool may use in a check when nobody has said more."""
NAME = "limits and price"


def entry(subject: Subject, declaration: Path | None) -> tuple[ToolEntry | None, Check]:
    """The tool's line in the catalogue, and how it fits the tool."""
    tool = subject.tool
    try:
        found = _registry(declaration).tools.get(tool.id)
    except RegistryInvalid as invalid:
        return None, failed(NAME, "; ".join(invalid.faults), "correct the numbers of the declaration")
    except (OSError, KeyError, TypeError, ValueError) as broken:
        return None, failed(NAME, f"the declaration cannot be read: {broken!r}", "see registry/tools.toml")
    if found is None and declaration is None:
        todo = "write a [[tool]] as in registry/tools.toml and give it as --limits FILE"
        return None, skipped(NAME, f"no catalogue names '{tool.id}'; the check's own limits are used", todo)
    if found is None:
        return None, failed(NAME, f"the declaration has no '{tool.id}'", "correct its id")
    return found, judged(NAME, _faults(subject, found), good=_sentence(found), todo="make both say the same")


def limits_of(found: ToolEntry | None) -> RunLimits:
    """The most one run may use."""
    if found is None or found.limits is None:
        return WITHOUT_DECLARATION
    return wire_limits(found.limits)


def _registry(declaration: Path | None) -> catalogue.Registry:
    if declaration is None:
        return catalogue.load(with_code=False)
    own: dict[str, Any] = tomllib.loads(declaration.read_text("utf-8"))
    shipped = _shipped("tools.toml")
    return catalogue.assemble(shipped | own, _shipped("plans.toml"), with_code=False)


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(files("studio_server.registry").joinpath(name).read_text("utf-8"))


def _faults(subject: Subject, found: ToolEntry) -> Iterator[str]:
    tool = subject.tool
    if PLACES[found.mode] != tool.places:
        yield f"it is declared {found.mode}, its code runs in {' and '.join(sorted(tool.places))}"
    if found.title != tool.title:
        yield f"it is declared as '{found.title}', its code says '{tool.title}'"
    if set(found.network) != set(tool.network):
        yield f"it may talk to {list(found.network)}, its code wants {list(tool.network)}"


def _sentence(found: ToolEntry) -> str:
    if found.limits is None:
        return "in the kernel, for 0 credits"
    limits = found.limits
    return (
        f"at most {found.maximum_credits} credits: {limits.cpu_ms / 1_000:g} s CPU, "
        f"{limits.wall_ms / 1_000:g} s, {limits.memory_bytes / MEGABYTE:g} MB"
    )
