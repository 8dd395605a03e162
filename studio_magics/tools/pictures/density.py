"""How rows lie over two numbers: a grid of cells between two axes, darker where there are more rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.pictures.palette import BORDER, HEAT, INK, MUTED
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEFT = 66.0
RIGHT = 24.0
TOP = 60.0
PLOT = 220.0
TICKS = 5


@dataclass(frozen=True)
class Axis:
    """Lower edges of the cells along one axis, their common width, and the name."""

    name: str
    edges: Sequence[float]
    step: float

    @property
    def end(self) -> float:
        """The upper edge of the last cell."""
        return self.edges[-1] + self.step


def density_grid(
    title: str,
    across: Axis,
    up: Axis,
    counts: Mapping[tuple[float, float], float],
    *,
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG of the cells; `counts` is by (edge across, edge up), cells without a count stay white."""
    most = max(counts.values(), default=1.0) or 1.0
    wide = (width - LEFT - RIGHT) / len(across.edges)
    high = PLOT / len(up.edges)
    height = TOP + PLOT + 40 + (20 if note else 0)
    body = [label(16, 26, clipped(title, width - 32, 15), size=15, font_weight=600)]
    body.append(
        element("rect", x=LEFT, y=TOP, width=width - LEFT - RIGHT, height=PLOT, fill="none", stroke=BORDER)
    )
    for column, x in enumerate(across.edges):
        for row, y in enumerate(up.edges):
            count = counts.get((x, y), 0.0)
            if count:
                told = f"{x:,g} to {x + across.step:,g}, {y:,g} to {y + up.step:,g}: {count:,.0f}"
                at = (LEFT + column * wide, TOP + PLOT - (row + 1) * high)
                body.append(_cell(at, (wide, high), count / most, told))
    body += _axes(across, up, width)
    if note:
        body.append(label(16, height - 8, clipped(note, width - 32, 11), size=11, fill=MUTED))
    top = max(counts, key=lambda cell: counts[cell], default=(0.0, 0.0))
    told = f"most rows, {most:,.0f}, near {across.name} {top[0]:,g} and {up.name} {top[1]:,g}"
    return document(title, body, width=width, height=height, description=told)


def _cell(at: tuple[float, float], size: tuple[float, float], share: float, told: str) -> str:
    step = min(1 + int(share * (len(HEAT) - 1)), len(HEAT) - 1)
    return element(
        "rect",
        element("title", escaped(told)),
        x=at[0],
        y=at[1],
        width=max(size[0] - 0.5, 0.5),
        height=max(size[1] - 0.5, 0.5),
        fill=HEAT[step],
    )


def _axes(across: Axis, up: Axis, width: float) -> list[str]:
    base, room = TOP + PLOT, width - LEFT - RIGHT
    drawn = [element("line", x1=LEFT, x2=width - RIGHT, y1=base, y2=base, stroke=INK)]
    for place in _ticks(len(across.edges)):
        value = across.edges[0] + place * across.step
        x = LEFT + room * place / len(across.edges)
        drawn.append(label(x, base + 15, f"{value:,.6g}", size=10, fill=MUTED, text_anchor="middle"))
    for place in _ticks(len(up.edges)):
        value = up.edges[0] + place * up.step
        y = base - PLOT * place / len(up.edges)
        drawn.append(label(LEFT - 6, y + 4, f"{value:,.6g}", size=10, fill=MUTED, text_anchor="end"))
    drawn.append(label(LEFT, TOP - 8, clipped(up.name, width / 2, 11), size=11, fill=MUTED))
    name = clipped(across.name, width / 2, 11)
    drawn.append(label(width - RIGHT, base + 31, name, size=11, fill=MUTED, text_anchor="end"))
    return drawn


def _ticks(count: int) -> list[int]:
    jump = max(round(count / TICKS), 1)
    return list(range(0, count + 1, jump))
