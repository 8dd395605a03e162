"""Croissant: what the standard requires is there, and every reference leads somewhere."""

import hashlib
import json

from studio_magics.tools.data.catalog.croissant import VERSION


def _document(build, context, **options):
    build(about="name: Shop\ndescription: Sales\nlicence: CC-BY-4.0\nowner: Ada\n", **options)
    return json.loads(context.artefacts["croissant.json"])


def test_the_description_has_what_the_standard_requires(build, context):
    document = _document(build, context)
    assert document["@type"] == "sc:Dataset"
    assert document["conformsTo"] == VERSION
    for name in ("name", "description", "license", "url", "creator", "datePublished"):
        assert document[name], name
    assert document["@context"]["cr"] == "http://mlcommons.org/croissant/"


def test_every_file_has_its_content_address_and_form(build, context):
    files = {one["@id"]: one for one in _document(build, context)["distribution"]}
    assert set(files) == {"customers.csv", "orders.csv"}
    [path] = [path for path in context.folder.glob("*.csv") if b"order_id" in path.read_bytes()]
    assert files["orders.csv"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert files["orders.csv"]["encodingFormat"] == "text/csv"


def test_every_field_names_a_column_of_a_file_that_is_there(build, context):
    document = _document(build, context)
    files = {one["@id"] for one in document["distribution"]}
    identifiers = [field["@id"] for records in document["recordSet"] for field in records["field"]]
    assert len(identifiers) == len(set(identifiers)) == 8
    for records in document["recordSet"]:
        for field in records["field"]:
            assert field["source"]["fileObject"]["@id"] in files
        assert {one["@id"] for one in records.get("key", [])} <= set(identifiers)
    [orders] = [one for one in document["recordSet"] if one["name"] == "orders-rows"]
    assert [(one["source"]["extract"]["column"], one["dataType"]) for one in orders["field"]] == [
        ("order_id", "sc:Integer"), ("customer_id", "sc:Integer"), ("total", "sc:Float"),
        ("placed_on", "sc:Date"),
    ]  # fmt: skip


def test_tables_in_databases_are_left_out_and_that_is_said(build, context, sqlite):
    result = build({"a.csv": "id,v\n1,2\n", "b.db": sqlite("CREATE TABLE t (id INTEGER PRIMARY KEY);")})
    document = json.loads(context.artefacts["croissant.json"])
    assert [one["@id"] for one in document["distribution"]] == ["a.csv"]
    assert any("not in croissant.json" in one for one in result.not_checked)
