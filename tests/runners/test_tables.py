"""Tables keep their meaning on the way, or are refused with the column that would lose it."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from studio_magics.runners.tables import TableUnwritable, write_parquet


def columns(table: object, folder: Path) -> list[tuple[str, str]]:
    path = folder / "a.parquet"
    write_parquet(table, path)
    return [row[:2] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()]


def labelled(index: object) -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2]}, index=index)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (labelled(None), ["a"]),
        (labelled(["x", "y"]), ["index", "a"]),
        (labelled(pd.Index(["x", "y"], name="city")), ["city", "a"]),
        (labelled(pd.Index([7, 8], name="id")), ["id", "a"]),
        (labelled(pd.date_range("2026-01-01", periods=2)), ["index", "a"]),
        (labelled(pd.MultiIndex.from_tuples([(1, 2), (3, 4)], names=["p", "q"])), ["p", "q", "a"]),
        (labelled(pd.MultiIndex.from_tuples([(1, 2), (3, 4)])), ["level_0", "level_1", "a"]),
        (labelled(None)[lambda frame: frame["a"] > 1], ["a"]),
        (pd.Series([1], name="v"), ["v"]),
    ],
    ids=["none", "texts", "named", "named numbers", "dates", "levels", "bare levels", "filtered", "series"],
)
def test_an_index_that_says_something_becomes_a_column_and_row_numbers_do_not(
    table: object, names: list[str], tmp_path: Path
) -> None:
    assert [name for name, _ in columns(table, tmp_path)] == names


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"ok": [1], "c": [1 + 2j]}), "'c (complex128)'"),
        (pd.DataFrame({"ok": [1, 2], "m": [1, "two"]}), "'m (object)'"),
        (pd.DataFrame({"ok": [1], "o": [object()]}), "'o (object)'"),
        (pd.DataFrame({"ok": [1, 1], "b": [2**70, 1]}), "'b (object)'"),
        (pd.DataFrame({"p": pd.period_range("2026-01", periods=2, freq="M")}), "'p (extension"),
        (pd.DataFrame({"t": pd.to_timedelta(["1s"])}), "spans of time in 't'"),
        (pd.DataFrame({"s": pd.arrays.SparseArray([0, 1])}), "'s (Sparse"),
        (pd.DataFrame({"e": [{}, {}]}), "'e (struct<>)'"),
        (pd.DataFrame({"k": [1]}, index=pd.Index(["x"], name="k")), "index called like a column: 'k'"),
        (pd.DataFrame([[1, 2]], columns=["a", "A"]), "repeated column names: 'a', 'A'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "repeated column names"),
        (pd.DataFrame([[1]], columns=[""]), "empty column name"),
        (pd.DataFrame([[1]], columns=["a\nb"]), "line break"),
        (pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}), "'o (Object)'"),
        (pl.DataFrame({"big": pl.Series([2**100], dtype=pl.Int128)}), "'big (Int128)'"),
        (pl.DataFrame({"a": [1], "A": [2]}), "repeated column names: 'a', 'A'"),
        (
            pa.table({"u": pa.array([(1, 2, 3)], pa.month_day_nano_interval())}),
            "'u (month_day_nano_interval)'",
        ),
        (pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]), "repeated column names"),
    ],
)
def test_what_would_lose_its_meaning_is_refused_with_the_column(
    table: object, said: str, tmp_path: Path
) -> None:
    with pytest.raises(TableUnwritable) as caught:
        columns(table, tmp_path)
    assert said in caught.value.reason
    assert " at 0x" not in caught.value.reason
    assert caught.value.action


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (pd.DataFrame({"c": pd.Categorical(["a", "b"])}), "VARCHAR"),
        (pd.DataFrame({"c": pd.array([1, None], dtype="Int64")}), "BIGINT"),
        (
            pd.DataFrame({"c": pd.date_range("2026-01-01", periods=1, tz="Europe/Rome")}),
            "TIMESTAMP WITH TIME ZONE",
        ),
        (pl.DataFrame({"c": pl.Series(["a"], dtype=pl.Enum(["a"]))}), "VARCHAR"),
        (pl.DataFrame({"c": pl.Series(["a"], dtype=pl.Categorical)}), "VARCHAR"),
        (pa.table({"c": pa.array(["a"], pa.string_view())}), "VARCHAR"),
        (pa.table({"c": pa.array([np.float16(1)], pa.float16())}), "FLOAT"),
    ],
)
def test_kinds_that_have_a_form_in_parquet_keep_it(table: object, kind: str, tmp_path: Path) -> None:
    assert columns(table, tmp_path) == [("c", kind)]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"m": [1, "two", None, 2.5]}),
        pd.DataFrame({"b": [2**70, 1, None]}),
        pd.DataFrame({"p": pd.PeriodIndex(["2026-01", None], freq="M")}),
        pd.DataFrame({"t": pd.to_timedelta(["1s", None])}),
        pl.DataFrame({"o": pl.Series([print, None], dtype=pl.Object)}),
        pl.DataFrame({"t": pl.Series([None, 1_000], dtype=pl.Duration("ms"))}),
    ],
    ids=["mixed", "huge", "period", "span", "polars object", "polars span"],
)
def test_the_cure_for_a_refused_column_works_and_what_is_missing_stays_missing(
    table: object, tmp_path: Path
) -> None:
    with pytest.raises(TableUnwritable) as caught:
        columns(table, tmp_path)
    names = {"df": table, "pl": pl}
    exec(caught.value.action.partition("for example ")[2], names)  # noqa: S102  - what a user would type
    [(column, _)] = columns(names["df"], tmp_path)
    count = f"select count(*) from '{tmp_path / 'a.parquet'}' where {column} is null"
    assert duckdb.sql(count).fetchall() == [(1,)]


def test_a_cure_is_written_only_in_a_language_that_is_known(tmp_path: Path) -> None:
    with pytest.raises(TableUnwritable) as caught:
        columns(pa.table({"t": pa.array([1], pa.duration("s"))}), tmp_path)
    assert caught.value.action == "make it a number of seconds"
