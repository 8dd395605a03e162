"""What changed between two schemas and what it breaks; and files in standard formats, by their checkers."""

import json
from importlib.resources import files

import duckdb
import frictionless
import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema import TOOL
from studio_magics.tools.data.schema.facts import ColumnFacts
from studio_magics.tools.data.schema.type_changes import takes

BEFORE = """
create table city(id integer primary key, name text not null, mayor text, gone text);
create table person(id integer primary key, city_id integer not null references city(id), born date,
  phone text unique, old_name text);
create table dropped(id integer primary key);
"""
NOW = """
create table city(id integer primary key, name text, mayor text not null, country text not null,
  people integer default 0);
create table person(id integer primary key, city_id integer not null, born timestamp, phone text,
  new_name text, nick text);
create table added(id integer primary key);
"""


@pytest.fixture
def against(inspect, sqlite, context):
    """Inspect the second script, compared with the first."""

    def call(before: str, now: str, **options):
        earlier = sqlite(before, "before.db")
        return inspect(sqlite(now), previous=earlier, **options)

    return call


def changes(context) -> dict[tuple[str, str | None], tuple[bool, bool]]:
    told = json.loads(context.artefacts["schema-changes.json"])
    return {
        (f"{one['code']} {one['table']}", one["column"]): (one["breaks_backward"], one["breaks_forward"])
        for one in told["changes"]
    }


def test_every_change_is_named_with_the_direction_it_breaks(against, context) -> None:
    result = against(BEFORE, NOW)
    # breaks (backward, forward), by the definitions of schema registries
    assert changes(context) == {
        ("table-removed dropped", None): (False, True),
        ("table-added added", None): (False, False),
        ("became-nullable city", "name"): (False, True),
        ("became-required city", "mayor"): (True, False),
        ("column-removed city", "gone"): (False, True),
        ("required-column-added city", "country"): (True, False),
        ("column-added city", "people"): (False, False),
        ("reference-removed person", "city_id"): (False, True),
        ("type-widened person", "born"): (False, True),
        ("unique-removed person", "phone"): (False, True),
        ("column-removed person", "old_name"): (False, True),
        ("column-added person", "new_name"): (False, False),
        ("column-added person", "nick"): (False, False),
    }
    assert result.summary["compatibility"] == "none"
    assert result.headline.endswith("13 changes, not compatible in either direction")
    removed = next(one for one in result.findings if one.where == "person.old_name")
    assert (removed.severity, removed.detail.endswith("perhaps renamed to 'new_name'")) == ("high", True)


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        ("a integer, b text", "a integer, b text, c text", "full"),
        # earlier rows without b do not fit; who reads b only meets fewer nulls
        ("a integer, b text", "a integer, b text not null", "forward"),
        # whoever reads b fails; earlier rows fit
        ("a integer, b text", "a integer", "backward"),
        ("a integer, b text", "b text not null", "none"),
    ],
)
def test_the_verdict_follows_from_what_the_changes_break(
    against, before: str, now: str, verdict: str
) -> None:
    result = against(f"create table t({before})", f"create table t({now})")
    assert result.summary["compatibility"] == verdict


def test_an_unchanged_schema_is_fully_compatible_and_has_no_change(against, context) -> None:
    result = against(BEFORE, BEFORE)
    assert (result.summary["compatibility"], result.summary["changes"]) == ("full", 0)
    assert json.loads(context.artefacts["schema-changes.json"])["changes"] == []
    assert result.figures[0].title == "Changes of the schema"


def test_the_schema_json_of_an_earlier_run_says_the_same_as_the_database(
    inspect, sqlite, against, context
) -> None:
    against(BEFORE, NOW)
    by_database = changes(context)
    inspect(sqlite(BEFORE, "again.db"))
    kept = context.keep("schema.json", context.artefacts["schema.json"])
    inspect(sqlite(NOW, "last.db"), previous=kept)
    assert changes(context) == by_database


@pytest.mark.parametrize(
    ("before", "now", "fits"),
    [
        ("VARCHAR(20)", "VARCHAR(50)", True),
        ("VARCHAR(50)", "VARCHAR(20)", False),
        ("VARCHAR(50)", "VARCHAR", True),
        ("VARCHAR", "VARCHAR(50)", False),
        ("DECIMAL(10,2)", "DECIMAL(12,2)", True),
        ("DECIMAL(10,2)", "DECIMAL(10,4)", False),
        ("INTEGER", "BIGINT", True),
        ("BIGINT", "INTEGER", False),
    ],
)
def test_a_type_takes_the_values_of_another_by_its_size(before: str, now: str, fits: bool) -> None:
    kind = "text" if "CHAR" in before else "number" if "DEC" in before else "integer"
    old, new = (ColumnFacts("a", name, kind, nullable=True) for name in (before, now))
    assert takes(old, new, "postgresql") is fits
    assert takes(old, new, "sqlite")  # which keeps any length and width


