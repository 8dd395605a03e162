"""Tiles in groups: every text escaped, every tile there, the picture well-formed."""

from xml.etree import ElementTree as ET

from studio_magics.tools.pictures.tiles import Tile, TileGroup, tile_map


def test_every_tile_stands_under_its_group_with_its_colour():
    svg = tile_map("Calls", [TileGroup("pets", (Tile("GET", "/pets"), Tile("DELETE", "/pets/{id}", "bad")))])
    root = ET.fromstring(svg)  # noqa: S314  - written by our own code
    texts = [one.text for one in root.iter() if one.tag.endswith("text")]
    assert texts == ["Calls", "pets (2)", "GET", "/pets", "DELETE", "/pets/{id}"]
    assert svg.count("#b91c1c") == 1


def test_texts_cannot_become_markup():
    svg = tile_map("<b>", [TileGroup("<script>", (Tile("<i>", "&<x>", "plain", "'\"<"),))], note="<u>")
    ET.fromstring(svg)  # noqa: S314  - written by our own code
    assert not [word for word in ("<b>", "<script", "<i>", "<x>", "<u>") if word in svg]


def test_without_tiles_the_picture_says_so():
    assert "Nothing to show" in tile_map("Calls", [])


def test_no_tile_is_drawn_outside_of_the_picture():
    tiles = tuple(Tile("GET", f"/{number}") for number in range(41))
    root = ET.fromstring(tile_map("Calls", [TileGroup("all", tiles)], columns=3))  # noqa: S314  - written by our own code
    height = float(root.get("height"))
    assert max(float(one.get("y", 0)) for one in root.iter()) < height
