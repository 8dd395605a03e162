"""A folder as one archive: the same bytes for the same files, without what stays at home, safe to unpack."""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from studio_magics.client.refusals import InputRefused
from studio_magics.contracts.inputs import InputFile
from studio_magics.display.input_fields import input_fields
from studio_magics.runners.archives import pack_folder
from studio_magics.runners.files import FileRefused, read_file
from studio_magics.runners.ignoring import RULES_FILE
from studio_magics.runners.staging import Stager
from studio_magics.tools.base import ToolInput
from studio_magics.tools.intake import examine
from studio_magics.tools.intake.unpacking import unpack


class Code(ToolInput):
    """A tool that takes a folder as one file."""

    code: InputFile = Field(json_schema_extra={"archive": True})


FIELDS = input_fields(Code.model_json_schema())


def filled(folder: Path, **more: str) -> Path:
    for name, text in {
        "b.py": "b",
        "src/a.py": "a",
        "src/__pycache__/a.pyc": "x",
        ".env": "secret",
        **more,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_same_files_give_the_same_bytes_whenever_and_wherever_they_are_packed(tmp_path: Path) -> None:
    first = pack_folder(filled(tmp_path / "one"), tmp_path / "1", name="code")
    again = filled(tmp_path / "two")
    for path in again.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    second = pack_folder(again, tmp_path / "2", name="code")
    assert first.record == second.record
    assert first.record.name == "code.tar.gz"
    filled(again, **{"b.py": "changed"})
    assert pack_folder(again, tmp_path / "3", name="code").record.digest != first.record.digest


def test_a_packed_folder_passes_the_guards_and_unpacks_to_the_files_that_were_to_travel(
    tmp_path: Path,
) -> None:
    packed = pack_folder(filled(tmp_path / "one"), tmp_path / "1", name="code")
    examine(packed.path, packed.record.name)
    found = unpack(packed.path, tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in found] == ["b.py", "src/a.py"]
    assert [path.read_text() for path in found] == ["b", "a"]


def test_what_the_rules_list_stays_at_home(tmp_path: Path) -> None:
    rules = "# mine\n*.log\nbuild/\ndata/raw/*\n"
    more = {
        RULES_FILE: rules,
        "a.log": "",
        "build/x.py": "",
        "data/raw/b.csv": "",
        "data/c.csv": "",
        "built": "",
    }
    packed = pack_folder(filled(tmp_path / "one", **more), tmp_path / "1", name="code")
    found = unpack(packed.path, tmp_path / "out")
    names = [path.relative_to(tmp_path / "out").as_posix() for path in found]
    assert names == ["b.py", "built", "data/c.csv", "src/a.py"]


@pytest.mark.parametrize(
    ("rules", "said"), [("a\n!b\n", "line 2 of .studioignore: '!'"), ("x" * 70_000, "more than 64,000 bytes")]
)
def test_rules_that_cannot_be_followed_are_refused_and_nothing_is_packed(
    rules: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(FileRefused, match=said):
        pack_folder(filled(tmp_path / "one", **{RULES_FILE: rules}), tmp_path / "1", name="code")


def test_a_link_in_the_folder_is_refused(tmp_path: Path) -> None:
    folder = filled(tmp_path / "one")
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(FileRefused, match="a link"):
        pack_folder(folder, tmp_path / "1", name="code")


def test_an_input_that_takes_an_archive_takes_the_path_of_a_folder(tmp_path: Path) -> None:
    staged = Stager("Code", FIELDS, limited=True).stage({"code": str(filled(tmp_path / "shop"))})
    record: Any = staged.inputs["code"]
    assert record["name"] == "shop.tar.gz"
    assert staged.content[record["digest"]].stat().st_size == record["size_bytes"]


def test_a_folder_that_is_too_large_when_packed_says_how_large_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_magics.runners.files.MAX_FILE_BYTES", 100)
    folder = filled(tmp_path / "one", **{"noise.bin": os.urandom(500).hex()})
    with pytest.raises(InputRefused, match="when it is packed"):
        Stager("Code", FIELDS, limited=True).stage({"code": str(folder)})


def test_a_file_whose_name_cannot_travel_is_refused_in_words(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/a\xff.csv"
    Path(os.fsdecode(path)).write_text("id\n1\n")
    with pytest.raises(FileRefused, match="whose name has control signs"):
        read_file(Path(os.fsdecode(path)))
