"""A table is read completely, with the right types, or refused with words that help."""

import csv
import gzip
import io
import random
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular import TableSource, open_table, quoted

GOOD = "id,city,amount\n1,Seattle,2.5\n2,Dayton,\n3,,4\n"


def _open(folder: Path, name: str, content: str | bytes) -> TableSource:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(path, name=name)


def _refusal(folder: Path, name: str, content: str | bytes) -> InputRejected:
    with pytest.raises(InputRejected) as refused:
        _open(folder, name, content)
    assert refused.value.field == "data"
    assert refused.value.action
    assert str(folder) not in str(refused.value)
    return refused.value


def _types(table: TableSource) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def test_a_small_csv_has_its_rows_types_and_empty_cells(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", GOOD) as table:
        assert table.row_count == 3
        assert _types(table) == {"id": "BIGINT", "city": "VARCHAR", "amount": "DOUBLE"}
        assert table.query("SELECT * FROM data ORDER BY id") == [
            (1, "Seattle", 2.5),
            (2, "Dayton", None),
            (3, None, 4.0),
        ]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.csv"), ("|", "a.txt"), ("\t", "a.tsv")]
)
def test_every_delimiter_gives_the_same_table(tmp_path: Path, delimiter: str, name: str) -> None:
    with _open(tmp_path, name, GOOD.replace(",", delimiter)) as table:
        assert _types(table) == {"id": "BIGINT", "city": "VARCHAR", "amount": "DOUBLE"}


