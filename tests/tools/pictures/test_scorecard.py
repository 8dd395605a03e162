# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""Score cards say the value, the judgement in words, and how it moved."""

from xml.etree import ElementTree as ET

from studio_magics.tools.pictures import TONES
from studio_magics.tools.pictures.scorecard import Card, scorecard

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert('x')</script>&amp;\"\x00"


def test_a_card_shows_and_tells_its_figure():
    root = ET.fromstring(scorecard("t", [Card("open", "12", "3 too old", "bad")]))
    assert root[1].text == "open: 12, 3 too old"
    assert {"open", "12", "3 too old"} <= {text.text for text in root.iter(f"{SVG}text")}
    assert TONES["bad"] in {rect.get("fill") for rect in root.iter(f"{SVG}rect")}


def test_how_it_moved_is_drawn_from_two_points_on():
    def lines(*moved):
        return list(ET.fromstring(scorecard("t", [Card("a", "1", moved=moved)])).iter(f"{SVG}path"))

    assert not lines(1.0)
    assert len(lines(1.0, 2.0)) == 1


def test_cards_stand_in_rows_and_none_says_so():
    root = ET.fromstring(scorecard("t", [Card(str(i), "1") for i in range(4)], columns=3))
    places = [
        (float(r.get("x")), float(r.get("y"))) for r in root.iter(f"{SVG}rect") if r.get("width") == "6"
    ]
    assert len({x for x, _ in places}) == 3
    assert len({y for _, y in places}) == 2
    assert "Nothing to show" in scorecard("t", [])


def test_hostile_text_stays_text():
    drawn = scorecard(HOSTILE, [Card(HOSTILE, HOSTILE, HOSTILE)], note=HOSTILE)
    assert not [element for element in ET.fromstring(drawn).iter() if element.tag.endswith("script")]
