"""Matrices: likelihood against impact, roles against rights; cells with a tint and short words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.pictures.palette import INK, MUTED, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARGIN = 16.0
TOP = 50.0
LINE = 14.0
TINTS: Mapping[Tone, str] = {
    "good": "#d9f2e1",
    "fair": "#fdf0c4",
    "poor": "#fddcc4",
    "bad": "#fac9c9",
    "plain": "#d5e4f7",
    "second": "#e6dbfb",
    "quiet": "#f0f2f5",
}
"""Grounds on which INK is read."""


@dataclass(frozen=True)
class MatrixCell:
    """What stands in a cell: words (wrapped between words), its tint, and what a pointer is told."""

    words: tuple[str, ...] = ()
    tone: Tone = "quiet"
    told: str = ""


def matrix(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[int, int], MatrixCell],
    *,
    row_title: str = "",
    column_title: str = "",
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG grid; `cells` is by (row, column), rows from top to bottom."""
    names = min(width * 0.3, max((text_width(row) for row in rows), default=0) + 8)
    left = MARGIN + names + 6
    wide = (width - left - MARGIN) / max(len(columns), 1)
    wrapped = {place: _wrapped(cell.words, wide - 10) for place, cell in cells.items()}
    high = [
        max([34.0, *(14 + LINE * len(lines) for (r, _), lines in wrapped.items() if r == row)])
        for row in range(len(rows))
    ]
    foot = 18 + (14 if column_title else 0) + (18 if note else 0)
    height = TOP + sum(high) + foot + 8
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    if row_title:
        body.append(label(MARGIN, TOP - 8, clipped(row_title, left, 11), size=11, fill=MUTED))
    y = TOP
    for row, name in enumerate(rows):
        middle = y + high[row] / 2 + 4
        body.append(label(MARGIN + names, middle, clipped(name, names), text_anchor="end"))
        for column, head in enumerate(columns):
            cell = cells.get((row, column), MatrixCell())
            told = cell.told or f"{name}, {head}: {', '.join(cell.words) or 'nothing'}"
            box = (left + column * wide, y, wide, high[row])
            body.append(_cell(cell, wrapped.get((row, column), []), box, told))
        y += high[row]
    for column, head in enumerate(columns):
        x = left + (column + 0.5) * wide
        body.append(label(x, y + 14, clipped(head, wide - 4, 11), size=11, fill=MUTED, text_anchor="middle"))
    if column_title:
        name = clipped(column_title, width - left, 11)
        body.append(label(width - MARGIN, y + 29, name, size=11, fill=MUTED, text_anchor="end"))
    if note:
        body.append(label(MARGIN, height - 8, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(
        f"{rows[row]} by {columns[column]}: {', '.join(cell.words)}"
        for (row, column), cell in cells.items()
        if cell.words
    )
    return document(title, body, width=width, height=height, description=told)


def _wrapped(words: Sequence[str], wide: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]}, {word}" if lines else word
        if lines and text_width(joined, 11) <= wide:
            lines[-1] = joined
        else:
            lines.append(clipped(word, wide, 11))
    return lines


def _cell(cell: MatrixCell, lines: Sequence[str], box: tuple[float, float, float, float], told: str) -> str:
    x, y, wide, high = box
    first = y + high / 2 - LINE * (len(lines) - 1) / 2 + 4
    return element(
        "g",
        element("title", escaped(told)),
        element("rect", x=x + 1, y=y + 1, width=wide - 2, height=high - 2, rx=3.0, fill=TINTS[cell.tone]),
        *(
            label(x + wide / 2, first + LINE * number, line, size=11, fill=INK, text_anchor="middle")
            for number, line in enumerate(lines)
        ),
    )
