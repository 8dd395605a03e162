"""Pictures: what each target is made of, from visitors to what is kept, and what a month costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.deployment.risks import TITLES
from studio_magics.tools.dev.deployment.sizes import given_size
from studio_magics.tools.pictures import Bar, Segment, bar_chart
from studio_magics.tools.pictures.lane_flow import FlowEdge, FlowLane, FlowNode, lane_flow, mermaid_flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.deployment.app import App
    from studio_magics.tools.dev.deployment.pricing import Bill
    from studio_magics.tools.pictures import Tone

ENTRIES = {
    "aws": ("Load balancer", "two zones"),
    "gcp": ("Cloud Run entry", "Google's front end"),
    "azure": ("Ingress", "Container Apps"),
    "vercel": ("Edge network", "headers, caching"),
}
SECRETS = {"aws": "Secrets Manager", "gcp": "Secret Manager", "azure": "Key Vault", "vercel": "Environment"}
LOGS = {"aws": "CloudWatch logs", "gcp": "Cloud Logging", "azure": "Log Analytics", "vercel": "Runtime logs"}
PARTS: dict[str, Tone] = {
    "processors": "plain",
    "memory": "second",
    "load balancer": "fair",
    "public addresses": "quiet",
    "requests": "poor",
    "traffic out": "good",
    "seat": "fair",
}
"""What a bill is made of, idle parts with the others."""


def target_figure(app: App, provider: str) -> Figure:
    """What one target is made of."""
    lanes, edges = _lanes(app, provider), _edges(app, provider)
    title = f"{app.name} on {TITLES[provider]}, {app.targets[provider]}"
    svg = lane_flow(title, lanes, edges, legend=(("request", "second"), ("reads or writes", "quiet")))
    alt = f"{title}: {'; '.join(edge.spoken for edge in edges)}."
    return Figure(title=title, alt_text=alt, svg=svg, mermaid=mermaid_flow(lanes, edges))


def _lanes(app: App, provider: str) -> tuple[FlowLane, ...]:
    entry, note = ENTRIES[provider]
    kept: list[FlowNode] = []
    if app.secrets:
        kept.append(FlowNode("secrets", SECRETS[provider], "store", f"{len(app.secrets)} by name"))
    kept.append(FlowNode("logs", LOGS[provider], "store", "30 days" if provider in {"aws", "azure"} else ""))
    if provider != "vercel":
        kept.append(FlowNode("registry", "Image registry", "store", "by digest"))
    return (
        FlowLane("Internet", (FlowNode("visitors", "Visitors", "pill", app.domain or "provider's name"),)),
        FlowLane("Entry", (FlowNode("entry", entry, "box", note, "second"),)),
        FlowLane("App", (FlowNode("app", app.name, "round", _size(app, provider), "plain"),)),
        FlowLane("Kept", tuple(kept)),
    )


def _size(app: App, provider: str) -> str:
    if provider == "vercel":
        return "files" if app.language == "static" else "functions"
    cpu, memory = given_size(provider, app.cpu, app.memory_mb)
    least = max(app.least, 1) if provider == "aws" else app.least
    return f"{least}-{app.most} × {cpu:g} vCPU, {memory:g} GiB"


def _edges(app: App, provider: str) -> tuple[FlowEdge, ...]:
    plain = provider == "aws" and not app.domain
    mark = "HTTP" if plain else "TLS"
    found = [
        FlowEdge(
            "visitors", "entry", mark, f"visitors reach the entry by {mark}", "bad" if plain else "second"
        ),
        FlowEdge(
            "entry", "app", f":{app.port}" if provider != "vercel" else "", "the entry asks the app", "second"
        ),
    ]
    if app.secrets:
        found.append(FlowEdge("app", "secrets", "", "the app reads its secrets", dashed=True))
    found.append(FlowEdge("app", "logs", "", "the app writes logs", dashed=True))
    if provider != "vercel":
        found.append(FlowEdge("app", "registry", "", "the app starts from an image by digest", dashed=True))
    return tuple(found)


def cost_figure(bills: Sequence[Bill]) -> Figure | None:
    """A month on each target for which prices are known."""
    known = [one for one in bills if one.is_known]
    if not known:
        return None
    names = {_part(line.name) for one in known for line in one.lines if line.dollars}
    legend: tuple[tuple[str, Tone], ...] = tuple(
        (name, tone) for name, tone in PARTS.items() if name in names
    )
    bars = [
        Bar(
            f"{TITLES[one.provider]} {one.region}",
            tuple(Segment(line.dollars, PARTS[_part(line.name)]) for line in one.lines if line.dollars),
            f"${one.dollars:,.2f}",
        )
        for one in known
    ]
    title = "A month at list prices, US dollars"
    svg = bar_chart(title, bars, legend=legend, width=760)
    return Figure(
        title=title, alt_text=f"{title}: {'; '.join(f'{bar.name} {bar.figure}' for bar in bars)}.", svg=svg
    )


def _part(name: str) -> str:
    return name.removeprefix("idle ")
