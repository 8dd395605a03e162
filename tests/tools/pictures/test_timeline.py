# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Timelines and flows that run downwards: to scale, told to screen readers, hostile text stays text."""

from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.pictures.lane_flow import FlowEdge, FlowLane, FlowNode, lane_flow
from studio_magics.tools.pictures.timeline import Moment, Span, minute_ticks, timeline

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"\x00"


def minutes(value):
    return f"{value:.0f} min"


def bars(spans, **more):
    root = ET.fromstring(timeline("t", spans, text=minutes, **more))
    found = [rect for group in root.iter(f"{SVG}g") for rect in group.findall(f"{SVG}rect")]
    return root, [(float(rect.get("x")), float(rect.get("width"))) for rect in found]


def test_a_bar_twice_as_long_is_drawn_twice_as_long_and_begins_where_the_other_ends():
    _, ((x1, wide1), (x2, wide2)) = bars([Span("a", "w", 0, 10), Span("b", "w", 10, 30)])
    assert wide2 == pytest.approx(2 * wide1, abs=0.1)
    assert x2 == pytest.approx(x1 + wide1, abs=0.1)


@pytest.mark.parametrize(
    ("last", "ticks"),
    [
        (1, [0, 1]),
        (95, [0, 30, 60, 90]),
        (100, [0, 30, 60, 90]),
        (765, [0, 180, 360, 540, 720]),
        (3 * 1_440, [0, 720, 1_440, 2_160, 2_880, 3_600, 4_320]),
    ],
)
def test_marks_stand_on_times_that_people_say(last, ticks):
    assert minute_ticks(last) == ticks


@pytest.mark.parametrize("last", [0.2, 7, 59, 61, 999, 12_345, 98_765, 1e6, 1e9])
def test_there_are_never_more_than_seven_marks(last):
    assert 1 <= len(minute_ticks(last)) <= 7
    assert minute_ticks(last)[-1] <= last


def test_waiting_is_drawn_only_where_somebody_waited():
    def dotted(span):
        root, _ = bars([span])
        return [line for line in root.iter(f"{SVG}line") if line.get("stroke-dasharray") == "2 2"]

    assert dotted(Span("a", "w", 10, 20, waited_from=5))
    assert not dotted(Span("a", "w", 10, 20, waited_from=10))


def test_the_spans_are_told_with_who_and_when():
    root, _ = bars([Span("a", "w", 0, 10)], moments=[Moment(5, "goal")])
    assert root[1].text == "a (w): 0 min to 10 min"


def test_a_flow_that_runs_downwards_has_later_nodes_lower_and_no_bands():
    lanes = [
        FlowLane("one", (FlowNode("a", "a"),)),
        FlowLane("two", (FlowNode("b", "b"), FlowNode("c", "c"))),
    ]
    edges = [FlowEdge("a", "b"), FlowEdge("a", "c")]
    root = ET.fromstring(lane_flow("t", lanes, edges, downwards=True))
    places = {text.text: (float(text.get("x")), float(text.get("y"))) for text in root.iter(f"{SVG}text")}
    assert places["a"][1] < places["b"][1] == places["c"][1]
    assert places["b"][0] != places["c"][0]
    assert "one" not in places


def test_hostile_text_stays_text():
    spans = [Span(HOSTILE, HOSTILE, 0, 1)]
    legend = [(HOSTILE, "bad")]
    drawn = timeline(HOSTILE, spans, moments=[Moment(0, HOSTILE)], text=str, note=HOSTILE, legend=legend)
    assert not [element for element in ET.fromstring(drawn).iter() if element.tag.endswith("script")]
