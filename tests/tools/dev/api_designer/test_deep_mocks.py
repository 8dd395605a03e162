"""Examples of schemas as deep as those of published APIs fit, by another validator than the tool's own."""

import json

import jsonschema
import pytest

DEPTH = 12


def chain(leaf, *, optional_parts=True):
    """Objects that need each other, to a depth where only what is needed is made."""
    schemas = {"last": leaf}
    for level in range(DEPTH):
        below = {"$ref": f"#/components/schemas/{'last' if level == DEPTH - 1 else f'level{level + 1}'}"}
        schemas[f"level{level}"] = {
            "type": "object",
            "required": ["inner"],
            "properties": {"inner": below, **({"more": {"type": "string"}} if optional_parts else {})},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Deep", "version": "1"},
        "paths": {
            "/a": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "Yes",
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/level0"}}
                            },
                        }
                    }
                }
            }
        },
        "components": {"schemas": schemas},
    }


LEAVES = {
    "a word of a list": {"type": "string", "enum": ["self", "account"]},
    "a list that may not be empty": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "integer", "minimum": 5},
    },
    "an object": {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["a", "b"]}}},
    "one of two": {"anyOf": [{"$ref": "#/components/schemas/level0"}, {"type": "string", "maxLength": 9}]},
    "all of two": {"allOf": [{"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}}}]},
}


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_what_is_needed_is_made_however_deep_it_stands(design, context, leaf):
    document = chain(leaf)
    result = design(document)
    assert result.summary["examples_that_fit"] == result.summary["examples"] == 1
    made = json.loads(context.artefacts["mock.json"])["GET /a"]["200"]["application/json"]
    schema = {"$ref": "#/components/schemas/level0", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(made)


def test_an_example_that_does_not_fit_is_told_by_its_place_and_not_repeated(design):
    circle = {
        "type": "object",
        "required": ["again"],
        "properties": {"again": {"$ref": "#/components/schemas/last"}},
    }
    result = design(chain(circle))
    (told,) = (one.detail for one in result.findings if one.code == "mock-does-not-fit")
    assert "inner.inner" in told
    assert len(told) < 300
    assert "{" not in told
