"""Documents made to exhaust or to trip: each ends, with an answer of a size that is bounded."""

import copy
import json

import pytest

FIRST = {"$ref": "#/components/schemas/S0"}
LETTERS = "abcd"


def api(schemas=None, schema=FIRST, **more):
    content = {"application/json": {"schema": schema}}
    paths = {"/a": {"get": {"responses": {"200": {"description": "x", "content": content}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths}
    return document | ({"components": {"schemas": schemas}} if schemas else {}) | more


def chain(length):
    """Each schema requires the next."""
    links = {
        f"S{n}": {
            "type": "object",
            "required": ["n"],
            "properties": {"n": {"$ref": f"#/components/schemas/S{n + 1}"}},
        }
        for n in range(length)
    }
    return {**links, f"S{length}": {"type": "string"}}


def doubling(levels):
    """Four to the power of the levels values, all required."""
    steps = {
        f"S{n}": {
            "type": "object",
            "required": list(LETTERS),
            "properties": {one: {"$ref": f"#/components/schemas/S{n + 1}"} for one in LETTERS},
        }
        for n in range(levels)
    }
    return {**steps, f"S{levels}": {"type": "string"}}


HOSTILE = {
    "a long chain": api(chain(1_500)),
    "a schema that is all of itself": api({"S0": {"allOf": [FIRST, FIRST, FIRST]}}),
    "a schema that is one of itself": api({"S0": {"anyOf": [FIRST] * 8}}),
    "a reference to itself": api({"S0": dict(FIRST)}),
    "sixty properties of itself": api(
        {"S0": {"type": "object", "properties": {f"p{n}": FIRST for n in range(60)}}}
    ),
    "four to the power of twelve": api(doubling(12)),
    "endless lists": api(
        schema={
            "type": "array",
            "minItems": 10**9,
            "items": {"type": "array", "minItems": 10**9, "items": {}},
        }
    ),
    "numbers that are none": api(schema={"type": "number", "multipleOf": 0, "minimum": "x", "maxLength": []}),
    "lists for mappings": api(
        components=[1], paths={"/a": [1], "/b": {"get": "x", "post": {"responses": [], "parameters": [1]}}}
    ),
    "security of any kind": api(schema={}, security="no", servers=[1], tags=[{}], webhooks=3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_document_made_to_exhaust_ends_with_an_answer_of_bounded_size(design, context, name):
    document = HOSTILE[name]
    result = design(document, previous=document)
    assert result.summary["changes"] == {"breaking": 0, "risky": 0, "compatible": 0}
    written = len(json.dumps(document))
    assert sum(map(len, context.artefacts.values())) < 500_000 + 8 * written


def test_a_change_that_is_reached_in_very_many_ways_is_told_and_the_rest_is_said_to_be_cut(design):
    before = api(doubling(12))
    after = copy.deepcopy(before)
    after["components"]["schemas"]["S12"] = {"type": "integer"}
    result = design(after, previous=before)
    assert "response-type-changed" in {one.code for one in result.findings}
    assert any("not compared to their end" in line for line in result.not_checked)


def test_a_circle_of_required_schemas_is_told_and_what_only_leads_to_it_is_not(design):
    schemas = {
        "S0": {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#/components/schemas/A"}}},
        "A": {"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}},
    }
    finding = next(one for one in design(api(schemas)).findings if one.code == "endless-type")
    assert finding.count == 2
    assert finding.detail.endswith("A; B.")
