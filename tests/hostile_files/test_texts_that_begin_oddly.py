"""Texts whose first signs are also those of a packed file stay texts; packed files stay packed."""

import zlib

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import examine


@pytest.mark.parametrize("text", ["x = 1\n", "x^2 + y^2\n", "x ,y\n1,2\n"])
def test_a_text_that_begins_like_a_stream_is_a_text(tmp_path, text):
    path = tmp_path / "a.py"
    path.write_text(text)
    examine(path, "a.py")


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("content", [b"", b"a", b"x = 1", b"(dp0\n" * 90])
def test_a_stream_of_any_level_is_still_told_from_text(tmp_path, level, content):
    path = tmp_path / "a.py"
    path.write_bytes(zlib.compress(content, level)[:-1])
    with pytest.raises(InputRejected, match="stream"):
        examine(path, "a.py")
