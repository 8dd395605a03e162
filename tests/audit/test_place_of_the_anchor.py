"""The operator may keep the anchor on another disk than the books."""

from pathlib import Path

from fakes.toy_server import serving
from studio_server.ledger.anchor import read_anchor
from studio_server.settings import Settings


def test_the_environment_names_the_place_of_the_anchor(tmp_path: Path) -> None:
    found = Settings.from_environment(
        {"STUDIO_DATA_DIR": str(tmp_path), "STUDIO_ANCHOR_PATH": "/other/anchor"}
    )
    assert found.anchor_path == Path("/other/anchor")


def test_without_a_place_the_anchor_is_beside_the_books(tmp_path: Path) -> None:
    assert (
        Settings.from_environment({"STUDIO_DATA_DIR": str(tmp_path)}).anchor_path == tmp_path / "anchor.json"
    )


async def test_a_server_writes_its_anchor_where_it_was_told_and_nowhere_else(tmp_path: Path) -> None:
    other = tmp_path / "other disk"
    other.mkdir()
    async with serving(tmp_path / "data", anchor_file=other / "anchor.json"):
        pass
    assert read_anchor(other / "anchor.json") is not None
    assert not (tmp_path / "data" / "anchor.json").exists()
