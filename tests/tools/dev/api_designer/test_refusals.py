"""What is refused before any work, and that it names the place."""

import json
from pathlib import Path

import jupyter_server
import pytest
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.api_designer import TOOL
from studio_magics.tools.dev.api_designer.inputs import ApiInput

SWAGGER = Path(jupyter_server.__file__).parent / "services" / "api" / "api.yaml"


def refused(design, description, **options):
    with pytest.raises(InputRejected) as refusal:
        design(description, **options)
    return refusal.value


def test_a_published_swagger_2_document_is_refused_and_told_to_be_converted(design):
    refusal = refused(design, SWAGGER.read_text())
    assert (refusal.found, refusal.allowed) == ("Swagger 2.0", "OpenAPI 3.0 or 3.1")
    assert "convert" in refusal.action


@pytest.mark.parametrize("version", ["3.2.0", "4.0.0", 3.1, None])
def test_another_version_of_openapi_is_refused(design, pets, version):
    pets["openapi"] = version
    assert "3.0.x or 3.1.x" in refused(design, pets).allowed


@pytest.mark.parametrize(
    "reference", ["https://evil.example/x.json", "file:///etc/passwd", "other.yaml#/a", "//h/x"]
)
def test_a_reference_out_of_the_document_is_refused_and_never_followed(design, pets, reference):
    pets["components"]["schemas"]["Pet"]["properties"]["x"] = {"$ref": reference}
    refusal = refused(design, pets)
    assert reference in refusal.found
    assert "#/components/schemas/Pet/properties/x" in refusal.found


def test_a_reference_that_leads_nowhere_is_named_with_its_place(design, pets):
    pets["components"]["schemas"]["Pet"]["properties"]["x"] = {"$ref": "#/components/schemas/Gone"}
    assert refused(design, pets).found == (
        "#/components/schemas/Pet/properties/x: the reference '#/components/schemas/Gone' leads nowhere"
    )


def test_a_property_called_ref_is_no_reference(design, pets):
    pets["components"]["schemas"]["Pet"]["properties"]["$ref"] = {"type": "string"}
    design(pets)


def test_a_path_parameter_that_is_not_declared_is_refused(design, pets):
    pets["paths"]["/pets/{id}"]["parameters"] = []
    assert refused(design, pets).found == "GET /pets/{id}: the path parameter 'id' is not declared"


def test_neither_text_nor_file_and_both_are_refused(context):
    file = context.keep("a.json", b"{}")
    for inputs in ({}, {"description": "api: A", "document": file}):
        with pytest.raises(ValidationError, match="either 'description'"):
            ApiInput(**inputs)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("api: A\nresources:\n  book:\n    fields:\n      title: strnig\n",
         "line 5, resources.book.fields.title: the type 'strnig'"),
        ("api: A\nresources:\n  book:\n    feilds: {}\n",
         "line 4, resources.book.feilds: the key 'feilds' is not known here"),
        ("api: A\nresources:\n  b:\n    fields: {a: ref author}\n",
         "line 4, resources.b.fields.a: a reference to 'author'"),
        ("api: A\nresources:\n  b:\n    fields: {a: string min 9 max 3}\n",
         "line 4, resources.b.fields.a: a minimum 9 above the maximum 3"),
        ("api: A\nresources:\n  Book Shop:\n    fields: {a: string}\n",
         "line 3, resources.Book Shop: the resource name 'Book Shop'"),
        ("api: A\nresources:\n  b:\n    fields: {a: string}\n    operations: [fly]\n",
         "line 5, resources.b.operations.1: 'fly'"),
        ("api: A\nresources: {}\n",
         "line 2, resources: no resource"),
        ("api: A\n",
         "line 1: no 'resources'"),
        ("a: &x 1\n", "an anchor (&) in line 1"),
        ("a: 1\na: 2\n", "the key 'a' stands twice in line 2"),
        ("- a\n",
         "line 1: a list instead of a mapping"),
    ],
)  # fmt: skip
def test_a_wrong_short_description_is_refused_with_its_line(design, text, found):
    assert refused(design, text).found == found


def test_json_with_a_key_twice_is_refused(context):
    file = context.keep("a.json", b'{"openapi": "3.1.0", "openapi": "3.0.0"}')
    with pytest.raises(InputRejected, match="one name twice"):
        TOOL.run(ApiInput(document=file), context)


def test_a_refusal_comes_before_any_file_is_written(design, context, pets):
    pets["openapi"] = "2.0"
    refused(design, json.dumps(pets))
    assert context.artefacts == {}
