"""Wires the Security Scanner: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.security.costs import forecast
from studio_magics.tools.dev.security.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.security.inputs import SecurityInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = "%studio run security --code src"
RISKY = b"""import subprocess


def archive(folder):
    subprocess.run(f"tar czf backup.tgz {folder}", shell=True)
"""
EXAMPLES = (
    Example("one file", {"code": ExampleFile("archive.py", RISKY)}),
    Example("a list of dependencies", {"code": ExampleFile("requirements.txt", b"flask\nreqeusts==2.31\n")}),
)


def _run(inputs: SecurityInput, context: RunContext) -> ToolResult:
    """Scan; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.security.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Security Scanner",
    places=frozenset({"server"}),
    input_model=SecurityInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Scans a folder, an archive or a notebook without running anything of it: Python with ruff "
        "and Bandit, "
        "secrets in any text, lists of dependencies, Dockerfiles, Compose, Kubernetes, Terraform, "
        "settings, and "
        "workflows of GitHub with zizmor. Findings are ranked by severity and sureness with CWE, why "
        "and what to do; "
        "tests count less. Returns a checklist with the evidence for each point, findings.sarif, an "
        "HTML report and "
        "pictures of the worst files. What was not read is listed, never called clean."
    ),
    libraries=LIBRARIES,
    examples=EXAMPLES,
)
