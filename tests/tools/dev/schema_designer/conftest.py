"""The tool on a temporary folder, and a throw-away PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from studio_magics.tools.dev.schema_designer import TOOL
from studio_magics.tools.dev.schema_designer.inputs import SchemaDesignInput
from tests.tools.data.schema.conftest import postgres_socket
from tests.tools.dev.folder_context import FolderContext

__all__ = ["postgres_socket"]

BEFORE = TOOL.example.split("\n", 1)[1]
AFTER = """
schema: shop
tables:
  client:
    was: customer
    columns:
      id: id
      email: string(254) required unique
      full_name: string(160) required was name
      created_at: timestamp required default now
      phone: string(30)
  product:
    columns:
      id: id
      title: string(200) required indexed
      price: decimal(14,4) required
      stock: bigint required default 0
      sku: string(40) required fill unknown
    checks:
      price_positive: price > 0
  purchase:
    columns:
      id: id
      client_id: ref client required indexed was customer_id
      status: enum(new, paid, sent, back) required default new
      placed_at: timestamp required default now
      note: text
  parcel:
    columns:
      id: id
      purchase_id: ref purchase required indexed
      sent_on: date
  purchase_line:
    columns:
      purchase_id: ref purchase required on-delete cascade
      product_id: ref product required indexed
      quantity: integer required default 1
    key: [purchase_id, product_id]
"""
"""A version with every kind of change: renamed, added, dropped, retyped, and rules of each kind."""


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def design(context):
    """Run the tool on a text or dict, perhaps against an older one."""

    def call(tables, *, previous="", **options):
        older = context.keep("older.yaml", previous.encode()) if previous else None
        return TOOL.run(SchemaDesignInput(tables=tables, previous=older, **options), context)

    return call


@pytest.fixture
def sqlite_with():
    """Databases made by a script, with statements carried out; closed at the end."""
    with contextlib.ExitStack() as opened:

        def make(script, *statements):
            database = opened.enter_context(contextlib.closing(sqlite3.connect(":memory:")))
            database.executescript(script)
            for statement in statements:
                database.execute(statement)
            database.commit()
            return database

        yield make
