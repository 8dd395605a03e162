# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The result as a whole: the same for the same data, safe to show, and usable by programs."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from studio_magics.tools.base import RunCancelled
from studio_magics.tools.data.quality import TOOL
from studio_magics.tools.data.quality.report import QualityReport

_MESSY_ROWS = [
    (place, "seattle " if place % 9 == 0 else "Seattle", "" if place % 10 == 0 else place / 4, place % 27 + 1)
    for place in range(1, 121)
]
MESSY = "id,city,amount,day\n" + "".join(
    f"{place},{city},{amount},2026-02-{day:02d}\n" for place, city, amount, day in _MESSY_ROWS
)
HOSTILE = "<script>alert('x')</script>"


class _Tags(HTMLParser):
    """Collects tag names, and attributes that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.active += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]


def test_the_same_input_and_time_give_the_same_bytes(assess, context) -> None:
    first = assess(MESSY)
    files = dict(context.artefacts)
    second = assess(MESSY)
    assert first == second
    assert context.artefacts == files


def test_csv_and_parquet_of_the_same_data_give_the_same_findings_and_score(assess, tmp_path) -> None:
    import duckdb

    (tmp_path / "same.csv").write_text(MESSY)
    source = f"read_csv('{tmp_path}/same.csv', types = {{'city': 'VARCHAR'}})"
    duckdb.connect().execute(f"COPY (SELECT * FROM {source}) TO '{tmp_path}/same.parquet'")
    csv = assess(MESSY)
    parquet = assess((tmp_path / "same.parquet").read_bytes(), name="data.parquet")
    assert [one.model_dump() for one in csv.findings] == [one.model_dump() for one in parquet.findings]
    assert csv.score == parquet.score
    assert [row[2:5] for row in csv.tables[0].rows] == [row[2:5] for row in parquet.tables[0].rows]


def test_dates_and_numbers_declared_as_text_in_parquet_are_found(assess, finding, tmp_path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pa.table(
        {"d": [f"2024-01-{day:02d}" for day in range(1, 21)], "n": [str(value) for value in range(20)]}
    )
    pq.write_table(rows, tmp_path / "text.parquet")
    result = assess((tmp_path / "text.parquet").read_bytes(), name="data.parquet")
    assert finding(result, "dates-stored-as-text", "d").count == 20
    assert finding(result, "numbers-stored-as-text", "n").count == 20


def test_not_a_number_in_parquet_is_missing(assess, finding, tmp_path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"n": [1.0, float("nan"), None, 4.0]}), tmp_path / "nan.parquet")
    result = assess((tmp_path / "nan.parquet").read_bytes(), name="data.parquet")
    assert finding(result, "missing-values", "n").count == 2


def test_hostile_names_and_values_stay_text_in_pictures_and_page(assess, context) -> None:
    rows = "".join(f'"{HOSTILE}{" " if place % 5 == 0 else ""}",{place}\n' for place in range(60))
    result = assess(f'"{HOSTILE}","a""b"\n{rows}')
    for figure in result.figures:
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
        assert tags <= {"svg", "title", "desc", "g", "rect", "line", "text"}
    page = _Tags()
    page.feed(context.artefacts["quality-report.html"].decode())
    assert "script" not in page.tags
    assert page.active == []


def test_the_page_forbids_scripts_and_network_by_its_own_policy(assess, context) -> None:
    assess(MESSY)
    page = context.artefacts["quality-report.html"].decode()
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_the_json_report_follows_its_schema_and_agrees_with_the_result(assess, context) -> None:
    import jsonschema

    result = assess(MESSY, expectations="columns:\n  amount: {not_null: true}\n")
    written = json.loads(context.artefacts["quality-report.json"])
    jsonschema.validate(written, QualityReport.model_json_schema(mode="serialization"))
    assert written["version"] == "studio-quality-report/1"
    assert written["score"]["total"] == result.score
    assert written["row_count"] == 120
    assert written["expectations"][0]["failing_count"] == 12
    assert {one["name"]: one["missing_count"] for one in written["columns"]} == {
        "id": 0,
        "city": 0,
        "amount": 12,
        "day": 0,
    }


def test_the_suggested_rules_are_accepted_and_fail_only_where_the_data_is_wrong(assess, context) -> None:
    assess(MESSY)
    rules = context.artefacts["expectations.yaml"].decode()
    outcomes = assess(MESSY, expectations=rules).tables[0].rows
    assert len(outcomes) > 10
    assert [row[1:4] for row in outcomes if row[0] == "failed"] == [("city", "one of Seattle", 13)]


def test_numbers_without_a_round_number_above_them_get_no_upper_bound(assess, context) -> None:
    assess("v\n1.5\n2.5\n1e308\n")
    rules = context.artefacts["expectations.yaml"].decode()
    assert "min: 0" in rules
    assert "max:" not in rules


def test_without_samples_no_text_of_the_data_is_shown_anywhere(assess, context) -> None:
    word = "Zyxwvut"
    rows = "".join(f"{word}{' ' if place % 7 == 0 else ''},{place}\n" for place in range(1, 60))
    result = assess(
        "word,n\n" + rows + "N/A,77777\n", sample_rows=0, expectations="columns:\n  word: {max_length: 3}\n"
    )
    everything = result.model_dump_json() + "".join(
        content.decode() for content in context.artefacts.values()
    )
    assert word not in everything
    assert "category-variants" in everything
    assert (
        "77777" not in everything.replace("77,777", "77777").replace("sha256", "") or "maximum" in everything
    )


def test_every_figure_explains_itself_in_words(assess) -> None:
    titles = [figure.title for figure in assess(MESSY).figures]
    assert titles == ["Quality score", "Missing values by column", "Values of city"]
    assert "amount 10.0 % · 12" in assess(MESSY).figures[1].alt_text


def test_progress_only_rises_and_ends_at_one(assess, context) -> None:
    assess(MESSY)
    fractions = [fraction for fraction, _ in context.stages]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(stage == "counting column 4 of 4" for _, stage in context.stages)


def test_a_cancelled_run_stops_and_leaves_no_scratch_folder(assess, context, tmp_path, monkeypatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    context.cancel_at = 0.4
    with pytest.raises(RunCancelled):
        assess(MESSY)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert context.artefacts == {}


def test_the_provenance_names_the_input_and_the_libraries(assess, context) -> None:
    provenance = assess(MESSY).provenance
    assert provenance.input_digest == context.put("data.csv", MESSY).digest
    assert provenance.tool_version == TOOL.version
    assert set(provenance.libraries) == {"duckdb", "pyyaml"}


def test_what_was_not_checked_is_said(assess) -> None:
    told = " ".join(assess(MESSY).not_checked)
    assert all(word in told for word in ("max_age_days", "no key was given", "Rules of your own", "drift"))


def test_the_tool_is_light_to_import() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import studio_magics.tools.data.quality as q; q.TOOL.input_model.model_json_schema();"
        "print([name for name in ('duckdb', 'pyarrow', 'pandas', 'numpy', 'IPython') if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
