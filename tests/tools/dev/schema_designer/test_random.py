"""Migrations between random designs leave no difference, up or down; seeds are in the names."""

from random import Random

import psycopg
import pytest
import yaml

from tests.tools.dev.schema_designer.random_designs import changed
from tests.tools.dev.schema_designer.random_designs import design as random_design
from tests.tools.dev.schema_designer.test_databases import postgres, postgres_shape

__all__ = ["postgres"]


def pair(seed):
    random = Random(seed)  # noqa: S311  - a seed that is printed
    before = random_design(random)
    return yaml.safe_dump(before, sort_keys=False), changed(before, random)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_migration_works_both_ways_with_rows_on_sqlite(design, seed):
    before, after = pair(seed)
    result = design(after, previous=before)
    failed = [row for row in result.tables[1].rows if not row[1]]
    assert (failed, result.summary["tried"]) == ([], True)


def test_random_migrations_work_both_ways_on_postgresql(design, context, postgres):
    walked, fresh = postgres("random_walked"), postgres("random_fresh")
    for seed in range(1_000, 1_020):
        before, after = pair(seed)
        context.artefacts.clear()
        design(before)
        begin = context.artefacts["schema.postgresql.sql"].decode()
        context.artefacts.clear()
        design(after, previous=before)
        scripts = {name: text.decode() for name, text in context.artefacts.items()}
        for database, script in ((walked, begin), (fresh, scripts["schema.postgresql.sql"])):
            database.execute("drop schema public cascade; create schema public")
            database.execute(script)
        beginning = postgres_shape(walked)
        try:
            walked.execute(scripts["up.postgresql.sql"])
            assert postgres_shape(walked) == postgres_shape(fresh), f"seed {seed}, up"
            walked.execute(scripts["down.postgresql.sql"])
            assert postgres_shape(walked) == beginning, f"seed {seed}, down"
        except psycopg.Error as error:
            pytest.fail(f"seed {seed}: {error}\n{scripts['up.postgresql.sql']}")