def test_kinds_widen_one_way_only() -> None:
    kinds = ("integer", "number", "text")
    whole, real, text = (ColumnFacts("a", kind, kind, nullable=True) for kind in kinds)
    assert (takes(whole, real, "duckdb"), takes(real, whole, "duckdb")) == (True, False)
    assert (takes(real, text, "duckdb"), takes(text, real, "duckdb")) == (True, False)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("schema.json", b"{", "not JSON"),
        ("schema.json", b'{"format": "other/1"}', "without the format 'studio-schema/1'"),
        ("schema.json", b'{"format": "studio-schema/1", "tables": [{}]}', "parts missing"),
        ("old.db", b"not a database at all", ""),
        ("old.txt", b"hello", "'old.txt'"),
    ],
)
def test_an_earlier_source_that_cannot_be_read_is_refused_by_its_own_name(
    inspect, context, name: str, content: bytes, found: str
) -> None:
    now = context.keep("now.csv", b"a\n1\n")
    with pytest.raises(InputRejected) as refused:
        inspect(now, previous=context.keep(name, content))
    assert refused.value.field == "previous"
    assert found in refused.value.found


def test_kernel_and_server_name_the_same_changes_in_the_same_bytes(inspect, sqlite, context) -> None:
    before, now = sqlite(BEFORE, "before.db"), sqlite(NOW, "now.db")
    local, files = inspect(now, previous=before), dict(context.artefacts)
    context.place = "server"
    assert inspect(now, previous=before) == local
    assert context.artefacts == files


def test_table_files_are_compared_too(inspect, context) -> None:
    earlier = context.keep("jan.csv", b"id,amount,note\n1,2,x\n2,3,y\n")
    inspect(context.keep("jan.csv", b"id,amount\n1,2.5\n2,3\n"), previous=earlier)
    assert changes(context) == {
        ("column-removed jan", "note"): (False, True),
        ("type-widened jan", "amount"): (False, True),
    }


def test_another_engine_with_other_words_for_the_same_kinds_is_no_change(
    inspect, sqlite, context, tmp_path
) -> None:
    path = tmp_path / "shop.duckdb"
    duckdb.connect(str(path)).execute("create table t(id bigint, name varchar)").close()
    duck = context.keep("shop.duckdb", path.read_bytes())
    inspect(duck, previous=sqlite("create table t(id integer, name text)"))
    assert changes(context) == {}
    inspect(duck, previous=sqlite("create table t(id text, name text)", "other.db"))
    assert changes(context) == {("type-narrowed t", "id"): (True, False)}


def test_the_contract_is_valid_by_the_schema_of_the_standard(inspect, sqlite, context) -> None:
    inspect(sqlite(BEFORE))
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    contract = yaml.safe_load(context.artefacts["schema.odcs.yaml"])
    assert [error.message for error in validator.iter_errors(contract)] == []
    assert list(validator.iter_errors({**contract, "schema": "everything"}))
    objects = {one.name: one for one in OpenDataContractStandard.model_validate(contract).schema_}
    person = {one.name: one for one in objects["person"].properties}
    assert (person["id"].primaryKey, person["id"].primaryKeyPosition) == (True, 1)
    assert (person["city_id"].required, person["born"].logicalType, person["phone"].unique) == (
        True,
        "date",
        True,
    )


def test_the_package_of_table_files_is_valid_for_these_files(inspect, context, tmp_path) -> None:
    contents = {
        "orders.csv": b"id,city,amount\n1,Oslo,2.5\n2,Lagos,3\n",
        "cities.csv": b"name,since\nOslo,2026-01-02\n",
    }
    inspect(context.keep_folder("shop", contents))
    folder = tmp_path / "package"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    package = json.loads(context.artefacts["datapackage.json"])
    (folder / "datapackage.json").write_text(json.dumps(package))
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])
    fields = {one["name"]: one["schema"]["fields"] for one in package["resources"]}
    types = {name: [field["type"] for field in listed] for name, listed in fields.items()}
    assert types == {"cities": ["string", "date"], "orders": ["integer", "string", "number"]}
    (folder / "orders.csv").write_bytes(b"id,city,amount\n1,Oslo,much\n")
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


def test_a_database_has_no_package_for_it_has_no_table_files(inspect, sqlite, context) -> None:
    inspect(sqlite(BEFORE))
    assert "datapackage.json" not in context.artefacts


def test_opening_two_sources_is_forecast_as_more_work_than_one(context) -> None:
    one = context.keep("a.csv", b"a\n1\n")
    alone = TOOL.forecast(TOOL.input_model(source=one))
    both = TOOL.forecast(TOOL.input_model(source=one, previous=one))
    assert both.cpu_ms > alone.cpu_ms
