"""The views that PostgreSQL ships, traced, against what PostgreSQL itself says that each of them uses."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from fakes.postgres import cluster

from studio_magics.tools.data.lineage import TOOL

TABLES = """
SELECT format('CREATE TABLE %I (%s);', c.relname, string_agg(
  format('%I %s', a.attname, replace(format_type(a.atttypid, NULL), 'anyarray', 'text[]')),
  ', ' ORDER BY a.attnum))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.relname
"""
"""The tables of the catalogue as CREATE TABLE statements."""
USES = """
SELECT DISTINCT v.relname, c.relname, a.attname
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relnamespace = 'views'::regnamespace
JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
 AND d.refclassid = 'pg_catalog.pg_class'::regclass
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.oid <> v.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
"""
"""Of every view the columns it depends on: not kept of the tables of the catalogue, but of copies of them."""
VIEW = re.compile(r"^CREATE VIEW .*?;\s*$", re.DOTALL | re.MULTILINE)
FILES = ("information_schema.sql", "system_views.sql")
ROW_TYPE_USED = "pg_stats_ext_exprs"
"""Takes values of the type of a table's rows apart, which counts as using that table's columns."""


@dataclass(frozen=True)
class Shipped:
    """Two files of PostgreSQL's, the tables they stand on, and what it says about them."""

    tables: str
    files: dict[str, str]
    uses: dict[str, set[tuple[str, str]]]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    with psycopg.connect(cluster().new_database(), autocommit=True) as books:
        tables = "\n".join(row[0] for row in books.execute(TABLES))
        [folder] = books.execute("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'").fetchone()
        files = {name: Path(folder, name).read_text() for name in FILES}
        books.execute("CREATE SCHEMA tables; SET search_path = tables, pg_catalog")
        books.execute(tables)
        books.execute("CREATE SCHEMA views; SET search_path = views, tables, pg_catalog, information_schema")
        for statement in VIEW.findall("".join(files.values())):
            try:
                books.execute(statement)
            except psycopg.ProgrammingError:  # its own functions want its own tables
                continue
        uses: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for view, table, column in books.execute(USES):
            uses[view].add((table, column))
    return Shipped(tables, files, uses)


@pytest.mark.parametrize(("name", "least"), [("information_schema.sql", 55), ("system_views.sql", 45)])
def test_a_view_uses_the_columns_that_postgresql_says_it_uses(context, shipped, name, least):
    inputs = TOOL.input_model(
        source=context.put(name, shipped.files[name]),
        ddl=context.put("tables.sql", shipped.tables),
        dialect="postgres",
    )
    result = TOOL.run(inputs, context)
    assert result.summary["unparsed"] == 0
    found = defaultdict(set)
    for edge in json.loads(context.artefacts["lineage.json"])["edges"]:
        table, column = edge["from"]
        found[edge["by"]].add((table.removeprefix("pg_catalog."), column))
    compared = [view for view in found if view in shipped.uses and view != ROW_TYPE_USED]
    assert len(compared) >= least
    invented = {view: found[view] - shipped.uses[view] for view in compared}
    assert {view: extra for view, extra in invented.items() if extra} == {}
    # PostgreSQL also counts columns that a nested query selects and nobody outside reads
    told = sum(len(shipped.uses[view]) for view in compared)
    missed = sum(len(shipped.uses[view] - found[view]) for view in compared)
    assert missed <= 0.02 * told
