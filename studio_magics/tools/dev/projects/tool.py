"""Wires the Project Builder: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.projects.costs import forecast
from studio_magics.tools.dev.projects.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.projects.inputs import ProjectInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = """%%studio run projects
name: shop-notes
stack: api
description: Notes about orders, kept for the shop
author: Ada Lovelace
licence: MIT
python: "3.12"
database: sqlite
container: true
"""
ANSWERS = b'{"answers": {"name": "word-count", "stack": "cli", "year": 2026}}'
EXAMPLES = (
    Example("again from project.json", {"answers": ExampleFile("project.json", ANSWERS)}),
    Example("an API with SQLite", {"project": EXAMPLE.split("\n", 1)[1]}),
)


def _run(inputs: ProjectInput, context: RunContext) -> ToolResult:
    """Render, check, pack; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.projects.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Project Builder",
    places=frozenset({"kernel", "server"}),
    input_model=ProjectInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Makes a working Python project for a chosen stack (library, command line, HTTP API with or "
        "without SQLite, "
        "machine-learning service, dashboard): code with real behaviour, tests, pyproject.toml, a "
        "workflow with "
        "pinned actions, a Dockerfile without root. Every file is parsed, linted, formatted and its "
        "imports compared "
        "with what is declared before it is handed out. Completes a folder that is there without "
        "changing a file of "
        "it, and makes an older project again from its project.json. Returns a ZIP archive and the "
        "map of modules."
    ),
    cell_field="project",
    libraries=LIBRARIES,
    examples=EXAMPLES,
)
