# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The result as a whole: valid Vega-Lite v5, a page that works alone, the same everywhere, safe to show."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import altair as alt
import jsonschema
import pytest
import vega_datasets
from fakes.measuring import assert_near
from fakes.tool_context import metered_run

from studio_magics.contracts.inputs import InputFile
from studio_magics.tools.data.dashboards import TOOL
from studio_magics.tools.data.dashboards.counting import combined
from studio_magics.tools.data.dashboards.plans import Measure
from tests.browser.chromium import chromium

DATA = Path(vega_datasets.__file__).parent / "_data"
SCHEMA = json.loads((Path(alt.__file__).parent / "vegalite/v5/schema/vega-lite-schema.json").read_text())
HOSTILE = "</script><script>alert('x')</script>"


def _faults(spec):
    return [error.message[:200] for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(spec)]


@pytest.mark.parametrize(
    ("name", "questions"),
    [
        ("seattle-weather.csv", ""),
        (
            "la-riots.csv",
            "rows by race; age against latitude; distribution of age; race by gender; race over time",
        ),
        ("airports.csv", "number of airports by state; latitude against longitude"),
        ("us-employment.csv", "monthly construction; manufacturing against construction"),
    ],
)
def test_every_specification_of_real_data_is_valid_vega_lite(draw, context, name, questions):
    result = draw((DATA / name).read_bytes(), name=name, questions=questions)
    assert not _faults(json.loads(context.artefacts["dashboard.vl.json"]))
    for figure in result.figures:
        assert not _faults(figure.vega_lite), figure.title


def test_the_check_of_specifications_notices_damage(draw, sales):
    spec = draw(sales).figures[0].vega_lite
    assert not _faults(spec)
    assert _faults({**spec, "mark": "pie of the day"})
    assert _faults({**spec, "encoding": {"x": {"field": "x", "type": "sometimes"}}})


def test_the_specification_holds_the_same_numbers_as_the_tables(draw, sales, numbers):
    result = draw(sales, questions="average price by city")
    values = result.figures[0].vega_lite["data"]["values"]
    added = combined(Measure("mean"), [(one["x"], None, one["v"], one["n"]) for one in values])
    assert {x: value for (x, _), value in added.items()} == dict(numbers(result, "Mean price by city"))


def test_rows_are_never_shipped_only_counts_of_them(draw, context):
    rows = "".join(f"{n % 12 + 1},secret{n},{n % 7}.5\n" for n in range(5_000))
    draw("month,person,v\n" + rows)
    for content in context.artefacts.values():
        assert b"secret4321" not in content
    assert len(context.artefacts["dashboard.html"]) < 200_000


def test_the_same_input_gives_the_same_bytes_in_kernel_and_on_the_server(draw, context, sales):
    context.place = "kernel"
    local, files = draw(sales, questions="units by city"), dict(context.artefacts)
    context.place = "server"
    assert draw(sales, questions="units by city") == local
    assert context.artefacts == files


def test_csv_and_parquet_of_the_same_table_give_the_same_charts(draw, tmp_path, sales):
    import duckdb

    (tmp_path / "same.csv").write_text(sales)
    duckdb.connect().execute(f"COPY (SELECT * FROM '{tmp_path}/same.csv') TO '{tmp_path}/same.parquet'")
    parquet = draw((tmp_path / "same.parquet").read_bytes(), name="data.parquet")
    assert draw(sales).summary["charts"] == parquet.summary["charts"]


class _Page(HTMLParser):
    """Collects tags, addresses and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.active: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.active += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]


def test_hostile_names_and_values_stay_text_in_page_and_pictures(draw, context):
    rows = "".join(f'"{HOSTILE}{n % 3}",{n}.5\n' for n in range(60))
    result = draw(f'"{HOSTILE}","b<b>"\n{rows}')
    for figure in result.figures:
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
        assert tags <= {"svg", "title", "desc", "g", "rect", "line", "polyline", "path", "circle", "text"}
    page = _Page()
    page.feed(context.artefacts["dashboard.html"].decode())
    assert page.scripts == 2  # the figures and the one script of the page
    assert page.active == []


def test_the_page_allows_only_its_own_script_and_loads_nothing(draw, context, sales):
    draw(sales)
    page = context.artefacts["dashboard.html"].decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


def _opened(page: bytes, tmp_path: Path, browser, picked=""):
    path = tmp_path / "dashboard.html"
    path.write_bytes(page)
    tab = browser.new_page()
    faults = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    tab.goto(f"{path.as_uri()}#{picked}")
    return tab, faults


@pytest.mark.browser
def test_the_page_draws_every_kind_of_chart_and_filters_all_of_them(draw, context, tmp_path, sales):
    asked = "units over time by city; units by city; distribution of units; price against units; note by city"
    draw(sales, questions=asked, filter="city")
    page = context.artefacts["dashboard.html"]
    with chromium() as browser:
        tab, faults = _opened(page, tmp_path, browser)
        assert tab.locator(".stage svg").count() == 5
        bars = tab.locator("#chart-1 .numbers td")
        assert bars.all_text_contents() == ["Lima", "9", "Oslo", "7", "Rome", "8"]
        tab.select_option("#filter", "Oslo")
        assert bars.all_text_contents() == ["Oslo", "7"]
        # units of Oslo: four times 1 and once 3
        assert tab.locator("#chart-2 .numbers td").all_text_contents() == ["1", "4", "3", "1"]
        other, more = _opened(page, tmp_path, browser, "Rome")
        assert other.locator("#chart-1 .numbers td").all_text_contents() == ["Rome", "8"]
        assert faults + more == []


@pytest.mark.measures_time
@pytest.mark.parametrize(("rows", "suffix"), [(30, "csv"), (150_000, "csv"), (150_000, "parquet")])
def test_the_forecast_is_near_what_a_metered_run_uses(tmp_path, context, rows, suffix):
    import duckdb

    path = tmp_path / f"orders.{suffix}"
    select = (
        f"SELECT DATE '2024-01-01' + (range % 700)::INT AS day, 'c' || (range % 9) AS city, "
        f"(range * 7919) % 1000 / 10.0 AS price, range % 50 AS units, 'note ' || range AS note "
        f"FROM range({rows})"
    )
    duckdb.connect().execute(f"COPY ({select}) TO '{path}'")
    inputs = TOOL.input_model(data=context.put(path.name, path.read_bytes()))
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = metered_run(TOOL.id, inputs, context)
    size = path.stat().st_size
    print(f"{size} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)


def test_a_hundred_megabytes_fit_the_limits_of_the_catalogue():
    data = InputFile(digest="sha256:" + "0" * 64, name="big.csv", size_bytes=100_000_000)
    expected = TOOL.forecast(TOOL.input_model(data=data))
    assert expected.cpu_ms < 12_000
    assert expected.peak_bytes < 512_000_000
