"""Runs the tool on files by name."""

import sqlite3

import pytest
from fakes.tool_context import KeptContext

from studio_magics.tools.data.catalog import TOOL

CUSTOMERS = "id,name,email,country\n" + "".join(f"{n},P{n},p{n}@example.org,c{n % 3}\n" for n in range(1, 31))
ORDERS = "order_id,customer_id,total,placed_on\n" + "".join(
    f"{n},{n % 30 + 1},{n}.5,2025-06-{n % 28 + 1:02d}\n" for n in range(1, 61)
)


@pytest.fixture
def context(tmp_path):
    return KeptContext(tmp_path)


@pytest.fixture
def build(context):
    """Build the catalogue of files by name."""

    def run(files=None, **options):
        contents = {"customers.csv": CUSTOMERS, "orders.csv": ORDERS} if files is None else files
        inputs = TOOL.input_model.model_validate({"source": context.put_folder(contents), **options})
        return TOOL.run(inputs, context)

    return run


@pytest.fixture
def sqlite(tmp_path):
    """The content of a SQLite file made by a script."""

    def make(script):
        path = tmp_path / "made.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as db:
            db.executescript(script)
        db.close()
        return path.read_bytes()

    return make


@pytest.fixture
def found():
    """The findings with this code."""

    def find(result, code):
        return [one for one in result.findings if one.code == code]

    return find
