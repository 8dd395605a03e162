# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Boxes stand apart and arrows meet the rows they name; a grid is darkest where most rows lie."""

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.pictures.density import Axis, density_grid
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.pictures.palette import HEAT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"\x00\x07\u202e"


def _frames(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Title of each box to its left, top, right and bottom."""
    found: dict[str, tuple[float, float, float, float]] = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        frame = group.find(f"{SVG}rect")
        if frame is not None:
            x, y, wide, high = (float(frame.get(name)) for name in ("x", "y", "width", "height"))
            found[group.findtext(f"{SVG}title")] = (x, y, x + wide, y + high)
    return found


def test_boxes_do_not_overlap_and_arrows_go_to_the_right() -> None:
    nodes = [Node(name, name, ("a", "b", "c")) for name in "uvwxyz"]
    links = [Link("u", "v"), Link("u", "w"), Link("v", "x"), Link("w", "x"), Link("u", "x")]
    frames = _frames(linked_boxes("flow", nodes, links))
    assert set(frames) == set("uvwxyz")
    for one, other in combinations(frames.values(), 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
    assert frames["u"][0] < frames["v"][0] < frames["x"][0]


def test_an_arrow_starts_at_the_row_it_names() -> None:
    nodes = [Node("a", "a", ("one", "two")), Node("b", "b", ("three",))]
    svg = linked_boxes("flow", nodes, [Link("a", "b", "two", "three")])
    frames = _frames(svg)
    path = next(ET.fromstring(svg).iter(f"{SVG}path")).get("d")
    x, y = (float(part) for part in path[1:].split(" C")[0].split())
    assert x == pytest.approx(frames["a"][2], abs=0.1)
    # a head of 24, the first row 11 below it, and 16 for each row after
    assert y == pytest.approx(frames["a"][1] + 24 + 11 + 16, abs=0.1)


def test_links_of_boxes_that_are_not_drawn_are_left_out_and_cycles_end() -> None:
    nodes = [Node("a", "a"), Node("b", "b")]
    svg = linked_boxes("flow", nodes, [Link("a", "nowhere"), Link("a", "b"), Link("b", "a"), Link("a", "a")])
    assert svg.count("<path") == 3
    assert "nowhere" not in svg


def test_hostile_names_stay_text_in_well_formed_xml() -> None:
    boxes = linked_boxes(
        HOSTILE,
        [Node("a", HOSTILE, (HOSTILE,), caption=HOSTILE)],
        [],
        legend=[(HOSTILE, "plain")],
        note=HOSTILE,
    )
    grid = density_grid(HOSTILE, Axis(HOSTILE, [0.0], 1.0), Axis(HOSTILE, [0.0], 1.0), {}, note=HOSTILE)
    for svg in (boxes, grid):
        assert {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()} <= {
            "svg", "title", "desc", "g", "rect", "line", "text"
        }  # fmt: skip


def test_the_cell_with_most_rows_is_darkest_and_empty_cells_stay_white() -> None:
    counts = {(0.0, 0.0): 100.0, (1.0, 1.0): 1.0}
    svg = density_grid("d", Axis("x", [0.0, 1.0], 1.0), Axis("y", [0.0, 1.0], 1.0), counts)
    fills = [
        one.get("fill")
        for one in ET.fromstring(svg).iter(f"{SVG}rect")
        if one.find(f"{SVG}title") is not None
    ]
    assert fills == [HEAT[-1], HEAT[1]]
    assert "most rows, 100, near x 0 and y 0" in svg


def test_a_picture_is_as_wide_as_what_its_colours_mean() -> None:
    legend = [("what takes the value that changes", "poor"), ("everything else that there is", "quiet")] * 2
    narrow = ET.fromstring(linked_boxes("One", [Node("a", "a")], [], legend=legend))
    last = [one for one in narrow.iter() if one.tag.endswith("text") and one.text == legend[-1][0]][-1]
    assert float(last.get("x")) + 150 < float(narrow.get("width"))
