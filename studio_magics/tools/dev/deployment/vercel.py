"""vercel.json: how Vercel builds the app, where its functions run, and headers that browsers heed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.app import App

SCHEMA = "https://openapi.vercel.sh/vercel.json"
ENTRIES = {"python": "api/index.py", "node": "api/index.js"}
MOST_SECONDS = 60
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}


def settings(app: App) -> dict[str, Any]:
    """The whole file."""
    found: dict[str, Any] = {"$schema": SCHEMA}
    if app.build:
        found["buildCommand"] = app.build
    if app.language == "static":
        found |= {"framework": None, "outputDirectory": app.output or ".", "cleanUrls": True}
    else:
        entry = app.entry or ENTRIES[app.language]
        seconds = min(max(-(-app.traffic.milliseconds * 10 // 1_000), 10), MOST_SECONDS)
        found |= {
            "regions": [app.targets["vercel"]],
            "functions": {entry: {"maxDuration": seconds}},
            "rewrites": [{"source": "/(.*)", "destination": f"/{entry}"}],
        }
    found["headers"] = [
        {"source": "/(.*)", "headers": [{"key": key, "value": value} for key, value in HEADERS.items()]}
    ]
    return found
