"""Every type becomes every other on a real PostgreSQL, with defaults before and after, and back again."""

import pytest

from tests.tools.dev.schema_designer.test_databases import postgres, postgres_shape

__all__ = ["postgres"]

KINDS = {
    "integer": "default 1", "bigint": "", "smallint": "default 1", "string(20)": "default 1", "text": "",
    "decimal(10,2)": "default 1", "float": "", "boolean": "default true", "date": "default today",
    "timestamp": "default now", "time": "", "uuid": "", "json": "", "binary": "", "enum(a, b)": "default a",
}  # fmt: skip


def table(shift):
    """A column for each type; `shift` moves every column on by so many types."""
    kinds = list(KINDS.items())
    lines = [f"      x{n}: {' '.join(kinds[(n + shift) % len(kinds)])}" for n in range(len(kinds))]
    return "\n".join(["tables:", "  thing:", "    columns:", "      id: id", *lines, ""])


def test_every_type_becomes_every_other_and_goes_back_on_postgresql(design, context, postgres):
    walked, fresh = postgres("retyped"), postgres("retyped_fresh")
    for shift in range(1, len(KINDS)):
        context.artefacts.clear()
        design(table(0), databases="postgresql")
        begin = context.artefacts["schema.postgresql.sql"].decode()
        design(table(shift), previous=table(0), databases="postgresql")
        scripts = {name: text.decode() for name, text in context.artefacts.items()}
        for database, script in ((walked, begin), (fresh, scripts["schema.postgresql.sql"])):
            database.execute("drop schema public cascade; create schema public")
            database.execute(script)
        beginning = postgres_shape(walked)
        walked.execute(scripts["up.postgresql.sql"])
        assert postgres_shape(walked) == postgres_shape(fresh), shift
        walked.execute(scripts["down.postgresql.sql"])
        assert postgres_shape(walked) == beginning, shift


CHANGED = [
    ("integer default 1", "boolean default true", "7", True),
    ("boolean default true", "smallint default 1", "true", 1),
    ("boolean", "decimal(5,2)", "false", 0),
    ("string(20) default 1", "integer default 2", "'12'", 12),
    ("text", "binary", "'ü'", "ü".encode()),
    ("binary", "text", r"'\xc3bc'", "ü"),
    ("integer", "json", "5", 5),
    ("text", "json", """'{"a": 1}'""", {"a": 1}),
    ("date", "timestamp", "'2026-01-31'", None),
]


@pytest.mark.parametrize("case", CHANGED, ids=lambda case: f"{case[0]} to {case[1]}")
def test_a_row_keeps_its_meaning_when_its_type_changes(design, context, postgres, case):
    was, now, written, wanted = case
    text = "tables:\n  thing:\n    columns:\n      id: id\n      x: {}\n"
    database = postgres("row_kept")
    design(text.format(was))
    database.execute(context.artefacts["schema.postgresql.sql"].decode())
    database.execute(f"insert into thing (x) values ({written})")
    design(text.format(now), previous=text.format(was))
    database.execute(context.artefacts["up.postgresql.sql"].decode())
    (found,) = database.execute("select x from thing").fetchone()
    assert found == wanted if wanted is not None else str(found).startswith("2026-01-31")
