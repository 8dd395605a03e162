"""Values become JSON and content-addressed files; everything else is refused by field, with what to do."""

import hashlib
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from studio_magics.client.refusals import InputRefused
from studio_magics.contracts.inputs import MAX_FOLDER_FILES, InputFile, InputFolder
from studio_magics.display.input_fields import input_fields
from studio_magics.runners import files
from studio_magics.runners.staging import Named, Stager
from tests.runners.counting import CountInput

FIELDS = input_fields(CountInput.model_json_schema())
FRAME = pd.DataFrame({"id": [1, 2, 3], "city": ["a", "b", None]})


def stage(*, limited=True, **inputs):
    return Stager("Counter", FIELDS, limited=limited).stage(inputs)


def refused(**inputs) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        stage(**inputs)
    assert len(caught.value.lines()) == 2
    assert caught.value.fields
    return caught.value


@pytest.mark.parametrize(
    "table",
    [
        FRAME,
        pl.DataFrame({"id": [1, 2, 3], "city": ["a", "b", None]}),
        pl.LazyFrame({"id": [1, 2, 3], "city": ["a", "b", None]}),
        pa.table({"id": [1, 2, 3], "city": ["a", "b", None]}),
        duckdb.sql("select * from (values (1,'a'),(2,'b'),(3,null)) as t(id, city)"),
    ],
    ids=["pandas", "polars", "polars lazy", "pyarrow", "duckdb"],
)
def test_a_table_of_any_library_travels_as_parquet_named_by_its_variable(table):
    staged = stage(data=Named(table, "orders"))
    record = InputFile.model_validate(staged.inputs["data"])
    path = staged.content[record.digest]
    assert record.name == "orders.parquet"
    assert record.size_bytes == path.stat().st_size
    rows = duckdb.sql(f"select id, city from '{path}' order by id").fetchall()
    assert [int(row[0]) for row in rows] == [1, 2, 3]
    assert [row[1] for row in rows] == ["a", "b", None]


def test_equal_tables_have_one_digest_so_they_are_sent_once():
    first, second = stage(data=FRAME), stage(data=FRAME.copy())
    assert first.inputs["data"] == second.inputs["data"]


def test_the_parquet_file_goes_away_with_the_staged_inputs():
    staged = stage(data=FRAME)
    path = next(iter(staged.content.values()))
    assert path.exists()
    del staged
    assert not path.exists()


def test_column_names_that_are_no_text_become_text():
    staged = stage(data=pd.DataFrame([[1, 2]], columns=[2024, ("a", 1)]))
    path = next(iter(staged.content.values()))
    assert duckdb.sql(f"select * from '{path}'").columns == ["2024", "a_1"]


def test_a_column_of_mixed_types_is_refused_with_the_column_and_a_cure():
    said = refused(data=pd.DataFrame({"price": [1, "two", object()]}))
    assert "price" in said.lines()[0]
    assert "astype" in said.lines()[1]


def test_a_whole_number_too_large_for_parquet_is_refused_without_a_traceback():
    said = refused(data=pd.DataFrame({"big": [2**70, 1]}))
    assert said.fields[0].allowed == "a table of plain columns"


def test_a_table_without_columns_is_refused_before_it_travels():
    assert "without columns" in refused(data=pd.DataFrame()).lines()[0]


def test_a_pattern_where_one_file_is_wanted_is_named_as_a_pattern():
    said = refused(data="*.csv")
    assert said.fields[0].found == "the pattern '*.csv'"
    assert said.action == "give one file"


def test_an_address_is_no_file_and_is_not_repeated_for_it_may_hold_a_password():
    said = refused(folder="postgresql://me:secret-word@host/db")
    assert said.fields[0].found == "an address"
    assert "secret-word" not in "".join(said.lines())


def test_an_empty_name_is_not_the_current_folder():
    assert refused(folder="").fields[0].found == "an empty name"


