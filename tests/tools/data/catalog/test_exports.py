# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The files: a Data Package its own checker accepts, a page that searches, the same bytes everywhere."""

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import frictionless
import pytest
from fakes.measuring import assert_near
from fakes.tool_context import metered_run

from studio_magics.tools.data.catalog import TOOL
from tests.browser.chromium import chromium

HOSTILE = "</details><script>alert('x')</script>"


def test_the_data_package_is_valid_and_fits_the_files_it_names(build, context, tmp_path):
    build(about="name: Shop\nlicence: CC-BY-4.0\nowner: Ada\n")
    folder = tmp_path / "package"
    folder.mkdir()
    for path in context.folder.glob("*.csv"):
        name = "orders.csv" if b"order_id" in path.read_bytes() else "customers.csv"
        (folder / name).write_bytes(path.read_bytes())
    (folder / "datapackage.json").write_bytes(context.artefacts["datapackage.json"])
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    package = json.loads(context.artefacts["datapackage.json"])
    orders = next(one for one in package["resources"] if one["name"] == "orders")
    assert [field["type"] for field in orders["schema"]["fields"]] == ["integer", "integer", "number", "date"]
    assert orders["schema"]["primaryKey"] == ["order_id"]
    [reference] = orders["schema"]["foreignKeys"]
    assert reference == {"fields": ["customer_id"], "reference": {"resource": "customers", "fields": ["id"]}}


def test_the_checker_notices_a_package_that_does_not_fit_its_files(build, context, tmp_path):
    build()
    package = json.loads(context.artefacts["datapackage.json"])
    package["resources"] = [one for one in package["resources"] if one["name"] == "customers"]
    package["resources"][0]["schema"]["fields"][1]["type"] = "integer"  # names are no numbers
    for path in context.folder.glob("*.csv"):
        if b"email" in path.read_bytes():
            (tmp_path / "customers.csv").write_bytes(path.read_bytes())
    (tmp_path / "datapackage.json").write_text(json.dumps(package))
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.active: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.active += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]


def test_hostile_names_stay_text_in_page_and_pictures(build, context):
    rows = "".join(f"{n},x\n" for n in range(30))
    result = build({"a.csv": f'id,"{HOSTILE}"\n{rows}'}, about=f'description: "{HOSTILE}"\n')
    for figure in result.figures:
        assert "script" not in {
            element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()
        }
    page = _Page()
    page.feed(context.artefacts["catalogue.html"].decode())
    assert page.scripts == 1
    assert page.active == []


@pytest.mark.browser
def test_the_page_finds_datasets_by_words_of_columns_and_descriptions(build, context, tmp_path):
    build(about="datasets:\n  orders: {description: What was sold}\n")
    path = tmp_path / "catalogue.html"
    path.write_bytes(context.artefacts["catalogue.html"])
    with chromium() as browser:
        page = browser.new_page()
        faults = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(path.as_uri())
        assert page.locator("#count").text_content() == "2 of 2 datasets"
        page.fill("#words", "sold placed")
        assert page.locator("#count").text_content() == "1 of 2 datasets"
        assert page.locator("details:visible summary").all_text_contents()[0].startswith("Orders")
        assert faults == []


def test_the_same_input_gives_the_same_bytes_in_kernel_and_on_the_server(build, context):
    context.place = "kernel"
    local, files = build(query="customer"), dict(context.artefacts)
    context.place = "server"
    assert build(query="customer") == local
    assert context.artefacts == files


@pytest.mark.measures_time
@pytest.mark.parametrize("rows", [10, 100_000])
def test_the_forecast_is_near_what_a_metered_run_uses(context, rows):
    lines = "".join(f"{n},note number {n},{n}.25,2026-01-{n % 28 + 1:02d},c{n % 9}\n" for n in range(rows))
    folder = context.put_folder({"a.csv": "id,note,v,day,c\n" + lines, "b.csv": "id,w\n1,2\n2,3\n"})
    inputs = TOOL.input_model(source=folder)
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = metered_run(TOOL.id, inputs, context)
    print(f"{len(lines)} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)