def test_a_delimiter_inside_quotes_does_not_mislead(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", 'a;b\n"x, y, z";1\n"p, q, r";2\n') as table:
        assert table.query("SELECT a FROM data ORDER BY b") == [("x, y, z",), ("p, q, r",)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_gives_the_same_rows(tmp_path: Path, newline: str) -> None:
    with _open(tmp_path, "a.csv", GOOD.replace("\n", newline)) as table:
        assert table.row_count == 3


def test_a_gzipped_table_is_unpacked(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv.gz", gzip.compress(GOOD.encode())) as table:
        assert table.row_count == 3


def test_line_breaks_and_doubled_quotes_inside_quotes_belong_to_the_value(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", 'a,b\n"one\ntwo ""three""",1\n\nlast,2\n') as table:
        assert table.query("SELECT a FROM data WHERE b = 1") == [('one\ntwo "three"',)]
        assert table.row_count == 2


def test_an_inch_mark_in_an_unquoted_cell_is_kept(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", 'item,n\n5" pipe,2\nrod,3\n') as table:
        assert table.query("SELECT item FROM data WHERE n = 2") == [('5" pipe',)]


def test_a_blank_line_in_a_single_column_is_a_missing_value(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", "a\n1\n\n2\n") as table:
        assert table.query("SELECT count(*), count(a) FROM data") == [(3, 2)]


def test_the_byte_order_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", b"\xef\xbb\xbf" + GOOD.encode()) as table:
        assert table.columns[0].name == "id"


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", "city,n\nMünchen,1\n".encode("latin-1")) as table:
        assert table.query("SELECT city FROM data") == [("München",)]
        assert "Latin-1" in table.notes[0]


def test_a_comment_above_the_header_is_refused_and_not_taken_for_the_only_column(tmp_path: Path) -> None:
    refused = _refusal(
        tmp_path, "a.csv", "# Data source: example.org\nDate,A,B\n1990-01-01,1,2\n1990-02-01,3,4\n"
    )
    assert "one cell where the lines below it have 3" in refused.found


def test_numbers_separated_by_blanks_are_refused_and_words_are_not(tmp_path: Path) -> None:
    assert "separated by blanks" in _refusal(tmp_path, "a.csv", "x y z\n1 2 3\n4 5 6\n").found
    with _open(tmp_path, "b.csv", "full name\nAda Byron\nAlan Turing\n") as table:
        assert table.row_count == 2


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_moments_of_a_data_frame_are_read_in_utc_whatever_their_unit_and_zone(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    moments = pd.Series(pd.to_datetime(["2024-07-01 10:00:00", None, "1969-12-31 23:59:59"]))
    moments = moments.dt.tz_localize(zone).dt.as_unit(unit) if zone else moments.dt.as_unit(unit)
    pd.DataFrame({"moment": moments}).to_parquet(tmp_path / "a.parquet")
    expected = moments.dt.tz_convert("UTC").dt.tz_localize(None) if zone else moments
    with open_table(tmp_path / "a.parquet", name="a.parquet") as table:
        assert _types(table) == {"moment": "TIMESTAMP"}
        read = [value for (value,) in table.query("SELECT moment FROM data")]
        assert read == [None if pd.isna(value) else value.to_pydatetime() for value in expected]


def test_an_unnamed_column_gets_a_name_and_a_note(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", ",b\n1,2\n") as table:
        assert [column.name for column in table.columns] == ["column_1", "b"]
        assert "column_1" in table.notes[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2", "30"], "BIGINT"),
        (["1", "2.5", "1e3"], "DOUBLE"),
        (["007", "010"], "VARCHAR"),
        (["12345678901234567890", "12345678901234567891"], "VARCHAR"),
        (["1_000", "2"], "VARCHAR"),
        (["+442079460000", "+24762889"], "VARCHAR"),
        (["+1.5", "+20"], "DOUBLE"),
        (["0x1F", "2"], "VARCHAR"),
        (["1.5", "NaN"], "VARCHAR"),
        (["1", "inf"], "VARCHAR"),
        (["1", "2", "x"], "VARCHAR"),
        (["true", "False"], "BOOLEAN"),
        (["2024-01-31", "2024-02-29"], "DATE"),
        (["2024-01-31", "2024-02-30"], "VARCHAR"),
        (["2024-01-31", "2024-02-29 10:00:00"], "TIMESTAMP"),
        (["2024-01-31T10:00:00+02:00"], "TIMESTAMP"),
        (["31/12/2024"], "VARCHAR"),
        (["epoch"], "VARCHAR"),
        (["1,5", "2,5"], "VARCHAR"),
    ],
)
def test_a_type_is_taken_only_when_every_value_fits_without_loss(
    tmp_path: Path, values: list[str], expected: str
) -> None:
    lines = "".join(f'{place};"{value}"\n' for place, value in enumerate(values))
    with _open(tmp_path, "a.csv", "n;v\n" + lines) as table:
        assert _types(table)["v"] == expected


def test_one_misfit_far_behind_the_first_rows_turns_the_column_into_text(tmp_path: Path) -> None:
    lines = "".join(f"{place},{place}\n" for place in range(5_000))
    with _open(tmp_path, "a.csv", "n,v\n" + lines + "5000,unknown\n") as table:
        assert _types(table) == {"n": "BIGINT", "v": "VARCHAR"}
        assert table.row_count == 5_001


def test_a_column_that_starts_empty_is_typed_by_its_later_values(tmp_path: Path) -> None:
    lines = "".join(f"{place},\n" for place in range(3_000))
    with _open(tmp_path, "a.csv", "n,v\n" + lines + "3000,2024-01-31\n") as table:
        assert _types(table)["v"] == "DATE"


def test_missing_dates_do_not_turn_a_column_of_dates_into_text(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", "n,v,w\n1,2024-01-31,true\n2,,\n3,2024-02-01,false\n") as table:
        assert _types(table) == {"n": "BIGINT", "v": "DATE", "w": "BOOLEAN"}
        assert table.query("SELECT count(v), count(w) FROM data") == [(2, 2)]


def test_a_moment_with_an_offset_is_brought_to_utc(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", "t\n2024-01-31T10:00:00+02:00\n2024-01-31T10:00:00Z\n") as table:
        assert sorted(table.query("SELECT t FROM data")) == [
            (datetime(2024, 1, 31, 8, 0),),  # noqa: DTZ001  - moments in a table are UTC without an offset
            (datetime(2024, 1, 31, 10, 0),),  # noqa: DTZ001  - as above
        ]


def test_three_hundred_columns_do_not_need_a_gigabyte(tmp_path: Path) -> None:
    header = ",".join(f"c{place}" for place in range(300))
    with _open(
        tmp_path, "a.csv", header + "\n" + "\n".join(",".join("1" * 300) for _ in range(50)) + "\n"
    ) as table:
        assert {column.type for column in table.columns} == {"BIGINT"}


def test_a_hostile_column_name_is_only_a_name(tmp_path: Path) -> None:
    name = 'x"; DROP TABLE data; --'
    with _open(tmp_path, "a.csv", f'"{name.replace(chr(34), chr(34) * 2)}",b\n1,2\n') as table:
        assert table.columns[0].name == name
        assert table.query(f"SELECT {quoted(name)} FROM data") == [(1,)]


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "a?.csv.gz", "{a,b}.csv", "it's.csv"])
def test_a_name_that_looks_like_a_pattern_is_only_a_name(tmp_path: Path, name: str) -> None:
    content = gzip.compress(GOOD.encode()) if name.endswith(".gz") else GOOD
    (tmp_path / "a1.csv").write_text("other\n1\n")
    with _open(tmp_path, name, content) as table:
        assert table.row_count == 3


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    with _open(tmp_path, "a.csv", "a,b\n") as table:
        assert table.row_count == 0
        assert [column.name for column in table.columns] == ["a", "b"]


def test_parquet_gives_its_declared_types_and_utc_moments(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    moment = datetime.fromisoformat("2024-01-31T10:00:00+02:00")
    rows = pa.table(
        {
            "n": pa.array([1], pa.int32()),
            "t": pa.array([moment], pa.timestamp("us", tz="Europe/Berlin")),
            "d": pa.array([date(2024, 1, 31)]),
            "c": pa.array(["a"]).dictionary_encode(),
            "l": pa.array([[1, 2]]),
        }
    )
    pq.write_table(rows, tmp_path / "a.parquet")
    with open_table(tmp_path / "a.parquet", name="a.parquet") as table:
        assert {column.name: column.kind for column in table.columns} == {
            "n": "integer",
            "t": "timestamp",
            "d": "date",
            "c": "text",
            "l": "other",
        }
        assert all(column.declared for column in table.columns)
        assert table.query("SELECT t FROM data") == [(datetime(2024, 1, 31, 8, 0),)]  # noqa: DTZ001  - moments are UTC


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "empty"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d", "PNG"),
        ("a.csv", b"a,b\n1,\x002\n" + b"3,4\n" * 50, "binary"),
        ("a.csv", b"\x80\x04\x95\x10\x00", "pickle"),
        ("a.csv", b"PK\x03\x04rest", "ZIP"),
        ("a.csv", b"a,a,b\n1,2,3\n", "repeats 'a'"),
        ("a.csv", b"Id,ID\n1,2\n", "repeats 'Id', 'ID'"),
        ("a.csv", b"1,2\n3,4\n", "no header"),
        ("a.csv", b",,\n1,2,3\n", "no column names"),
        ("a.csv", b'a,b\n"x,1\ny,2\n', "unterminated quote"),
        ("a.parquet", b"", "empty"),
        ("a.parquet", b"PAR1 but cut", "not Parquet"),
        ("a.parquet", b"PAR1" + b"\x00" * 40 + b"PAR1", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-12], "unpacked"),
        ("a.csv.gz", b"no gzip at all", "unpacked"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(
    tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    assert found in _refusal(tmp_path, name, content).found


@pytest.mark.parametrize("name", ["a.pkl", "a.xlsx", "a.json", "a", "a.csv.exe"])
def test_an_unknown_ending_is_refused_with_the_endings_that_work(tmp_path: Path, name: str) -> None:
    refused = _refusal(tmp_path, name, GOOD)
    assert ".csv" in refused.allowed
    assert ".parquet" in refused.allowed


def test_a_pickle_is_refused_because_it_can_run_code(tmp_path: Path) -> None:
    assert "run code" in _refusal(tmp_path, "a.pickle", b"\x80\x04").action


def test_ragged_rows_are_refused_by_line_and_none_is_dropped(tmp_path: Path) -> None:
    refused = _refusal(tmp_path, "a.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n")
    assert "2 rows" in refused.found
    assert "line 3: 2 cells" in refused.found
    assert "line 4: 4 cells" in refused.found


def test_a_ragged_row_far_behind_the_first_rows_is_refused_too(tmp_path: Path) -> None:
    lines = "".join(f"{place},x\n" for place in range(30_000))
    assert "line 30,002: 1 cell" in _refusal(tmp_path, "a.csv", "a,b\n" + lines + "only\n").found


def test_a_row_count_that_differs_from_the_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from studio_magics.tools.tabular import csv_table

    counted = csv_table.read_facts

    def one_more(path: Path) -> csv_table.TextFacts:
        facts = counted(path)
        return replace(facts, record_count=facts.record_count + 1)

    monkeypatch.setattr(csv_table, "read_facts", one_more)
    assert "3 rows could be read where the text has 4 records" in _refusal(tmp_path, "a.csv", GOOD).found


@pytest.mark.parametrize("seed", range(25))
def test_any_table_written_by_a_csv_writer_is_read_back_cell_by_cell(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)  # noqa: S311  - repeatable test data
    delimiter = rng.choice(",;\t|")
    pieces = ["x", "é", " ", '"', "'", ",", ";", "|", "0", "-", "\n", "\r\n", "\\", "😀", "NULL"]
    width = rng.randint(2, 5)
    rows = [
        ["a" + "".join(rng.choices(pieces, k=rng.randint(0, 6))) for _ in range(width)]
        for _ in range(rng.randint(1, 60))
    ]
    written = io.StringIO()
    line_end = rng.choice(["\n", "\r\n"])
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end)
    writer.writerow([f"column {place}" for place in range(width)])
    writer.writerows(rows)
    with _open(tmp_path, "a.tsv" if delimiter == "\t" else "a.csv", written.getvalue()) as table:
        assert table.query("SELECT * FROM data ORDER BY rowid") == [tuple(row) for row in rows]


def test_many_ragged_rows_are_counted_and_five_are_named(tmp_path: Path) -> None:
    refused = _refusal(tmp_path, "a.csv", "a,b\n" + "1,2,3\n" * 7)
    assert "7 rows" in refused.found
    assert "and 2 more" in refused.found


def test_more_columns_than_allowed_are_refused(tmp_path: Path) -> None:
    header = ",".join(f"c{place}" for place in range(501))
    assert "501 columns" in _refusal(tmp_path, "a.csv", header + "\n").found


def test_a_text_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio_magics.tools.tabular import text

    monkeypatch.setattr(text, "MAX_TEXT_BYTES", 3_000_000)
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 2_000_000, mtime=0)
    assert len(bomb) < 30_000
    assert "MB of text" in _refusal(tmp_path, "a.csv.gz", bomb).found


def test_a_cell_longer_than_pythons_csv_reader_takes_is_read(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    rows = "".join(f"{number},{'x' * 150_000}\n" for number in range(3))
    with _open(tmp_path, "long.csv", f"id,text\n{rows}") as table:
        assert table.row_count == 3
    assert csv.field_size_limit() == before
