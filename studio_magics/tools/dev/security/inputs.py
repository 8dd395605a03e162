"""What the scanner is asked: code, and how deep to look."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.contracts.results import Severity  # noqa: TC001  - as above
from studio_magics.tools.base import ToolInput


def _split(value: Any) -> Any:
    """'a, b' is what a command line can write for ('a', 'b')."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Rules = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60)], ...],
    Field(max_length=60),
    BeforeValidator(_split),
]


class SecurityInput(ToolInput):
    """A folder, an archive, a notebook or a file of code."""

    code: InputFile | InputFolder = Field(
        description="A folder, a .zip or .tar.gz of one (with its hidden files), a notebook or one file"
    )
    depth: Literal["auto", "fast", "deep"] = Field(
        default="auto",
        description="fast: ruff alone; deep: Bandit too, about 1 s for 4,700 lines; auto: deep up to "
        "60,000 lines",
    )
    least_severity: Severity = Field(default="info", description="Report nothing below this")
    include_tests: bool = Field(default=True, description="Report what was found in tests too, a step lower")
    ignore: Rules = Field(default=(), description="Rules not to report, for example 'S603, not-pinned'")
