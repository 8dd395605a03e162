"""What the profiler is asked: a script, what of it to run, and how hard to push it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

FUNCTION = r"[A-Za-z_][A-Za-z0-9_]{0,99}"


def _split(value: Any) -> Any:
    """'a b' is what a command line can write for ('a', 'b')."""
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[
    tuple[Annotated[str, Field(max_length=1_000)], ...], Field(max_length=50), BeforeValidator(_split)
]


class PerformanceInput(ToolInput):
    """One script to profile, or to push as a server."""

    script: InputFile | InputFolder = Field(
        description="A Python script, or a folder of one with its modules and data (then name it in 'entry')"
    )
    entry: str = Field(
        default="main.py",
        max_length=400,
        description="The script to start, where 'script' is a folder",
    )
    mode: Literal["profile", "load"] = Field(
        default="profile",
        description="profile: time and memory by function and line; load: start it as a server, ask it",
    )
    function: str = Field(
        default="",
        pattern=rf"^({FUNCTION})?$",
        description="A function of the script to call without arguments; empty: the script as a program",
    )
    arguments: Words = Field(
        default=(), description="Arguments of the command line, for example '--size 100'"
    )
    seconds: int = Field(
        default=2, ge=1, le=12, description="The most each of the two passes may take, in seconds"
    )
    memory: bool = Field(default=True, description="Measure memory too, in a second pass")
    port: int = Field(
        default=8000, ge=1024, le=65_535, description="The port that the script listens on (load)"
    )
    path: str = Field(
        default="/",
        max_length=500,
        pattern=r"^/[!-~]*$",
        description="The path to ask, for example /items (load)",
    )
    most_users: int = Field(
        default=8, ge=1, le=32, description="The most users at once; steps double from 1 (load)"
    )
    step_seconds: float = Field(
        default=1.0, ge=0.2, le=4.0, description="How long each step lasts, in seconds (load)"
    )
    goal_p95_ms: int | None = Field(
        default=None,
        ge=1,
        le=60_000,
        description="95 of 100 requests shall be answered within this, in ms (load)",
    )

    @model_validator(mode="after")
    def _goal_of_load(self) -> Self:
        if self.goal_p95_ms is not None and self.mode != "load":
            message = "'goal_p95_ms' is for mode 'load'"
            raise ValueError(message)
        return self
