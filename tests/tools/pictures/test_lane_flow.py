# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Flows in lanes: nodes stand where they should, lines end at their nodes, hostile text stays text."""

from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.pictures.lane_flow import FlowEdge, FlowLane, FlowNode, lane_flow, mermaid_flow
from studio_magics.tools.pictures.lanes import place_lanes

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"]|`;\x00"
LANES = [
    FlowLane("outside", (FlowNode("a", "a", "pill"),)),
    FlowLane("between", (FlowNode("b", "b", "choice"), FlowNode("c", "c", "store"))),
    FlowLane("inside", (FlowNode("d", "d", "box", note="small"),)),
]
EDGES = [
    FlowEdge("a", "b", "1"),
    FlowEdge("a", "d", "2"),
    FlowEdge("d", "a"),
    FlowEdge("b", "c"),
    FlowEdge("c", "c"),
]


def plan(lanes, edges):
    return place_lanes(lanes, edges, left=10, top=10, gap=60, padding=10)


def test_lanes_keep_their_order_and_nodes_of_a_lane_do_not_overlap():
    spots = plan([["a"], ["b", "c"], ["d"]], [("a", "b"), ("a", "d")]).spots
    assert spots["a"].x < spots["b"].x == spots["c"].x < spots["d"].x
    low, high = sorted((spots["b"].y, spots["c"].y))
    assert low + 44 <= high


def test_a_long_line_gets_a_free_way_past_the_lane_between():
    found = plan([["a"], ["b", "c"], ["d"]], [("a", "d")])
    (way,) = found.ways["a", "d"]
    assert all(way.y + way.height <= found.spots[n].y or way.y >= found.spots[n].y + 44 for n in ("b", "c"))


def test_neighbours_are_sorted_so_that_lines_do_not_cross():
    spots = plan([["a", "b"], ["x", "y"]], [("a", "y"), ("b", "x")]).spots
    assert (spots["a"].y < spots["b"].y) == (spots["y"].y < spots["x"].y)


def test_a_full_lane_is_broken_into_columns():
    spots = plan([[f"n{i}" for i in range(20)]], []).spots
    assert len({spot.x for spot in spots.values()}) == 3


def test_the_picture_tells_every_edge_and_draws_every_node():
    root = ET.fromstring(lane_flow("Flow", LANES, EDGES, notes=["a note"], legend=[("x", "bad")]))
    assert root[1].text == "a to b; a to d; d to a; b to c; c to c"
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"a", "b", "c", "d", "small", "outside", "between", "inside", "1", "2", "a note"} <= texts


def test_lanes_without_names_have_no_band():
    bare = [FlowLane("", lane.nodes) for lane in LANES]
    assert "stroke-dasharray" not in lane_flow("Flow", bare, [FlowEdge("a", "b")])
    assert "stroke-dasharray" in lane_flow("Flow", LANES, [FlowEdge("a", "b")])


@pytest.mark.parametrize("shape", ["box", "round", "store", "choice", "pill"])
def test_hostile_text_stays_text(shape):
    lanes = [FlowLane(HOSTILE, (FlowNode("a", HOSTILE, shape, note=HOSTILE), FlowNode("b", "b")))]
    edges = [FlowEdge("a", "b", HOSTILE, told=HOSTILE)]
    root = ET.fromstring(lane_flow(HOSTILE, lanes, edges, notes=[HOSTILE], legend=[(HOSTILE, "bad")]))
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    written = mermaid_flow(lanes, edges)
    assert "<script>" not in written
    assert len(written.splitlines()) == 6
