"""Reading, judging and refusing, against facts told by hand."""

import json
from pathlib import Path

import jsonschema
import pytest
import studio_server.storage
import yaml
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.schema_designer import TOOL, other_words
from studio_magics.tools.dev.schema_designer.design import KINDS
from studio_magics.tools.dev.schema_designer.inputs import SchemaDesignInput
from tests.tools.dev.folder_context import assert_forecast_is_near
from tests.tools.dev.schema_designer.conftest import AFTER, BEFORE

MIGRATIONS = Path(studio_server.storage.__file__).parent / "migrations"


def codes(result):
    return {one.code for one in result.findings}


def tables(**columns):
    return {"tables": {"thing": {"columns": {"id": "id", **columns}}}}


def test_the_example_is_sound_and_works(design):
    result = design(BEFORE)
    assert result.findings == ()
    assert result.summary | {"findings": {}} == {
        "schema": "shop",
        "tables": 4,
        "columns": 15,
        "references": 3,
        "changes": None,
        "tried": True,
        "findings": {},
    }


def test_the_trial_says_step_by_step_what_it_did(design):
    trial = design(AFTER, previous=BEFORE).tables[1]
    assert [row[0] for row in trial.rows] == [
        "create the version before",
        "write rows",
        "go up",
        "the result is the new version",
        "references hold",
        "no row was lost on the way up",
        "go down",
        "the result is the version before",
        "no row was lost on the way down",
    ]
    assert all(row[1] for row in trial.rows)


FAULTS = [
    ("no-key", {"tables": {"thing": {"columns": {"a": "integer"}}}}),
    ("reference-not-indexed", tables(other="ref thing")),
    ("money-as-float", tables(price="float")),
    ("secret-in-clear", tables(password="string(40)")),  # noqa: S106  - a type, no password
    ("three-valued-flag", tables(done="boolean")),
    (
        "index-not-needed",
        {"tables": {"t": {"columns": {"id": "id", "a": "integer indexed"}, "indexes": [["a", "id"]]}}},
    ),
    ("too-long-for-mysql", tables(story="text indexed")),
    ("mixed-names", tables(first_name="text", last_name="text", birthDay="date")),
]


@pytest.mark.parametrize(("code", "faulty"), FAULTS, ids=[one[0] for one in FAULTS])
def test_each_fault_of_a_design_is_found(design, code, faulty):
    assert code in codes(design(faulty))


def test_what_only_mysql_cannot_is_not_told_where_mysql_is_not_asked_for(design):
    assert "too-long-for-mysql" not in codes(
        design(tables(story="text indexed"), databases="postgresql, sqlite")
    )


CHANGES = [
    ("table-dropped", {"tables": {"other": {"columns": {"id": "id", "x": "date"}}}}),
    ("column-dropped", tables(name="string(40)")),
    ("maybe-renamed", tables(name="string(40)", amount="integer")),
    ("required-without-fill", tables(name="string(40)", size="integer", born="date required")),
    ("becomes-required", tables(name="string(40) required", size="integer")),
    ("type-narrowed", tables(name="string(10)", size="integer")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "after"), CHANGES, ids=[one[0] for one in CHANGES])
def test_each_danger_of_a_migration_is_told(design, code, after):
    before = yaml.safe_dump(tables(name="string(40)", size="integer"))
    assert code in codes(design(after, previous=before))


def test_a_rename_that_was_told_is_none_of_the_dangers(design, context):
    before = yaml.safe_dump(tables(name="string(40)", size="integer"))
    result = design(tables(name="string(40)", amount="integer was size"), previous=before)
    assert result.findings == ()
    assert "RENAME size TO amount" in context.artefacts["up.postgresql.sql"].decode()
    assert "RENAME amount TO size" in context.artefacts["down.postgresql.sql"].decode()


def test_a_migration_that_fails_on_rows_fails_in_the_trial(design):
    before = yaml.safe_dump(tables(name="string(40)"))
    result = design(tables(name="string(40)", born="date required"), previous=before)
    assert result.summary["tried"] is False
    assert "trial-failed" in codes(result)
    filled = design(tables(name="string(40)", born="date required fill 1970-01-01"), previous=before)
    assert filled.summary["tried"] is True


