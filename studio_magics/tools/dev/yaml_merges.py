"""Merge keys (<<) of YAML 1.1, which Compose and others still follow, resolved in plain values."""

from __future__ import annotations

from typing import Any

from studio_magics.tools.dev.documents import as_list, as_map

MERGE = "<<"


def merged(value: Any) -> Any:
    """The value without merge keys: what is written beside one holds, and of several sources the first."""
    if isinstance(value, list):
        return [merged(one) for one in as_list(value)]
    if not isinstance(value, dict):
        return value
    written = as_map(value)
    found = {key: merged(inner) for key, inner in written.items() if key != MERGE}
    sources = written.get(MERGE)
    for source in as_list(sources) if isinstance(sources, list) else [sources]:
        for key, inner in as_map(merged(source)).items():
            found.setdefault(key, inner)
    return found
