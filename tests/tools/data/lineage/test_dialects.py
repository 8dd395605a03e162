"""What dialects leave unsaid, worked out by hand."""

from __future__ import annotations

import pytest

FOLDERS = "CREATE TABLE folders (id int, rights text, owner int);"


def test_columns_made_of_one_value_of_several_parts_come_from_that_value(trace, comes_from):
    result = trace(
        f"{FOLDERS}CREATE VIEW made AS SELECT s.who, s.may, s.id "
        "FROM (SELECT id, (explode(rights)).* FROM folders) AS s (id, who, may);"
    )
    assert comes_from(result, "made", "who") == "folders.rights computed"
    assert comes_from(result, "made", "may") == "folders.rights computed"
    assert comes_from(result, "made", "id") == "folders.id copied"


def test_what_a_function_in_from_is_given_is_where_its_columns_come_from(trace, comes_from):
    result = trace(f"{FOLDERS}CREATE VIEW made AS SELECT s.size FROM folders f, measure(f.id) AS s;")
    assert comes_from(result, "made", "size") == "folders.id computed"


def test_a_list_taken_apart_is_a_column_named_after_its_alias(trace, comes_from):
    result = trace(
        "CREATE TABLE t (list int[], x int); CREATE TABLE u (id int, name text);"
        "CREATE VIEW made AS SELECT u.name, k AS one FROM t, unnest(t.list) k JOIN u ON u.id = k;"
    )
    assert comes_from(result, "made", "one") == "t.list computed"
    assert not [finding for finding in result.findings if finding.severity in {"high", "medium", "low"}]


def test_a_lateral_query_is_followed_to_what_it_selects_alone(trace, comes_from):
    result = trace(
        f"{FOLDERS}CREATE TABLE files (folder int, bytes int);"
        "CREATE VIEW made AS SELECT s.total FROM folders f "
        "LEFT JOIN LATERAL (SELECT sum(bytes) AS total FROM files WHERE folder = f.id) s ON true;"
    )
    assert comes_from(result, "made", "total") == "files.bytes aggregated"


def test_the_condition_of_a_join_in_parentheses_decides_which_rows_there_are(trace):
    result = trace(
        f"{FOLDERS}CREATE TABLE people (id int, name text); CREATE TABLE logs (folder int);"
        "CREATE VIEW made AS SELECT p.name FROM (folders f JOIN people p ON p.id = f.owner) "
        "LEFT JOIN logs l ON l.folder = f.id;",
        change="folders.owner",
    )
    assert result.summary["impact"] == {"columns": 1, "datasets": ["made"]}


@pytest.mark.parametrize("options", ["security_barrier", "security_barrier = true, check_option = local"])
def test_options_of_a_view_do_not_stop_it_from_being_read(trace, comes_from, options):
    result = trace(f"{FOLDERS}CREATE VIEW made WITH ({options}) AS SELECT id FROM folders;")
    assert comes_from(result, "made", "id") == "folders.id copied"
    assert result.summary["unparsed"] == 0


def test_columns_that_every_table_has_are_not_missing(trace, comes_from):
    result = trace(f"{FOLDERS}CREATE VIEW made AS SELECT f.tableoid AS kind, f.ctid AS place FROM folders f;")
    assert comes_from(result, "made", "kind") == "folders.tableoid copied"
    assert not [finding for finding in result.findings if finding.severity == "high"]
    result = trace(f"{FOLDERS}CREATE VIEW made AS SELECT f.rowid AS kind FROM folders f;")
    assert [finding.title for finding in result.findings if finding.severity == "high"]


def test_a_table_whose_types_are_not_understood_still_declares_its_columns(trace, comes_from):
    result = trace('CREATE TABLE t (id int, kinds "char"[]); CREATE VIEW made AS SELECT * FROM t;')
    assert comes_from(result, "made", "kinds") == "t.kinds copied"
    assert result.summary["unparsed"] == 0
