"""Runs the tool on a table or texts, with options."""

import pytest
from fakes.tool_context import KeptContext

from studio_magics.tools.data.privacy import TOOL


@pytest.fixture
def context(tmp_path):
    return KeptContext(tmp_path)


@pytest.fixture
def assess(context):
    """Run the tool on a content, or on files by name."""

    def run(content, *, name="people.csv", **options):
        data = context.put_folder(content) if isinstance(content, dict) else context.put(name, content)
        inputs = TOOL.input_model.model_validate({"data": data, **options})
        return TOOL.run(inputs, context)

    return run


@pytest.fixture
def found():
    """The findings with this code."""

    def find(result, code):
        return [one for one in result.findings if one.code == code]

    return find


@pytest.fixture
def kinds():
    """Column to kind, as the table of personal data says."""

    def read(result):
        tables = [table for table in result.tables if table.title == "Personal data"]
        return {row[0].rpartition(".")[2]: row[1] for table in tables for row in table.rows}

    return read
