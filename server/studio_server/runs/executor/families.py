"""Families of tools: which tools share a fork server, and what it loads before there is a run.

Only reviewed code is imported into a fork server, because that happens outside the sandbox: the built-in
tools and the libraries they declare. Every other tool is forked from the plain family and imported inside
its run.
"""

from dataclasses import dataclass
from functools import cache

from studio_magics.tools import catalog

PLAIN = "plain"


@dataclass(frozen=True)
class Family:
    """One fork server's worth of tools."""

    name: str
    tools: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


def is_built_in(tool_id: str, reference: str) -> bool:
    """The tool is one of those that ship with the product, and from where they ship."""
    module = catalog.BUILT_IN.get(tool_id)
    return module is not None and reference in ("", f"{module}:TOOL")


def family_of(tool_id: str, reference: str) -> Family:
    """The family that runs of this tool are forked from."""
    if not is_built_in(tool_id, reference):
        return Family(PLAIN)
    return _studio(tool_id.partition("-studio-")[0])


def every_family() -> tuple[Family, ...]:
    """All families there are code for, the plain one last."""
    names = sorted({tool.partition("-studio-")[0] for tool in catalog.BUILT_IN})
    return (*(_studio(name) for name in names), Family(PLAIN))


@cache
def _studio(name: str) -> Family:
    """All built-in tools of a studio, with the libraries they declare."""
    tools = tuple(sorted(tool for tool in catalog.BUILT_IN if tool.startswith(f"{name}-studio-")))
    libraries: set[str] = set()
    for tool in tools:
        try:
            libraries.update(catalog.load(tool).libraries)
        except (ImportError, catalog.ToolMisdeclared):  # its library is not installed: its run will say so
            continue
    return Family(name, tools, tuple(sorted(libraries)))