def test_the_same_design_twice_has_nothing_to_migrate(design, context):
    result = design(BEFORE, previous=BEFORE)
    assert "nothing to migrate" in result.headline
    assert "-- nothing to do" in context.artefacts["up.sqlite.sql"].decode()


def test_the_ledger_of_this_product_is_read_from_its_own_migration(design, context):
    text = (MIGRATIONS / "postgresql" / "0001_ledger.sql").read_text()
    result = design(text)
    assert result.summary["tables"] == text.count("\nCREATE TABLE ") + text.startswith("CREATE TABLE") == 15
    assert result.summary["tried"] is True
    told = next(line for line in result.not_checked if line.startswith("Left out while reading"))
    assert "TRIGGER" in told


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE `a` (`id` BIGINT AUTO_INCREMENT PRIMARY KEY, `n` VARCHAR(20) NOT NULL, UNIQUE (`n`));",
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n VARCHAR(20) NOT NULL UNIQUE) STRICT;",
        "CREATE TABLE a (id BIGSERIAL PRIMARY KEY, n VARCHAR(20) NOT NULL);\nCREATE UNIQUE INDEX u ON a (n);",
        {"tables": {"a": {"columns": {"id": "id", "n": "string(20) required unique"}}}},
    ],
    ids=["mysql", "sqlite", "postgresql", "yaml"],
)
def test_the_same_table_in_four_languages_is_the_same_design(design, context, text):
    design(text)
    made = context.artefacts["schema.postgresql.sql"].decode().split("\n", 2)[2]
    assert made == (
        "CREATE TABLE a (\n\tid BIGINT GENERATED BY DEFAULT AS IDENTITY, \n\tn VARCHAR(20) NOT NULL, \n\t"
        "CONSTRAINT pk_a PRIMARY KEY (id), \n\tCONSTRAINT uq_a_n UNIQUE (n)\n);\n"
    )


