# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Pictures are well-formed, escape what they are given, and can be read on any page."""

from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.pictures import (
    CONTRAST_PAIRS,
    Bar,
    Bin,
    HeatRow,
    Mark,
    Segment,
    bar_chart,
    clipped,
    heat_strip,
    histogram,
    number,
    text_width,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"\x00\x07\u202e"


def _pictures_of(name: str) -> dict[str, str]:
    return {
        "bars": bar_chart(name, [Bar(name, (Segment(1),), name)], legend=[(name, "plain")], note=name),
        "histogram": histogram(
            name, [Bin(0, 1, 3)], marks=[Mark(0.5, name)], low_label=name, high_label=name, note=name
        ),
        "strip": heat_strip(name, [HeatRow(name, (0.5, None))], [name, name], note=name),
    }


@pytest.mark.parametrize("kind", ["bars", "histogram", "strip"])
def test_a_hostile_name_stays_text_in_well_formed_xml(kind: str) -> None:
    root = ET.fromstring(_pictures_of(HOSTILE)[kind])
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "line", "text"}
    assert "<script>" in "".join(root.itertext())


@pytest.mark.parametrize("kind", ["bars", "histogram", "strip"])
def test_every_picture_has_a_title_a_description_and_its_own_ground(kind: str) -> None:
    root = ET.fromstring(_pictures_of("Missing values")[kind])
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Missing values"
    assert root[1].tag == f"{SVG}desc"
    assert root[2].get("fill") == "#ffffff"


@pytest.mark.parametrize(("ink", "ground", "least"), CONTRAST_PAIRS)
def test_colours_keep_their_contrast(ink: str, ground: str, least: float) -> None:
    assert _contrast(ink, ground) >= least


def test_a_bar_is_as_long_as_its_share_of_the_maximum() -> None:
    root = ET.fromstring(
        bar_chart("t", [Bar("a", (Segment(25),), "25"), Bar("b", (Segment(50),), "50")], maximum=100)
    )
    for row, share in zip(root.findall(f"{SVG}g"), (0.25, 0.5), strict=True):
        track, drawn = (float(rect.get("width", 0)) for rect in row.findall(f"{SVG}rect"))
        assert drawn / track == pytest.approx(share, abs=0.001)


def test_a_bar_longer_than_the_maximum_stops_at_the_end_of_its_track() -> None:
    root = ET.fromstring(bar_chart("t", [Bar("a", (Segment(80), Segment(900)), "980")], maximum=100))
    track, first, second = root.findall(f"{SVG}g/{SVG}rect")
    end = float(track.get("x", 0)) + float(track.get("width", 0))
    assert float(second.get("x", 0)) == pytest.approx(
        float(first.get("x", 0)) + float(first.get("width", 0)), abs=0.02
    )
    assert float(second.get("x", 0)) + float(second.get("width", 0)) <= end + 0.02


def test_a_chart_without_bars_says_so() -> None:
    assert "Nothing to show" in bar_chart("t", [])


def test_the_tallest_column_fills_the_plot_and_an_empty_one_is_flat() -> None:
    root = ET.fromstring(histogram("t", [Bin(0, 1, 10), Bin(1, 2, 0), Bin(2, 3, 5)]))
    heights = [float(rect.get("height", 0)) for rect in root.findall(f"{SVG}rect")[1:]]
    assert heights == [150.0, 0.0, 75.0]


def test_a_mark_outside_the_values_is_left_out() -> None:
    drawn = histogram("t", [Bin(0, 1, 1)], marks=[Mark(0.5, "inside"), Mark(7, "outside")])
    assert "inside" in drawn
    assert "outside" not in drawn


def test_clipped_text_fits_and_ends_with_an_ellipsis() -> None:
    cut = clipped("a very long column name indeed", 80)
    assert cut.endswith("…")
    assert text_width(cut) <= 80
    assert clipped("short", 80) == "short"


def test_coordinates_are_short_and_never_empty() -> None:
    assert [number(value) for value in (0.0, 1.5, 2.0, 1 / 3)] == ["0", "1.5", "2", "0.33"]


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
