"""Heat strips: rows of cells from pale to dark, for shares between 0 and 1."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio_magics.tools.pictures.palette import HEAT, HEAT_LABELS, MUTED
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

CELL = 22.0
TOP = 44.0
MARGIN = 16.0


@dataclass(frozen=True)
class HeatRow:
    """One row: a name and a share (0–1) for every column; None where nothing was measured."""

    name: str
    shares: tuple[float | None, ...]


def heat_strip(
    title: str,
    rows: Sequence[HeatRow],
    columns: Sequence[str],
    *,
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG grid of rows by columns; each cell shows its share in per cent where it fits."""
    names = min(width * 0.34, max((text_width(row.name) for row in rows), default=0) + 6)
    left = MARGIN + names + 8
    wide = (width - left - MARGIN) / max(len(columns), 1)
    height = TOP + 18 + CELL * len(rows) + (28 if note else 12)
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    for place, column in enumerate(columns):
        middle = left + (place + 0.5) * wide
        body.append(
            label(middle, TOP + 10, clipped(column, wide - 2, 10), size=10, fill=MUTED, text_anchor="middle")
        )
    for line, row in enumerate(rows):
        y = TOP + 18 + line * CELL
        body.append(label(MARGIN + names, y + 15, clipped(row.name, names), text_anchor="end"))
        for place, (column, share) in enumerate(zip(columns, row.shares, strict=True)):
            body.append(_cell(row.name, column, share, x=left + place * wide, y=y, wide=wide))
    if note:
        body.append(label(MARGIN, height - 10, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(f"{row.name}: {_told(row, columns)}" for row in rows[:40])
    return document(title, body, width=width, height=height, description=told)


def _told(row: HeatRow, columns: Sequence[str]) -> str:
    pairs = zip(columns, row.shares, strict=True)
    return ", ".join(f"{column} {_percent(share)}" for column, share in pairs)


def _percent(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.1%}"


def _cell(row: str, column: str, share: float | None, *, x: float, y: float, wide: float) -> str:
    step = _step(share)
    parts = [
        element("title", escaped(f"{row}, {column}: {_percent(share)}")),
        element("rect", x=x + 0.5, y=y, width=max(wide - 1, 1.0), height=CELL - 2, rx=2.0, fill=HEAT[step]),
    ]
    figure = "–" if share is None else f"{share:.0%}"
    if text_width(figure, 10) <= wide:
        parts.append(
            label(x + wide / 2, y + 14, figure, size=10, fill=HEAT_LABELS[step], text_anchor="middle")
        )
    return element("g", *parts)


def _step(share: float | None) -> int:
    if not share or share <= 0:
        return 0
    return min(1 + int(share * (len(HEAT) - 1)), len(HEAT) - 1)