def test_the_json_schema_is_one_and_takes_a_row_that_the_tables_take(design, context):
    design(BEFORE)
    schema = json.loads(context.artefacts["schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    purchase = jsonschema.Draft202012Validator({**schema, "$ref": "#/$defs/purchase"})
    row = {"id": 1, "customer_id": 2, "status": "paid", "placed_at": "2026-01-01T00:00:00Z"}
    assert purchase.is_valid(row)
    assert not purchase.is_valid({**row, "status": "lost"})


REFUSALS = [
    (tables(a="strng"), "tables.thing.columns.a: the type 'strng'"),
    (tables(a="ref nobody"), "thing.a refers to the table 'nobody', which is missing"),
    (tables(a="ref thing.b", b="integer"), "thing.a refers to thing.b, which is neither key nor unique"),
    (tables(a="integer default one"), "the default 'one' for integer"),
    (tables(a="integer required nullable"), "the word 'nullable'"),
    (tables(a="decimal(3,5)"), "the size (3, 5)"),
    (tables(a="ref thing required on-delete set-null"), "'on-delete set-null' for a required column"),
    (
        tables(select="integer"),
        "the column name 'select' is a reserved word of PostgreSQL and SQLite and MySQL",
    ),
    (tables(rank="integer"), "the column name 'rank' is a reserved word of MySQL"),
    (tables(Name="integer", name="integer"), "the column 'Name' twice"),
    ({"tables": {"a": {"columns": {"x": "id"}}, "A": {"columns": {"x": "id"}}}}, "the tables 'a' and 'A'"),
    (
        {
            "tables": {
                "a": {"columns": {"id": "id", "b": "ref b required"}},
                "b": {"columns": {"id": "id", "a": "ref a required"}},
            }
        },
        "a circle of required references: a → b → a",
    ),
    ({"tables": {"a": {"columns": {"id": "id"}, "checks": {"c": "x > 0"}}}}, "the column 'x'"),
    ({"tables": {"a": {"columns": {"id": "id"}, "checks": {"c": "id in (select 1)"}}}}, "'subquery'"),
    ({"tables": {"a": {"columns": {"id": "id"}, "checks": {"c": "load_extension('x')"}}}}, "'anonymous'"),
    (
        {"tables": {"a": {"columns": {"id": "id"}, "checks": {"c": "id > 0); DROP TABLE a; --"}}}},
        "text that is no condition",
    ),
    ({"tables": {}}, "no table"),
    ("CREATE TABLE a (id INTEGER PRIMARY", "a statement that cannot be read"),
    ("CREATE TABLE a (id INT);\nCREATE TABLE a (id INT);", "the table 'a' twice"),
]


@pytest.mark.parametrize(("wrong", "found"), REFUSALS, ids=[one[1][:40] for one in REFUSALS])
def test_a_wrong_design_is_refused_before_anything_is_written(design, context, wrong, found):
    with pytest.raises(InputRejected) as refusal:
        design(wrong)
    assert found in refusal.value.found
    assert refusal.value.allowed
    assert context.artefacts == {}


def test_a_refusal_of_yaml_names_the_line(design):
    with pytest.raises(InputRejected, match="line 5, tables"):
        design("tables:\n  a:\n    columns:\n      id: id\n      b: nothing\n")


@pytest.mark.parametrize(
    ("column", "todo"),
    [
        ("integer primary_key", "the type id"),
        ("integer NOT NULL", "'required'"),
        ({"type": "integer", "primary_key": True}, "the type id"),
        ({"type": "integer", "nullable": False}, "unless it is 'required'"),
        ({"type": "ref", "foreign_key": "b"}, "'ref TABLE'"),
        ("varchar(20)", "write 'string'"),
        ("datetime", "write 'timestamp'"),
        ("Number", "write 'decimal'"),
    ],
    ids=str,
)
def test_words_of_other_tools_are_refused_with_the_word_that_is_meant(design, column, todo):
    with pytest.raises(InputRejected) as refusal:
        design({"tables": {"a": {"columns": {"id": column}}}})
    assert todo in refusal.value.action


def test_every_type_that_is_offered_instead_is_one():
    assert {*other_words.TYPES.values(), *other_words.KINDS.values()} <= set(KINDS)


def test_an_old_name_that_the_version_before_did_not_have_is_refused(design):
    before = yaml.safe_dump(tables(name="string(40)"))
    with pytest.raises(InputRejected) as refusal:
        design(tables(title="string(40) was headline"), previous=before)
    assert refusal.value.found == "thing.title was 'headline', which the version before does not have"


def test_neither_text_nor_file_is_refused():
    with pytest.raises(ValidationError, match="either 'tables'"):
        SchemaDesignInput()


def test_python_objects_make_the_same_as_the_text(design, context):
    design(BEFORE)
    first = dict(context.artefacts)
    design(yaml.safe_load(BEFORE))
    assert context.artefacts == first


def test_comments_cannot_leave_their_quotes_or_become_markup(design, context):
    result = design(tables(a="integer - it's '; DROP TABLE x; -- <script>"))
    assert "'it''s ''; DROP TABLE x; -- <script>'" in context.artefacts["schema.postgresql.sql"].decode()
    assert result.summary["tried"] is True
    assert "<script" not in result.figures[0].svg


def test_the_diagram_shows_every_table_and_colours_what_changes(design):
    figure = design(AFTER, previous=BEFORE).figures[0]
    for name in ("client", "product", "purchase", "parcel", "purchase_line"):
        assert f">{name}</text>" in figure.svg
    assert "#15803d" in figure.svg
    assert figure.mermaid.startswith("erDiagram")
    assert 'client ||--o{ purchase : "client_id"' in figure.mermaid


@pytest.mark.measures_time
@pytest.mark.parametrize("compared", [False, True])
def test_the_forecast_is_near_what_a_metered_run_uses(context, compared):
    older = context.keep("older.yaml", BEFORE.encode()) if compared else None
    inputs = SchemaDesignInput(tables=AFTER if compared else BEFORE, previous=older)
    assert_forecast_is_near("studio_magics.tools.dev.schema_designer", inputs, context)


def test_names_that_mermaid_cannot_read_are_written_so_that_it_can(design):
    figure = design('CREATE TABLE "my shop" ("the id" BIGINT PRIMARY KEY, "1st" INT);').figures[0]
    assert (
        figure.mermaid
        == "erDiagram\n    my_shop {\n        bigint the_id PK\n        integer column_1st\n    }\n"
    )


def test_the_tool_runs_in_the_kernel_only():
    assert TOOL.places == {"kernel"}
