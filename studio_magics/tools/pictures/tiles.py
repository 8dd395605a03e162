"""Small coloured tiles in named groups: many things at once, each with its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.pictures.palette import BACKGROUND, MUTED, TONES, TRACK, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 16.0
TILE_HEIGHT = 22.0
GAP = 6.0
MARK_SIZE = 9.0


@dataclass(frozen=True)
class Tile:
    """One thing: a short mark on its coloured end, and its name."""

    mark: str
    name: str
    tone: Tone = "plain"
    told: str = ""


@dataclass(frozen=True)
class TileGroup:
    """Tiles under one heading."""

    name: str
    tiles: tuple[Tile, ...]


def tile_map(
    title: str,
    groups: Sequence[TileGroup],
    *,
    legend: Sequence[tuple[str, Tone]] = (),
    note: str = "",
    width: float = 760,
    columns: int = 2,
) -> str:
    """An SVG with one block of tiles for each group, `columns` beside each other."""
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    body += _legend(legend)
    y = 44.0 + (22 if legend else 0)
    wide = (width - 2 * MARGIN - (columns - 1) * GAP) / columns
    for group in groups:
        heading = clipped(f"{group.name} ({len(group.tiles)})", width - 2 * MARGIN)
        body.append(label(MARGIN, y + 13, heading, font_weight=600))
        y += 20
        for number, tile in enumerate(group.tiles):
            row, column = divmod(number, columns)
            x = MARGIN + column * (wide + GAP)
            body.append(_tile(tile, x, y + row * (TILE_HEIGHT + GAP), wide))
        y += -(-len(group.tiles) // columns) * (TILE_HEIGHT + GAP) + 8
    if not groups:
        body.append(label(MARGIN, y + 14, "Nothing to show", fill=MUTED))
        y += 24
    if note:
        body.append(label(MARGIN, y + 10, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
        y += 18
    told = "; ".join(f"{group.name}: {len(group.tiles)}" for group in groups[:40])
    return document(title, body, width=width, height=y + 6, description=told)


def _legend(entries: Sequence[tuple[str, Tone]]) -> list[str]:
    drawn: list[str] = []
    x = MARGIN
    for name, tone in entries:
        drawn.append(element("rect", x=x, y=40.0, width=11.0, height=11.0, rx=2.0, fill=TONES[tone]))
        drawn.append(label(x + 16, 50, name, size=11, fill=MUTED))
        x += 16 + text_width(name, 11) + 18
    return drawn


def _tile(tile: Tile, x: float, y: float, wide: float) -> str:
    mark = max(text_width(tile.mark, MARK_SIZE) + 14, 46.0)
    return element(
        "g",
        element("title", escaped(tile.told or f"{tile.mark} {tile.name}")),
        element("rect", x=x, y=y, width=wide, height=TILE_HEIGHT, rx=3.0, fill=BACKGROUND, stroke=TRACK),
        element("rect", x=x, y=y, width=mark, height=TILE_HEIGHT, rx=3.0, fill=TONES[tile.tone]),
        label(
            x + mark / 2, y + 15, tile.mark, size=MARK_SIZE, fill=BACKGROUND,
            text_anchor="middle", font_weight=600,
        ),
        label(x + mark + 8, y + 15, clipped(tile.name, wide - mark - 14, 11), size=11),
    )  # fmt: skip
