"""Runs the tool on a text or a file, with options."""

import pytest
from fakes.tool_context import KeptContext

from studio_magics.tools.data.dashboards import TOOL


@pytest.fixture
def context(tmp_path):
    return KeptContext(tmp_path)


@pytest.fixture
def draw(context):
    """Run the tool on a content, for example `questions="price by city"`."""

    def run(content, *, name="data.csv", **options):
        inputs = TOOL.input_model.model_validate({"data": context.put(name, content), **options})
        return TOOL.run(inputs, context)

    return run


@pytest.fixture
def found():
    """The findings with this code."""

    def find(result, code):
        return [one for one in result.findings if one.code == code]

    return find


@pytest.fixture
def numbers():
    """The rows of the table of one chart."""

    def find(result, title):
        return next(table.rows for table in result.tables if table.title == title)

    return find


@pytest.fixture
def sales():
    """Twelve rows worked out by hand: four days, three cities, one price missing."""
    return (
        "day,city,price,units,note\n"
        "2026-01-01,Oslo,10,1,a\n2026-01-01,Rome,20,2,b\n2026-01-01,Lima,30,3,c\n"
        "2026-01-02,Oslo,12,1,d\n2026-01-02,Rome,22,2,e\n2026-01-02,Lima,,3,f\n"
        "2026-01-03,Oslo,14,1,g\n2026-01-03,Rome,24,2,h\n2026-01-03,Lima,34,3,i\n"
        "2026-01-04,Oslo,16,1,j\n2026-01-04,Rome,26,2,k\n2026-01-04,Oslo,18,3,l\n"
    )
