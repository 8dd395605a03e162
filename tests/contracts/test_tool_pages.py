"""The pages about the tools say what the code says."""

from pathlib import Path

import pytest
from studio_server.export.fields import fields_of
from studio_server.export.tools import MEASURED, measured, pages_of

from studio_magics.tools import catalog

TOOLS = sorted(name for name in catalog.BUILT_IN if not name.startswith("toy-"))
PAGES = Path(__file__).resolve().parents[2] / "docs" / "tools"


def test_the_committed_pages_are_those_of_the_code() -> None:
    pages = dict(pages_of(measured(PAGES / MEASURED)))
    committed = {path.name: path.read_text("utf-8") for path in PAGES.glob("*.md")}
    assert committed == pages, "run: python -m studio_server.export tools docs/tools"


def test_every_tool_was_measured_and_stayed_within_its_quote() -> None:
    samples = measured(PAGES / MEASURED)
    assert sorted(samples) == TOOLS
    for tool_id, found in samples.items():
        assert found, tool_id
        assert all(one.charged_credits <= one.most_credits for one in found), tool_id


@pytest.mark.parametrize("tool_id", TOOLS)
def test_every_input_of_a_tool_is_explained(tool_id: str) -> None:
    unexplained = [field.name for field in fields_of(catalog.load(tool_id)) if not field.description]
    assert unexplained == []
