"""Finds the tool a person means: the code in this kernel, else the server's page of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.client.refusals import (
    Conflict,
    ServerUnreachable,
    Unknown,
    UsageRefused,
    did_you_mean,
    either,
)
from studio_magics.contracts.catalogue import Catalogue, Mode, Place, ToolPage, ToolSummary
from studio_magics.display.input_fields import InputField, input_fields
from studio_magics.tools import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.client.studio_client import StudioClient
    from studio_magics.tools.base import Tool

PLACES: dict[Mode, frozenset[Place]] = {
    "client": frozenset({"kernel"}),
    "hybrid": frozenset({"kernel", "server"}),
    "server": frozenset({"server"}),
}


LONGEST_SUMMARY = 100


@dataclass(frozen=True)
class FoundTool:
    """A tool, as far as this kernel knows it."""

    id: str
    title: str
    places: frozenset[Place]
    fields: tuple[InputField, ...]
    cell_field: str | None
    tool: Tool | None
    """Its code, when installed here; then inputs are validated before anything is sent."""

    @property
    def short_name(self) -> str:
        """The name people write."""
        return catalog.short_name(self.id)

    @property
    def mode(self) -> Mode:
        """Where it can run."""
        return next(mode for mode, places in PLACES.items() if places == self.places)


def find_tool(name: str, server: Callable[[], StudioClient]) -> FoundTool:
    """The tool of this identifier or short name; asks the server only when it has no code here.

    Raises:
        Unknown: There is none; the closest names are given.
        UsageRefused: The short name means several tools.
        Conflict: It is announced and has no code yet.
    """
    local = installed(name)
    if local is not None:
        return of_tool(local)
    try:
        page = server().tool(name)
    except ServerUnreachable as unreachable:
        said = f"No tool '{name}' is installed in this kernel, and no credit server answers."
        raise Unknown(said, action=_suggest(name, _names()) or unreachable.action) from unreachable
    except Unknown as unknown:
        if unknown.problem is None:
            raise
        listed = unknown.suggestions or [tool.short_name for tool in server().tools().tools]
        action = _suggest(name, [*_names(), *listed]) or unknown.action
        raise Unknown(unknown.what, action=action, problem=unknown.problem) from unknown
    if page.tool.availability == "coming_soon":
        said = f"{page.tool.title} is not available yet. It is in the catalogue, its code is not."
        raise Conflict(said, action="%studio tools shows what can run today")
    return of_page(page)


def installed(name: str) -> Tool | None:
    """The code of the tool in this kernel, or None."""
    known = known_sources()
    matches = [tool_id for tool_id in known if name in (tool_id, catalog.short_name(tool_id))]
    if len(matches) > 1:
        said = f"'{name}' is the short name of {len(matches)} tools."
        raise UsageRefused(said, action=f"write {either(sorted(matches))}")
    try:
        return catalog.load(matches[0]) if matches else None
    except (ImportError, catalog.ToolMisdeclared):
        return None


def known_sources() -> tuple[str, ...]:
    """The identifiers of all tools that have code here.

    Raises:
        UsageRefused: Two installed packages offer the same tool.
    """
    try:
        return tuple(catalog.sources())
    except catalog.DuplicateTool as twice:
        raise UsageRefused(f"The {twice}.", action="pip uninstall one of the two packages") from twice


def of_tool(tool: Tool) -> FoundTool:
    """What an installed tool says of itself."""
    fields = input_fields(tool.input_model.model_json_schema())
    return FoundTool(tool.id, tool.title, tool.places, fields, tool.cell_field, tool)


def of_page(page: ToolPage) -> FoundTool:
    """What the server says of a tool that has no code here."""
    fields = input_fields(page.input_schema)
    return FoundTool(page.tool.id, page.tool.title, PLACES[page.tool.mode], fields, page.cell_field, None)


def local_catalogue(words: str = "") -> Catalogue:
    """The installed tools that can run in this kernel, for when no server answers."""
    wanted = words.lower().split()
    tools = [tool for tool_id in known_sources() if (tool := installed(tool_id)) is not None]
    summaries = [summary(tool) for tool in tools if "kernel" in tool.places]
    hits = [one for one in summaries if all(word in _searched(one) for word in wanted)]
    return Catalogue(tools=tuple(hits), price_version="")


def local_page(tool: Tool) -> ToolPage:
    """The page of an installed tool without a server: no prices, no limits."""
    return ToolPage(
        tool=summary(tool),
        version=tool.version,
        description=tool.description,
        limits=None,
        input_schema=tool.input_model.model_json_schema(),
        cell_field=tool.cell_field,
        example=tool.example,
    )


def summary(tool: Tool) -> ToolSummary:
    """The line of an installed tool as it runs in this kernel."""
    first = tool.description.strip().split(". ")[0].rstrip(".")
    if len(first) > LONGEST_SUMMARY:
        first = first[: LONGEST_SUMMARY - 1].rsplit(" ", 1)[0] + " …"
    return ToolSummary(
        id=tool.id,
        short_name=catalog.short_name(tool.id),
        studio=tool.id.split("-", maxsplit=1)[0],
        title=tool.title,
        summary=first,
        mode=next(mode for mode, places in PLACES.items() if places == tool.places),
        risk="low",
        availability="available",
        min_credits=0,
        max_credits=0,
    )


def _searched(one: ToolSummary) -> str:
    return f"{one.id} {one.title} {one.summary}".lower()


def _names() -> list[str]:
    return [catalog.short_name(tool_id) for tool_id in known_sources()]


def _suggest(name: str, known: list[str]) -> str:
    close = did_you_mean(name, known)
    return f"did you mean {either([repr(one) for one in close])}?" if close else ""