def test_a_file_is_named_by_its_content_and_keeps_its_name(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id\n1\n")
    staged = stage(data=str(path))
    digest = f"sha256:{hashlib.sha256(b'id' + os.linesep.encode() + b'1' + os.linesep.encode()).hexdigest()}"
    assert staged.inputs["data"] == {"digest": digest, "name": "rows.csv", "size_bytes": 5}
    assert staged.content == {digest: path}


def test_a_folder_lists_its_files_by_relative_name_sorted_without_dot_files(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("z.csv", "b/a.csv", ".hidden"):
        (tmp_path / name).write_text(name)
    folder = InputFolder.model_validate(stage(folder=tmp_path).inputs["folder"])
    assert [file.name for file in folder.files] == ["b/a.csv", "z.csv"]
    assert folder.name == tmp_path.name


def test_a_pattern_takes_the_matching_files(tmp_path, monkeypatch):
    for name in ("a.sql", "b.sql", "c.txt"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    folder = InputFolder.model_validate(stage(folder="*.sql").inputs["folder"])
    assert [file.name for file in folder.files] == ["a.sql", "b.sql"]


def test_a_pattern_that_matches_nothing_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "*.sql" in refused(folder="*.sql").lines()[0]


def test_several_tables_by_name_become_a_folder():
    folder = InputFolder.model_validate(stage(folder={"orders": FRAME, "cities": FRAME}).inputs["folder"])
    assert [file.name for file in folder.files] == ["orders.parquet", "cities.parquet"]


def test_a_link_inside_a_folder_is_refused_and_not_followed(tmp_path):
    (tmp_path / "secret").symlink_to("/etc/passwd")
    assert "'secret'" in refused(folder=tmp_path).lines()[0]


def test_a_pipe_is_refused_instead_of_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "not a plain file" in refused(data=tmp_path / "pipe").lines()[0]


def test_an_empty_folder_is_refused(tmp_path):
    assert "no file" in refused(folder=tmp_path).lines()[0]


def test_too_many_files_are_refused_with_both_figures(tmp_path):
    for number in range(MAX_FOLDER_FILES + 1):
        (tmp_path / f"{number}.csv").touch()
    said = refused(folder=tmp_path).lines()[0]
    assert "1,001" in said
    assert "1,000" in said


def test_a_file_above_the_upload_limit_is_refused_with_both_sizes_and_read_in_the_kernel(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1_000)
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 3_000)
    lines = refused(data=path).lines()
    assert "3 kB" in lines[0]
    assert "1,000 bytes" in lines[0] or "kB" in lines[0]
    assert "sample" in lines[1]
    assert stage(limited=False, data=path).inputs["data"]["size_bytes"] == 3_000


def test_a_missing_file_names_the_closest_one(tmp_path):
    (tmp_path / "orders.csv").touch()
    said = refused(data=tmp_path / "order.csv")
    assert "orders.csv" in said.lines()[1]


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_why(tmp_path):
    path = tmp_path / "secret.csv"
    path.touch(mode=0o000)
    assert "Permission denied" in refused(data=path).lines()[0]


def test_plain_values_travel_as_json():
    staged = stage(note="text", times=3, loud=True, tags=("a", "b"), behave=Decimal("1.50"), data=None)
    assert staged.inputs == {"note": "text", "times": 3, "loud": True, "tags": ["a", "b"], "behave": "1.50"}


def test_dates_and_numpy_scalars_travel_as_text_and_numbers():
    staged = stage(note=datetime(2026, 1, 15, tzinfo=UTC), times=np.int64(4), behave=date(2026, 1, 15))
    assert staged.inputs == {"note": "2026-01-15T00:00:00+00:00", "times": 4, "behave": "2026-01-15"}


def test_the_path_of_a_text_file_means_its_text(tmp_path):
    path = tmp_path / "note.yaml"
    path.write_text("\ufeffkey: wärme\n", encoding="utf-8")
    assert stage(note=Path(path)).inputs == {"note": "key: wärme\n"}


def test_a_binary_file_is_no_text(tmp_path):
    path = tmp_path / "note.bin"
    path.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused(note=path).lines()[0]


@pytest.mark.parametrize(
    ("inputs", "word"),
    [
        ({"data": 5}, "int"),
        ({"data": object()}, "object"),
        ({"data": {"a": FRAME}}, "dict"),
        ({"data": [FRAME, FRAME]}, "a list of 2"),
        ({"folder": [FRAME, 1]}, "a list with a value of type int"),
        ({"note": FRAME}, "a table"),
        ({"times": float("nan")}, "nan"),
        ({"note": object()}, "object"),
        ({"folder": {"a": 1}}, "'a'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_field(inputs, word):
    said = refused(**inputs)
    assert said.fields[0].field == next(iter(inputs))
    assert word in said.lines()[0]


def test_a_table_class_is_not_a_table():
    assert "type" in refused(data=pd.DataFrame).lines()[0]
