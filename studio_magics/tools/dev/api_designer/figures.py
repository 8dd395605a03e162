"""The picture of the API: its operations by tag, with what changed in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.api_designer.reference import grouped
from studio_magics.tools.pictures.tiles import Tile, TileGroup, tile_map

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from studio_magics.tools.dev.api_designer.differences import Change
    from studio_magics.tools.dev.api_designer.document import Document, Operation
    from studio_magics.tools.pictures import Tone

MAX_TILES = 120
METHOD_TONES: dict[str, Tone] = {
    "get": "plain",
    "post": "good",
    "put": "fair",
    "patch": "fair",
    "delete": "bad",
}
CHANGE_LEGEND: tuple[tuple[str, Tone], ...] = (
    ("breaks its users", "bad"), ("look at it", "fair"), ("new", "good"),
    ("changed, compatible", "plain"), ("as before", "quiet"),
)  # fmt: skip


def api_map(document: Document) -> Figure:
    """All operations by tag, coloured by method."""
    groups = [
        TileGroup(tag, tuple(_tile(one, METHOD_TONES.get(one.method, "quiet"), "") for one in operations))
        for tag, operations in _shown(document).items()
    ]
    return _figure("Operations by tag", groups, len(document.operations), ())


def change_map(document: Document, changes: Sequence[Change]) -> Figure:
    """All operations by tag, coloured by the gravest change; removed ones in a group of their own."""
    by_operation: dict[str, list[Change]] = {}
    for change in changes:
        by_operation.setdefault(change.operation, []).append(change)
    groups: list[TileGroup] = []
    removed = [one for one in changes if one.code == "operation-removed"]
    if removed:
        gone = tuple(
            Tile(
                one.operation.split(" ", 1)[0],
                one.operation.split(" ", 1)[1],
                "bad",
                f"{one.operation}: {one.said}",
            )
            for one in removed[:MAX_TILES]
        )
        groups.append(TileGroup("removed", gone))
    small = len(document.operations) <= MAX_TILES
    for tag, operations in _shown(document, None if small else by_operation.keys()).items():
        tiles = tuple(_tile(one, *_state(by_operation.get(one.name, []))) for one in operations)
        groups.append(TileGroup(tag, tiles))
    return _figure("Changes by operation", groups, len(document.operations), CHANGE_LEGEND)


def _shown(document: Document, names: Collection[str] | None = None) -> dict[str, list[Operation]]:
    """The first operations by tag; only those with these names, where names are given."""
    found: dict[str, list[Operation]] = {}
    left = MAX_TILES
    for tag, operations in grouped(document).items():
        chosen = [one for one in operations if names is None or one.name in names]
        if left > 0 and chosen:
            found[tag] = chosen[:left]
            left -= len(chosen)
    return found


def _state(changes: Sequence[Change]) -> tuple[Tone, str]:
    told = "; ".join(f"{one.where} {one.said}".strip() for one in changes[:4])
    if any(one.effect == "breaking" for one in changes):
        return "bad", told
    if any(one.effect == "risky" for one in changes):
        return "fair", told
    if any(one.code == "operation-added" for one in changes):
        return "good", told
    return ("plain", told) if changes else ("quiet", "as before")


def _tile(operation: Operation, tone: Tone, told: str) -> Tile:
    said = f"{operation.name}: {told}" if told else operation.name
    return Tile(operation.method.upper(), operation.path, tone, said)


def _figure(
    title: str, groups: Sequence[TileGroup], count: int, legend: Sequence[tuple[str, Tone]]
) -> Figure:
    drawn = sum(len(group.tiles) for group in groups if group.name != "removed")
    note = f"{count - drawn:,} more operations are in the reference" if count > drawn else ""
    told = "; ".join(
        f"{group.name}: {', '.join(f'{tile.mark} {tile.name}' for tile in group.tiles[:12])}"
        for group in groups[:20]
    )
    return Figure(
        title=title,
        alt_text=f"{title}. {told or 'No operation'}.",
        svg=tile_map(title, groups, legend=legend, note=note),
    )
