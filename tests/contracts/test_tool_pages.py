"""The pages about the tools say what the code says."""

from pathlib import Path

import pytest
from studio_server.export.fields import fields_of
from studio_server.export.tools import MEASURED, cpu_ratio, measured, memory_ratio, pages_of
from studio_server.registry import catalogue

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
def test_a_small_and_a_large_example_stayed_within_the_limits_of_the_tool(tool_id: str) -> None:
    samples = measured(PAGES / MEASURED)[tool_id]
    assert {one.is_large for one in samples} == {True, False}
    limits = catalogue.load(with_code=False).tools[tool_id].limits
    if limits is not None:
        assert all(one.cpu_ms <= limits.cpu_ms for one in samples)
        assert all(one.wall_ms <= limits.wall_ms for one in samples)
        assert all(one.peak_bytes <= limits.memory_bytes for one in samples)


@pytest.mark.parametrize("tool_id", [name for name in TOOLS if catalog.load(name).repeats])
def test_the_forecast_of_every_example_is_within_a_factor_of_two(tool_id: str) -> None:
    # a tool that measures times uses as much of the machine as it gets
    for one in measured(PAGES / MEASURED)[tool_id]:
        assert 0.5 <= cpu_ratio(one) <= 2, (one.name, one.cpu_ms, one.forecast_cpu_ms)
        assert 0.5 <= memory_ratio(one) <= 2, (one.name, one.peak_bytes, one.forecast_peak_bytes)


@pytest.mark.parametrize("tool_id", TOOLS)
def test_every_input_of_a_tool_is_explained(tool_id: str) -> None:
    unexplained = [field.name for field in fields_of(catalog.load(tool_id)) if not field.description]
    assert unexplained == []
