"""Wires the CI/CD Pipeline Builder: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.cicd.costs import forecast
from studio_magics.tools.dev.cicd.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.cicd.inputs import PipelineInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = """%%studio run cicd
name: Library
language: python
versions: ["3.11", "3.12", "3.13"]
systems: [ubuntu-24.04, windows-2025]
branches: [main]
schedule: 0 4 * * 1
steps:
  install: python -m pip install -e '.[test]'
  lint: python -m ruff check .
  types: python -m mypy src
  test: python -m pytest
publish: python-index
jobs:
  announce:
    needs: [publish]
    run: python scripts/announce.py
    environment: release
    secrets: [CHAT_WEBHOOK]
"""
RISKY = b"""name: greet
on: [issues]
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.issue.title }}"
"""
EXAMPLES = (
    Example("a workflow", {"workflow": ExampleFile("greet.yml", RISKY)}),
    Example("a description", {"pipeline": EXAMPLE.split("\n", 1)[1]}),
)


def _run(inputs: PipelineInput, context: RunContext) -> ToolResult:
    """Build or audit; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.cicd.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="CI/CD Pipeline Builder",
    places=frozenset({"kernel", "server"}),
    input_model=PipelineInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Builds a GitHub Actions workflow from a description or from the files of a repository: "
        "actions pinned to "
        "commits from a dated table, least rights, time limits, a matrix, caches where they are safe, "
        "publishing "
        "without stored passwords. Or audits workflows that are there and pins their actions. Every "
        "workflow is "
        "checked against GitHub's published schema, by zizmor (offline) and for names, runners and "
        "limits. Returns "
        "the workflow, dependabot.yml, findings as SARIF, and the graph of jobs. Runs no workflow."
    ),
    cell_field="pipeline",
    libraries=LIBRARIES,
    examples=EXAMPLES,
)
