"""Structure and rules against documents with one planted fault each, and the field's own validator."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from jupyterlab_server import __file__ as jupyterlab_server
from openapi_spec_validator import OpenAPIV31SpecValidator

from studio_magics.tools.dev.api_designer.patterns import text_for
from studio_magics.tools.dev.api_designer.structure import departures
from tests.tools.dev.api_designer.test_changes import ADD, LIST, ONE, PET, drop, put

REST_API = Path(jupyterlab_server).parent / "rest-api.yml"
OK = {"200": {"description": "x"}}
STRUCTURE = [
    ("nothing", lambda *_: None, None, True),
    ("extension", put("x-owner"), {"a": 1}, True),
    ("unknown key", put("colour"), "red", False),
    ("no title", drop("info", "title"), None, False),
    ("version as number", put("info", "version"), 1.0, False),
    ("server without url", put("servers"), [{"description": "x"}], False),
    ("response without description", put(*LIST, "responses", "200"), {}, False),
    ("status 99", put(*LIST, "responses", "99"), {"description": "x"}, False),
    ("status 2XX", put(*LIST, "responses", "2XX"), {"description": "x"}, True),
    ("no responses at all", put(*LIST, "responses"), {}, False),
    ("unknown key of an operation", put(*LIST, "reponses"), OK, False),
    ("parameter in body", put(*LIST, "parameters", 0, "in"), "body", False),
    ("parameter without schema", drop(*LIST, "parameters", 0, "schema"), None, False),
    ("path parameter optional", put("paths", "/pets/{id}", "parameters", 0, "required"), False, False),
    ("deprecated as text", put(*LIST, "deprecated"), "yes", False),
    ("type that is none", put(*PET, "properties", "name", "type"), "text", False),
    ("required as flag", put(*PET, "required"), True, False),
    ("minimum as text", put(*PET, "properties", "age", "minimum"), "0", False),
    ("http scheme without scheme", put("components", "securitySchemes", "key"), {"type": "http"}, False),
    ("key without name", drop("components", "securitySchemes", "key", "name"), None, False),
    ("component name with blank", put("components", "schemas", "a b"), {"type": "string"}, False),
    ("body without content", drop(*ADD, "requestBody", "content"), None, False),
    ("tags as text", put(*LIST, "tags"), "pets", False),
    ("licence with both", put("info", "license"),
     {"name": "x", "identifier": "x", "url": "https://x"}, False),
    ("schema true", put(*PET, "properties", "any"), True, True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "value", "sound"), STRUCTURE, ids=[one[0] for one in STRUCTURE])
def test_the_structure_check_agrees_with_the_validator_of_the_field(pets, name, change, value, sound):
    document = copy.deepcopy(pets)
    change(document, value)
    assert (not list(departures(document))) is sound
    assert OpenAPIV31SpecValidator(document).is_valid() is sound


def test_a_departure_is_a_critical_finding_with_its_place(design, pets):
    pets["paths"]["/pets"]["get"]["deprecated"] = "yes"
    finding = design(pets).findings[0]
    assert (finding.code, finding.severity) == ("not-openapi", "critical")
    assert finding.where == "#/paths/~1pets/get/deprecated"


SECURE = [{"key": []}]
RULES = [
    ("same-path", put("paths", "/pets/{name}"), {"parameters": [
        {"name": "name", "in": "path", "required": True, "schema": {}}], "get": {"responses": OK}}),
    ("operation-id-twice", put(*LIST, "operationId"), "readPet"),
    ("plain-http", put("servers"), [{"url": "http://pets.example.com"}]),
    ("credentials-in-address", put("components", "securitySchemes", "key", "in"), "query"),
    ("security-unknown", put(*LIST, "security"), [{"token": []}]),
    ("endless-type", put(*PET, "required"), ["id", "name", "mother"]),
    ("example-wrong", put(*PET, "properties", "age", "examples"), ["three"]),
    ("enum-twice", put(*PET, "properties", "state", "enum"), ["here", "here"]),
    ("required-unknown", put(*PET, "required"), ["id", "nmae"]),
    ("body-in-get", put(*ONE, "requestBody"), {"content": {"application/json": {"schema": {}}}}),
    ("content-in-204", put(*ONE, "responses", "204"),
     {"description": "x", "content": {"a/json": {"schema": {}}}}),
    ("no-success", drop(*ONE, "responses", "200"), None),
    ("unprotected-write", drop(*ADD, "security"), None),
    ("unlimited-list", drop(*LIST, "parameters", 0), None),
    ("no-failure", drop(*ONE, "responses", "404"), None),
    ("no-operation-id", drop(*ONE, "operationId"), None),
    ("unused-component", put("components", "schemas", "Left"), {"type": "string"}),
    ("mixed-names", put(*PET, "properties", "bornOn"), {"type": "string"}),
    ("no-description", drop(*ONE, "summary"), None),
    ("tag-undeclared", put(*ONE, "tags"), ["pets"]),
    ("trailing-slash", put("paths", "/stats/"), {"get": {"responses": OK}}),
    ("verb-in-path", put("paths", "/pets/create"), {"get": {"responses": OK}}),
]  # fmt: skip


def codes(result):
    return {one.code for one in result.findings}


@pytest.mark.parametrize(("code", "change", "value"), RULES, ids=[one[0] for one in RULES])
def test_each_rule_finds_its_planted_fault_and_nothing_in_the_sound_document(
    design, pets, code, change, value
):
    if code == "mixed-names":
        for name in ("first_word", "second_word", "third_word", "fourth_word"):
            pets["components"]["schemas"]["Pet"]["properties"][name] = {"type": "string"}
    assert code not in codes(design(pets))
    faulty = copy.deepcopy(pets)
    change(faulty, value)
    assert code in codes(design(faulty))
    assert code not in codes(design(faulty, ignore=code))


def test_a_real_document_of_3_0_becomes_a_valid_one_of_3_1(design, context):
    result = design(REST_API.read_text())
    made = json.loads(context.artefacts["openapi.json"])
    assert made["openapi"] == "3.1.0"
    assert OpenAPIV31SpecValidator(made).is_valid()
    written = yaml.safe_load(REST_API.read_text())
    operations = [
        one for item in written["paths"].values() for one in item if one in {"get", "put", "delete"}
    ]
    assert result.summary["operations"] == len(operations) == 12


def test_the_real_document_is_told_that_it_never_fails(design):
    finding = next(one for one in design(REST_API.read_text()).findings if one.code == "no-failure")
    assert finding.count == 12
    assert "404" not in REST_API.read_text()


def test_examples_referred_to_from_a_media_type_count_as_used(design, pets):
    pets["components"]["examples"] = {"rex": {"value": {"id": "1", "name": "Rex"}}}
    media = pets["paths"]["/pets/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    media["examples"] = {"rex": {"$ref": "#/components/examples/rex"}}
    assert "unused-component" not in codes(design(pets))


@pytest.mark.parametrize(
    "pattern", ["((a{2000}){2000}){2000}", "(a+)+$", "^(a|a)*b{999999}$", "(" * 90 + ")" * 90, "[", "x" * 600]
)
def test_a_pattern_made_to_exhaust_ends_at_once_with_a_short_text(pattern):
    assert len(text_for(pattern, 5_000)) <= 2_000


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [(r"^[a-z]+-\d{3}$", "a-111"), (r"^(GB|FR)\d{2}$", "GB11"), (r"^[^x]$", None), (r"(?=a)b", None)],
)
def test_a_mock_fits_a_simple_pattern(design, context, pets, pattern, fits):
    pets["components"]["schemas"]["Pet"]["properties"]["id"]["pattern"] = pattern
    design(pets)
    made = json.loads(context.artefacts["mock.json"])["GET /pets/{id}"]["200"]["application/json"]["id"]
    assert made == (fits or made)
