"""The catalogue over HTTP."""

from statistics import median

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.catalogue import Accuracy, Catalogue, ToolPage, ToolSummary
from studio_magics.tools.base import Tool
from studio_server.api.http import answer, services
from studio_server.pricing.burn import Burn
from studio_server.registry.catalogue import ToolEntry
from studio_server.runs import rows
from studio_server.runs.offers import wire_limits

QUARTER = 4
MAX_WORDS = 200


async def list_tools(request: Request) -> Response:
    """All tools, or those that contain every word of `q`."""
    registry = services(request).registry
    found = registry.search(request.query_params.get("q", "")[:MAX_WORDS])
    tools = tuple(summary(entry, registry.burn) for entry in found)
    return answer(Catalogue(tools=tools, price_version=registry.price_version))


async def show_tool(request: Request) -> Response:
    """One tool: inputs, limits, price, an example to copy."""
    registry = services(request).registry
    entry = registry.find(request.path_params["tool"])
    tool = registry.code(entry) if entry.availability == "available" else None
    return answer(_page(entry, tool, registry.burn))


async def show_accuracy(request: Request) -> Response:
    """How often the estimates of a tool were right on this server."""
    server = services(request)
    entry = server.registry.find(request.path_params["tool"])
    version = server.registry.code(entry).version
    charges = server.db.read(lambda tx: rows.charges(tx, entry.id, version))
    ratios = [charged * 100 // typical for typical, _, charged in charges if typical]
    return answer(
        Accuracy(
            tool_id=entry.id,
            tool_version=version,
            runs=len(charges),
            within_quarter=sum(
                abs(charged - typical) * QUARTER <= typical for typical, _, charged in charges
            ),
            above_maximum=sum(charged > maximum for _, maximum, charged in charges),
            median_ratio_percent=int(median(ratios)) if ratios else None,
        )
    )


def summary(entry: ToolEntry, burn: Burn) -> ToolSummary:
    """One line of the catalogue."""
    return ToolSummary(
        id=entry.id,
        short_name=entry.short_name,
        studio=entry.studio,
        title=entry.title,
        summary=entry.summary,
        mode=entry.mode,
        risk=entry.risk,
        availability=entry.availability,
        min_credits=burn.minimum_credits if entry.limits else 0,
        max_credits=entry.maximum_credits,
    )


def _page(entry: ToolEntry, tool: Tool | None, burn: Burn) -> ToolPage:
    return ToolPage(
        tool=summary(entry, burn),
        version=tool.version if tool else None,
        description=tool.description if tool else entry.summary,
        limits=wire_limits(entry.limits) if entry.limits else None,
        input_schema=tool.input_model.model_json_schema() if tool else None,
        cell_field=tool.cell_field if tool else None,
        example=tool.example if tool else "",
    )
