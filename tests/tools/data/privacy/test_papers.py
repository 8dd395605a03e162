# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The rules, the papers and the refusals: which finding when, valid contracts, no value in clear anywhere."""

import json
from html.parser import HTMLParser
from importlib.resources import files
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from faker import Faker
from fakes.measuring import assert_near
from fakes.tool_context import metered_run
from open_data_contract_standard.model import OpenDataContractStandard

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.data.privacy import TOOL

SEED = 7
ANSWERED = (
    "special-without-condition",
    "special-beside-names",
    "no-legal-basis",
    "no-purpose",
    "no-retention",
    "protection-not-named",
    "rights-not-served",
)
GOOD = (
    "name: Clinic\ncontroller: Clinic Ltd\npurposes: [care]\nlegal_basis: contract\n"
    "special_condition: health-care\nretention_days: 3650\nsubjects: [patients]\n"
    "measures: [encryption-at-rest, encryption-in-transit, access-control, access-logging, pseudonymisation,"
    " deletion-process, rights-process, backups]\n"
)


def _people(rows=60):
    print(f"seed {SEED}")
    Faker.seed(SEED)
    fake = Faker("en_GB")
    lines = [
        f'"{fake.name()}",{fake.email()},{fake.credit_card_number("visa16")},{fake.date_of_birth()},'
        f"{fake.postcode()},{'flu' if n % 2 else 'gout'},pw{fake.password(8, special_chars=False)}"
        for n in range(rows)
    ]
    return "full_name,email,card_number,birth_date,postcode,diagnosis,password\n" + "\n".join(lines) + "\n"


def test_findings_come_with_the_facts_and_go_with_the_answers(assess, found):
    bare = assess(_people())
    for code in ("secret-stored", "card-number-stored", *ANSWERED):
        assert found(bare, code), code
    answered = assess(_people(), processing=GOOD)
    for code in ANSWERED:
        assert not found(answered, code), code
    assert found(answered, "secret-stored")
    assert answered.summary["greatest_residual_risk"] < bare.summary["greatest_residual_risk"]


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ("", False),  # sensitive data alone is one criterion
        ("scoring: true\n", True),
        ("large_scale: true\n", True),
        ("vulnerable_subjects: true\n", True),
    ],
)
def test_two_criteria_make_an_impact_assessment_due(assess, found, more, due):
    result = assess(_people(), processing=GOOD + more)
    assert result.summary["dpia_due"] is due
    assert bool(found(result, "dpia-needed")) is due


@pytest.mark.parametrize(
    ("safeguard", "told"), [("none", True), ("standard-clauses", False), ("adequacy", False)]
)
def test_a_transfer_needs_a_safeguard(assess, found, safeguard, told):
    text = GOOD + f"transfers: [{{country: Brazil, safeguard: {safeguard}}}]\n"
    assert bool(found(assess(_people(), processing=text), "transfer-without-safeguard")) is told


def test_the_record_holds_what_article_30_asks_for(assess, context):
    assess(_people(), processing=GOOD)
    record = json.loads(context.artefacts["record.json"])
    assert record["controller"] == "Clinic Ltd"
    assert record["purposes"] == ["care"]
    assert record["retention_days"] == 3650
    assert "Health" in record["special_categories"]
    assert {"E-mail address", "Name of a person", "Postal code"} <= set(record["categories_of_personal_data"])


def test_the_contract_is_a_valid_open_data_contract_with_classes(assess, context):
    assess(_people(), processing=GOOD)
    text = context.artefacts["contract.odcs.yaml"].decode()
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    check = jsonschema.validators.validator_for(schema)(schema)
    contract = yaml.safe_load(text)
    assert [error.message for error in check.iter_errors(contract)] == []
    assert list(check.iter_errors({**contract, "schema": "all of it"}))
    read = OpenDataContractStandard.from_string(text)
    classes = {one.name: one.classification for one in read.schema_[0].properties}
    assert classes["diagnosis"] == classes["email"] == "restricted"
    assert classes["postcode"] == "confidential"


def test_the_impact_assessment_has_the_four_parts_of_article_35(assess, context):
    assess(_people(), processing=GOOD)
    text = context.artefacts["dpia.md"].decode()
    for part in ("35(7)(a)", "35(7)(b)", "35(7)(c)", "35(7)(d)"):
        assert part in text
    assert "| people.csv.diagnosis | Health | special category | Art. 9 |" in text


