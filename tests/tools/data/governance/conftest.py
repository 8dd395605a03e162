"""Runs the tool on a framework, with files beside it."""

import pytest
from fakes.tool_context import KeptContext

from studio_magics.tools.data.governance import TOOL

SHOP = """\
name: Shop
datasets:
  customers: {owner: ada, steward: bo, class: restricted, retention_days: 365, encrypted: true, location: eu}
  orders: {owner: ada, steward: bo, class: confidential, retention_days: 365, encrypted: true, location: eu}
  prices: {owner: cy, class: public}
roles:
  admin: {clearance: restricted}
  analyst: {clearance: confidential}
  contractor: {clearance: restricted}
people: {ada: [admin], bo: [analyst], cy: [analyst], dan: [contractor]}
"""


@pytest.fixture
def context(tmp_path):
    return KeptContext(tmp_path)


@pytest.fixture
def check(context):
    """Hold a framework against its data; `shop=False` leaves the shop of the tests out."""

    def run(more="", *, shop=True, **options):
        text = (SHOP if shop else "") + more
        return TOOL.run(TOOL.input_model.model_validate({"policies": text, **options}), context)

    return run


@pytest.fixture
def broken():
    """What is violated: rule to the subjects and what is told."""

    def read(result, rule):
        table = next((one for one in result.tables if one.title == "Violations"), None)
        return [] if table is None else [(row[2], row[3]) for row in table.rows if row[1] == rule]

    return read
