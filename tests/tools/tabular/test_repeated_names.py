"""A header that repeats names is refused, unless a tool asks for numbers."""

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular import open_table


def names(tmp_path, header, **options):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n{','.join('1' * len(header.split(',')))}\n")
    with open_table(path, name="a.csv", **options) as table:
        return [column.name for column in table.columns]


def test_repeated_names_are_numbered_where_a_tool_asks_for_it(tmp_path):
    assert names(tmp_path, "a,b,a,A,b", numbers_repeats=True) == ["a", "b", "a 2", "A 3", "b 2"]
    assert names(tmp_path, "a,b", numbers_repeats=True) == ["a", "b"]
    with pytest.raises(InputRejected, match="repeats 'a', 'b'"):
        names(tmp_path, "a,b,a,b")


def test_a_number_that_is_taken_by_another_column_is_refused(tmp_path):
    with pytest.raises(InputRejected, match="repeats 'a 2'"):
        names(tmp_path, "a,a,a 2", numbers_repeats=True)
