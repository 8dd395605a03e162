"""Finds the tool to check: a module, `module:NAME`, or the name of an installed tool."""

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from studio_magics.tools import catalog
from studio_magics.tools.base import Tool


class SubjectMissing(LookupError):
    """There is no tool to check; `reason` says what was found instead."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"'{target}' cannot be checked: {reason}")
        self.target = target
        self.reason = reason


@dataclass(frozen=True)
class Subject:
    """A tool and where its code is."""

    tool: Tool
    reference: str
    """`package.module:NAME`, as a worker finds it."""
    module: ModuleType
    folder: Path
    """Where modules that are not installed are looked for."""
    is_installed: bool
    """The catalogue knows it under its own identifier."""


def find(target: str, folder: Path) -> Subject:
    """Import the tool; its module is run for that, as any import does.

    Raises:
        SubjectMissing: There is no such module or tool, or it cannot be imported.
    """
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    reference = _reference(target)
    name, _, attribute = reference.partition(":")
    try:
        module = import_module(name)
    except Exception as broken:  # boundary: a module may raise anything when it is imported
        reason = f"{type(broken).__name__} when it is imported: {broken}"
        raise SubjectMissing(target, reason) from broken
    tool = getattr(module, attribute or "TOOL", None)
    if not isinstance(tool, Tool):
        raise SubjectMissing(target, f"'{name}' has no Tool named {attribute or 'TOOL'}")
    source = catalog.sources().get(tool.id)
    reference = f"{name}:{attribute or 'TOOL'}"
    return Subject(tool, reference, module, folder, source is not None and source.reference == reference)


def _reference(target: str) -> str:
    """The place of an installed tool's code; anything else is taken for a module."""
    try:
        known = catalog.sources()
    except catalog.DuplicateTool as twice:
        raise SubjectMissing(target, str(twice)) from twice
    named = [source for source in known.values() if target in (source.tool_id, _short(source.tool_id))]
    if len(named) == 1:
        return named[0].reference
    return target if ":" in target else f"{target}:TOOL"


def _short(tool_id: str) -> str:
    return catalog.short_name(tool_id)