def test_no_value_is_in_clear_in_any_result_or_file(assess, context):
    content = _people()
    result = assess(content)
    everything = result.model_dump_json() + "".join(one.decode() for one in context.artefacts.values())
    for line in content.splitlines()[1:]:
        name, email, card, _, postcode, _, password = line.split(",")
        for value in (name.strip('"'), email, card, postcode, password):
            assert value not in everything, value


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):  # noqa: ARG002  - the parser's own signature
        self.tags.add(tag)


def test_hostile_names_stay_text_in_page_pictures_and_markdown(assess, context):
    hostile = "email<script>alert(1)</script>|x"
    content = f'"{hostile}",age\n' + "".join(f"a{n}@example.org,{n + 20}\n" for n in range(40))
    result = assess(content, processing='name: "<script>x</script>"\n')
    for figure in result.figures:
        assert "script" not in {
            element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()
        }
    page = _Page()
    page.feed(context.artefacts["dpia.html"].decode())
    assert "script" not in page.tags
    assert "<script" not in context.artefacts["dpia.md"].decode()


@pytest.mark.parametrize(
    ("content", "options", "field", "words"),
    [
        ("a,b\n1,2\n", {}, "data", "1 row in 'people.csv'"),
        ("age\n" + "30\n" * 9, {"k": 10}, "data", "9 rows"),
        ("age\n" + "30\n" * 9, {"quasi_identifiers": "aeg"}, "quasi_identifiers", "no column 'aeg'"),
        ("age\n" + "30\n" * 9, {"sensitive": "x"}, "sensitive", "no column 'x'"),
        ("t\n" + f'"{"x" * 1_000_100}"\n' * 6, {}, "data", "a cell of 1,000,100 characters"),
        ("a,b\n1\n2,3,4\n", {}, "data", "people.csv"),
    ],
)
def test_data_that_cannot_be_assessed_is_refused(assess, content, options, field, words):
    with pytest.raises(InputRejected) as refusal:
        assess(content, **options)
    assert refusal.value.field == field
    assert words in refusal.value.found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("legal_basis: because\n", "legal_basis 'because' is not known"),
        ("retention_days: -1\n", "retention_days '-1'"),
        ("purpose: x\n", "unknown key 'purpose'"),
        ("measures: [magic]\n", "'magic' is not known"),
    ],
)
def test_a_wrong_description_is_refused_when_the_price_is_asked(context, text, words):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(data=context.put("a.csv", "a\n1\n"), processing=text)
    assert words in refusal.value.found


def test_a_language_without_names_of_columns_is_refused(context):
    with pytest.raises(ValueError, match="language"):
        TOOL.input_model(data=context.put("a.csv", "a\n1\n"), language="fi")


def test_files_that_are_no_data_are_refused_alone_and_listed_in_a_folder(assess, context):
    with pytest.raises(InputRejected, match="no table or text"):
        TOOL.forecast(TOOL.input_model(data=context.put("a.png", b"\x89PNG")))
    result = assess({"a.png": b"\x89PNG", "b.csv": "age\n" + "30\n" * 9})
    assert any("a.png" in one for one in result.not_checked)


def test_the_same_input_and_time_give_the_same_bytes(assess, context):
    first, written = assess(_people(), processing=GOOD), dict(context.artefacts)
    assert assess(_people(), processing=GOOD) == first
    assert context.artefacts == written


def test_a_run_can_be_cancelled_between_files(assess, context):
    context.cancel_at = 0.3
    with pytest.raises(RunCancelled):
        assess({"a.csv": _people(), "b.csv": _people()})


def test_no_recogniser_that_reaches_the_network_is_used():
    from studio_magics.tools.data.privacy import inside

    used = {*inside.EVERYWHERE, *(name for names in inside.NATIONAL.values() for name in names)}
    assert not used & {"EmailRecognizer", "UrlRecognizer"}  # both fetch the public list of domains


@pytest.mark.measures_time
@pytest.mark.parametrize("rows", [30, 40_000])
def test_the_forecast_is_near_what_a_metered_run_uses(context, rows):
    lines = "".join(
        f"person{n}@example.org,19{n % 80 + 10}-05-03,N{n % 400},call 020 7946 {n % 9000 + 1000} now,{n}.25\n"
        for n in range(rows)
    )
    inputs = TOOL.input_model(data=context.put("p.csv", "email,birth_date,postcode,note,amount\n" + lines))
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = metered_run(TOOL.id, inputs, context)
    print(f"{len(lines)} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)
