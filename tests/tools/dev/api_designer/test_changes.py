"""Which changes break the users of an API, told by hand from what a client may send and must understand."""

import copy
import json
import re
from functools import reduce

import pytest

LIST = ("paths", "/pets", "get")
ADD = ("paths", "/pets", "post")
ONE = ("paths", "/pets/{id}", "get")
PET = ("components", "schemas", "Pet")
NEW = ("components", "schemas", "NewPet")


def at(document, path):
    return reduce(lambda here, key: here[key], path, document)


def put(*path):
    """A change that puts a value at a place."""
    return lambda document, value: at(document, path[:-1]).__setitem__(path[-1], value)


def drop(*path):
    return lambda document, _: at(document, path[:-1]).pop(path[-1])


CHANGES = [
    ("operation-removed", "breaking", drop(*ONE), None),
    ("operation-removed", "breaking", drop("paths", "/pets/{id}"), None),
    ("operation-added", "compatible", put("paths", "/pets/{id}", "delete"),
     {"responses": {"204": {"description": "x"}}}),
    ("operation-deprecated", "compatible", put(*LIST, "deprecated"), True),
    ("operation-id-changed", "risky", put(*LIST, "operationId"), "allPets"),
    ("security-added", "breaking", put(*LIST, "security"), [{"key": []}]),
    ("security-removed", "risky", put(*ADD, "security"), []),
    ("security-tightened", "breaking", put(*ADD, "security"), [{"key": [], "other": []}]),
    ("parameter-removed", "breaking", drop(*LIST, "parameters", 1), None),
    ("parameter-required", "breaking", put(*LIST, "parameters", 0, "required"), True),
    ("request-enum-narrowed", "breaking", put(*LIST, "parameters", 1, "schema"), {"enum": ["cat"]}),
    ("request-enum-widened", "compatible", put(*LIST, "parameters", 1, "schema"),
     {"enum": ["cat", "dog", "cow"]}),
    ("request-limit-tightened", "breaking", put(*LIST, "parameters", 0, "schema", "maximum"), 50),
    ("request-limit-loosened", "compatible", put(*LIST, "parameters", 0, "schema", "maximum"), 500),
    ("request-media-type-removed", "breaking", drop(*ADD, "requestBody", "content", "application/xml"), None),
    ("request-required", "breaking", put(*ADD, "requestBody", "required"), True),
    ("request-removed", "breaking", drop(*ADD, "requestBody"), None),
    ("request-property-required", "breaking", put(*NEW, "required"), ["name", "age"]),
    ("request-property-added-required", "breaking", put(*NEW, "required"), ["name", "chip"]),
    ("request-closed", "breaking", put(*NEW, "additionalProperties"), False),
    ("request-nullable-changed", "breaking", put(*NEW, "properties", "age"),
     {"type": "integer", "minimum": 0}),
    ("request-type-changed", "breaking", put(*NEW, "properties", "name"), {"type": "integer"}),
    ("response-removed", "breaking", drop(*ADD, "responses", "201"), None),
    ("response-removed", "risky", drop(*ONE, "responses", "404"), None),
    ("response-added", "compatible", put(*ONE, "responses", "410"), {"description": "gone"}),
    ("response-header-removed", "breaking", drop(*LIST, "responses", "200", "headers"), None),
    ("response-media-type-removed", "breaking", drop(*ONE, "responses", "200", "content"), None),
    ("response-property-removed", "breaking", drop(*PET, "properties", "age"), None),
    ("response-property-optional", "breaking", put(*PET, "required"), ["id"]),
    ("response-property-added", "compatible", put(*PET, "properties", "colour"), {"type": "string"}),
    ("response-type-changed", "breaking", put(*PET, "properties", "id"), {"type": "integer"}),
    ("response-nullable-changed", "breaking", put(*PET, "properties", "age"),
     {"type": ["integer", "null"], "minimum": 0}),
    ("response-enum-widened", "risky", put(*PET, "properties", "state"), {"enum": ["here", "gone", "lost"]}),
    ("response-enum-narrowed", "compatible", put(*PET, "properties", "state"), {"enum": ["here"]}),
    ("response-limit-loosened", "breaking", put(*PET, "properties", "name", "maxLength"), 80),
    ("response-limit-tightened", "compatible", put(*PET, "properties", "name", "maxLength"), 20),
]  # fmt: skip


def changed(pets, change, value):
    after = copy.deepcopy(pets)
    if value == ["name", "chip"]:
        after["components"]["schemas"]["NewPet"]["properties"]["chip"] = {"type": "string"}
    change(after, value)
    return after


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case[0])
def test_each_change_is_named_with_what_it_means_for_clients(design, context, pets, case):
    code, effect, change, value = case
    design(changed(pets, change, value), previous=pets)
    found = json.loads(context.artefacts["diff.json"])["changes"]
    assert (code, effect) in {(one["code"], one["effect"]) for one in found}


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case[0])
def test_what_breaks_is_a_critical_finding_and_what_does_not_is_none(design, pets, case):
    code, effect, change, value = case
    result = design(changed(pets, change, value), previous=pets)
    grave = [one.code for one in result.findings if one.severity == "critical"]
    assert (code in grave) == (effect == "breaking")


def test_the_same_document_twice_has_no_change(design, context, pets):
    result = design(pets, previous=pets)
    assert json.loads(context.artefacts["diff.json"])["changes"] == []
    assert "no change since Pets 1.0.0" in result.headline


def test_a_path_parameter_with_another_name_is_the_same_path(design, context, pets):
    text = json.dumps(pets).replace("{id}", "{pet}").replace('{"name": "id", "in"', '{"name": "pet", "in"')
    design(json.loads(text), previous=pets)
    assert json.loads(context.artefacts["diff.json"])["changes"] == []


def test_a_change_in_a_schema_that_holds_itself_is_found_once_for_each_operation(design, context, pets):
    after = changed(pets, drop(*PET, "properties", "age"), None)
    design(after, previous=pets)
    found = json.loads(context.artefacts["diff.json"])["changes"]
    gone = [one["operation"] for one in found if one["code"] == "response-property-removed"]
    assert gone == ["GET /pets", "GET /pets/{id}"]


def test_a_restriction_moved_from_3_0_words_to_3_1_words_is_no_change(design, context, pets):
    older = copy.deepcopy(pets)
    older["openapi"] = "3.0.3"
    older["components"]["schemas"]["NewPet"]["properties"]["age"] = {
        "type": "integer", "nullable": True, "minimum": 0,
    }  # fmt: skip
    design(pets, previous=older)
    assert json.loads(context.artefacts["diff.json"])["changes"] == []


def test_the_map_colours_an_operation_that_breaks_red_and_says_why(design, pets):
    after = changed(pets, put(*LIST, "security"), [{"key": []}])
    svg = design(after, previous=pets).figures[0].svg
    tile = re.search(r"<g><title>GET /pets: (.*?)</title>.*?</g>", svg)
    assert "callers must now sign in" in tile.group(1)
    assert "#b91c1c" in tile.group(0)
