# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Lines over an axis and matrices: to scale, told to screen readers, hostile text stays text."""

from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.pictures import INK
from studio_magics.tools.pictures.curves import Curve, Guide, Spot, line_chart
from studio_magics.tools.pictures.matrix import TINTS, MatrixCell, matrix

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"\x00"


def chart(points, **more):
    return ET.fromstring(line_chart("t", [Curve("c", points)], x_title="x", y_title="y", **more))


def places(root):
    path = next(element for element in root.iter(f"{SVG}path")).get("d", "")
    return [tuple(map(float, pair.split())) for pair in path.removeprefix("M").split(" L")]


def test_a_point_half_way_on_the_axis_is_drawn_half_way():
    (x1, _), (x2, _), (x3, _) = places(chart(((0, 1), (5, 1), (10, 1))))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)


def test_on_a_log_axis_each_power_of_ten_takes_the_same_room():
    (x1, _), (x2, _), (x3, _) = places(chart(((1, 1), (10, 1), (100, 1)), is_log_x=True))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)


@pytest.mark.parametrize(("at", "is_log"), [(45, False), (1_000, True), (0.001, True)])
def test_a_guide_beyond_the_points_stands_in_its_own_place_and_not_at_their_edge(at, is_log):
    root = chart(((1, 1), (30, 1)), guides=[Guide("x", at, "goal")], is_log_x=is_log)
    (guide,) = [line for line in root_lines(root) if line.get("stroke-dasharray") == "4 3"]
    (first, _), (last, _) = places(root)
    x = float(guide.get("x1"))
    assert x > last + 5 if at > 30 else x < first - 5


def test_more_is_drawn_higher_and_zero_stands_on_the_axis():
    (_, low), (_, high) = places(chart(((0, 0), (1, 5)), y_to=10))
    base = max(float(line.get("y1")) for line in root_lines(chart(((0, 0), (1, 5)), y_to=10)))
    assert low == pytest.approx(base, abs=5)
    assert high < low


def root_lines(root):
    return list(root.iter(f"{SVG}line"))


def test_a_chart_without_points_says_so():
    assert "Nothing to show" in line_chart("t", [Curve("c", ())], x_title="x", y_title="y")


def test_the_ends_of_each_curve_are_told():
    root = chart(((0, 1), (10, 3)))
    assert root[1].text == "c: 1 at 0 to 3 at 10"


def test_a_cell_shows_its_words_and_tells_them():
    root = ET.fromstring(matrix("t", ["r1", "r2"], ["c1"], {(1, 0): MatrixCell(("A", "B"), "bad")}))
    assert root[1].text == "r2 by c1: A, B"
    fills = [rect.get("fill") for group in root.iter(f"{SVG}g") for rect in group.findall(f"{SVG}rect")]
    assert fills == [TINTS["quiet"], TINTS["bad"]]


def test_many_words_are_wrapped_within_their_cell():
    words = tuple(f"risk-number-{i}" for i in range(12))
    root = ET.fromstring(matrix("t", ["r"], ["a", "b", "c", "d", "e"], {(0, 0): MatrixCell(words)}))
    lines = [text.text for text in root.iter(f"{SVG}text") if text.text.startswith("risk-")]
    assert len(lines) == 12


@pytest.mark.parametrize("ground", TINTS.values())
def test_ink_is_read_on_every_tint(ground):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert (luminance(ground) + 0.05) / (luminance(INK) + 0.05) >= 7


def test_hostile_text_stays_text():
    guides = [Guide("x", 0.5, HOSTILE), Guide("y", 1, HOSTILE)]
    texts = {"x_title": HOSTILE, "y_title": HOSTILE, "note": HOSTILE}
    curves = [Curve(HOSTILE, ((0, 1), (1, 2)))]
    drawn = [
        line_chart(HOSTILE, curves, guides=guides, spots=[Spot(1, 2, HOSTILE)], **texts),
        matrix(HOSTILE, [HOSTILE], [HOSTILE], {(0, 0): MatrixCell((HOSTILE,), "bad", HOSTILE)}),
    ]
    for picture in drawn:
        assert not [element for element in ET.fromstring(picture).iter() if element.tag.endswith("script")]
