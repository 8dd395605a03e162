# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The files: valid Open Data Contracts, harmless texts, the same every time, as dear as forecast."""

import csv
import io
import json
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from fakes.measuring import assert_near
from fakes.tool_context import metered_run
from open_data_contract_standard.model import OpenDataContractStandard

from studio_magics.tools.data.governance import TOOL

RIGHTS = (
    "access:\n  - {who: bo, dataset: orders, actions: [read, write]}\n  - {who: cy, dataset: customers}\n"
)


def test_every_contract_is_valid_and_holds_owner_class_retention_and_allowed_rights(check, context):
    check(RIGHTS)
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    contracts = list(yaml.safe_load_all(context.artefacts["contracts.odcs.yaml"]))
    for contract in contracts:
        assert [error.message for error in validator.iter_errors(contract)] == []
    assert list(validator.iter_errors({**contracts[0], "team": "everybody"}))
    orders = OpenDataContractStandard.model_validate(contracts[1])
    assert {(one.username, one.role) for one in orders.team.members} == {("ada", "owner"), ("bo", "steward")}
    assert {(one.role, one.access) for one in orders.roles} == {("bo", "read"), ("bo", "write")}
    assert orders.slaProperties[0].value == 365
    customers = OpenDataContractStandard.model_validate(contracts[0])
    assert customers.roles is None  # cy is not cleared
    properties = {one.property: one.value for one in customers.schema_[0].customProperties}
    assert properties["classification"] == "restricted"


def test_responsibilities_are_a_table_a_spreadsheet_takes_for_text(check, context):
    check('raci:\n  - {activity: "=1+1", responsible: [bo], accountable: [bo], informed: [cy]}\n')
    rows = list(csv.reader(io.StringIO(context.artefacts["raci.csv"].decode())))
    assert rows == [["activity", "bo", "cy"], ["'=1+1", "RA", "I"]]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):  # noqa: ARG002  - the parser's own signature
        self.tags.add(tag)


def test_hostile_names_stay_text_in_page_and_pictures(check, context):
    hostile = "<script>alert(1)</script>"
    text = (
        f'name: "{hostile}"\ndatasets: {{"{hostile}": {{class: public}}}}\npeople: {{"{hostile}": []}}\n'
        f'access: [{{who: "{hostile}", dataset: "{hostile}"}}]\nraci: [{{activity: "{hostile}"}}]\n'
    )
    result = check(text, shop=False)
    for figure in result.figures:
        assert "script" not in {
            element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()
        }
    page = _Page()
    page.feed(context.artefacts["governance.html"].decode())
    assert "script" not in page.tags


def test_the_same_input_and_time_give_the_same_bytes(check, context):
    first, written = check(RIGHTS), dict(context.artefacts)
    assert check(RIGHTS) == first
    assert context.artefacts == written


def test_importing_the_tool_imports_no_engine():
    from fakes.measuring import measured

    measured(["-c", "import sys, studio_magics.tools.data.governance; sys.exit('cedarpy' in sys.modules)"])


@pytest.mark.measures_time
@pytest.mark.parametrize("datasets", [3, 600])
def test_the_forecast_is_near_what_a_metered_run_uses(context, datasets):
    text = "roles: {r: {clearance: internal}}\npeople: {ada: [r]}\ndatasets:\n"
    text += "".join(f"  d{n}: {{class: internal, owner: ada}}\n" for n in range(datasets))
    rows = "who,dataset,action\n" + "".join(
        f"ada,d{n % datasets},read\nada,d{n % datasets},write\n" for n in range(datasets * 8)
    )
    inputs = TOOL.input_model(policies=text, access_list=context.put("access.csv", rows))
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = metered_run(TOOL.id, inputs, context)
    print(
        f"{len(text) + len(rows)} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}"
    )
    assert_near(expected, cpu_ms, peak_bytes)
