"""The document that a short description becomes, against what the design says by hand."""

import json

import jsonschema
import pytest
import yaml
from openapi_spec_validator import validate

from studio_magics.tools.dev.api_designer import TOOL

EXAMPLE = TOOL.example.split("\n", 1)[1]


@pytest.fixture
def made(design, context):
    design(EXAMPLE)
    return json.loads(context.artefacts["openapi.json"])


def test_the_designed_document_passes_the_validator_of_the_field(made):
    validate(made)


def test_json_and_yaml_hold_the_same_document(made, context):
    assert yaml.safe_load(context.artefacts["openapi.yaml"]) == made


def test_the_example_has_its_fifteen_operations_on_six_paths(made):
    operations = {
        f"{method.upper()} {path}"
        for path, item in made["paths"].items()
        for method in item
        if method != "parameters"
    }
    single = "/books/{book_id}"
    assert operations == {
        "GET /authors", "POST /authors",
        *(f"{method} /authors/{{author_id}}" for method in ("GET", "PUT", "PATCH", "DELETE")),
        "GET /books", "POST /books", *(f"{method} {single}" for method in ("GET", "PUT", "PATCH", "DELETE")),
        f"GET {single}/reviews", f"POST {single}/reviews", f"DELETE {single}/reviews/{{review_id}}",
    }  # fmt: skip


def test_only_the_public_operations_need_no_sign_in(made):
    assert made["security"] == [{"bearer": []}]
    assert made["paths"]["/books"]["get"]["security"] == []
    assert "security" not in made["paths"]["/books"]["post"]
    assert "401" not in made["paths"]["/books"]["get"]["responses"]


def test_a_creation_answers_201_with_a_location_and_takes_a_key_for_repetition(made):
    post = made["paths"]["/books"]["post"]
    assert set(post["responses"]["201"]["headers"]) == {"Location"}
    assert post["parameters"] == [{"$ref": "#/components/parameters/IdempotencyKey"}]


def test_a_change_of_parts_is_a_merge_patch_that_requires_nothing(made):
    patch = made["paths"]["/books/{book_id}"]["patch"]
    assert list(patch["requestBody"]["content"]) == ["application/merge-patch+json"]
    assert "required" not in made["components"]["schemas"]["BookChanges"]


def test_the_words_of_a_field_become_its_schema(made):
    book = made["components"]["schemas"]["BookInput"]
    assert book["required"] == ["title", "author_id", "price", "status"]
    assert book["properties"]["title"]["maxLength"] == 200
    assert book["properties"]["title"]["description"] == "as printed on the cover"
    assert book["properties"]["status"]["enum"] == ["draft", "published", "sold_out"]
    assert (book["properties"]["pages"]["minimum"], book["properties"]["pages"]["maximum"]) == (1, 5000)


def test_a_filter_is_a_query_parameter_of_the_list(made):
    names = [one.get("name") for one in made["paths"]["/books"]["get"]["parameters"]]
    assert names == [None, None, "author_id", "status"]


def test_every_mock_of_the_designed_document_fits_its_schema(made, context):
    mocked = json.loads(context.artefacts["mock.json"])
    page = mocked["GET /books"]["200"]["application/json"]
    schema = {"$ref": "#/components/schemas/BookPage", "components": made["components"]}
    jsonschema.Draft202012Validator(schema).validate(page)
    assert len(page["items"]) == 2


def test_a_mocked_request_leaves_out_what_only_the_server_sets(design, context):
    design("api: A\nresources:\n  note:\n    fields: {words: string, made_at: time read-only}\n")
    mocked = json.loads(context.artefacts["mock.json"])
    assert mocked["POST /notes"]["request"]["application/json"] == {"words": "short text"}
    assert set(mocked["POST /notes"]["201"]["application/json"]) == {"id", "words", "made_at"}


def test_python_objects_design_the_same_document_as_the_text(design, context):
    design(EXAMPLE)
    from_text = context.artefacts["openapi.json"]
    design(yaml.safe_load(EXAMPLE))
    assert context.artefacts["openapi.json"] == from_text


def test_kernel_and_server_give_the_same_answer(design, context):
    here = design(EXAMPLE)
    files = dict(context.artefacts)
    context.place = "server"
    assert design(EXAMPLE) == here
    assert context.artefacts == files


HOSTILE = "<script>alert(1)</script>|`*[x](javascript:1)"


def test_texts_of_the_user_become_no_markup_in_svg_html_or_markdown(design, context, pets):
    pets["info"]["title"] = HOSTILE
    pets["paths"]["/pets"]["get"]["summary"] = HOSTILE
    pets["paths"]["/pets"]["get"]["tags"] = [HOSTILE]
    pets["components"]["schemas"]["Pet"]["properties"]["name"]["description"] = HOSTILE
    svg = design(pets).figures[0].svg
    page, text = context.artefacts["reference.html"].decode(), context.artefacts["reference.md"].decode()
    assert "<script" not in svg + page
    assert "&lt;script&gt;" in page
    assert "<script" not in text.replace("\\<script", "")
    assert "[x](" not in text


def test_the_page_forbids_scripts_and_loads_nothing(design, context):
    design(EXAMPLE)
    page = context.artefacts["reference.html"].decode()
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("default-src", "")


def test_progress_is_told_in_order(design, context):
    design(EXAMPLE)
    fractions = [fraction for fraction, _ in context.stages]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 5
