"""Flame graphs: widths are shares, names are text."""

import re
from xml.etree import ElementTree as ET

from studio_magics.tools.pictures.flame import FlameFrame, flame_graph

SVG = "{http://www.w3.org/2000/svg}"


def boxes(svg):
    """Title → x and width of every frame."""
    root = ET.fromstring(svg)  # noqa: S314  - our own picture
    groups = [one for one in root.iter(f"{SVG}g") if one.find(f"{SVG}title") is not None]
    rects = {one.find(f"{SVG}title").text: one.find(f"{SVG}rect") for one in groups}
    return {name: (float(one.get("x")), float(one.get("width"))) for name, one in rects.items()}


def test_a_frame_is_as_wide_as_its_share_and_stands_under_its_caller():
    left = FlameFrame("left", 3.0, "3 s")
    right = FlameFrame("right", 1.0, "1 s", strong=False, children=(FlameFrame("below", 0.5, "0.5 s"),))
    found = boxes(flame_graph("Time", (FlameFrame("all", 4.0, "4 s", children=(left, right)),), width=432))
    assert found["all: 4 s"] == (16.0, 399.4)
    assert found["left: 3 s"] == (16.0, 299.4)
    assert found["right: 1 s"] == (316.0, 99.4)
    assert found["below: 0.5 s"] == (316.0, 49.4)


def test_names_are_escaped_and_told_to_people_who_do_not_see_them():
    svg = flame_graph("<Time>", (FlameFrame("<b>&", 1.0, "1 s"),))
    assert not re.search(r"<(Time|b)>", svg)
    assert "&lt;b&gt;&amp;: 1 s" in svg.split("</desc>")[0]


def test_nothing_is_said_as_nothing():
    assert "Nothing to show" in flame_graph("Time", ())


def test_what_is_too_narrow_or_too_deep_is_left_out():
    deep = FlameFrame("x", 1.0, "1 s")
    for _ in range(60):
        deep = FlameFrame("x", 1.0, "1 s", children=(deep,))
    narrow = FlameFrame("narrow", 0.0001, "0 s")
    svg = flame_graph("Time", (deep, narrow))
    assert "narrow" not in svg
    assert svg.count("<rect") == 29
