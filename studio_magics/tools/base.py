"""What a tool is: one record with an input model, a forecast and a run; the same code in kernel and worker.

A tool knows nothing of money, HTTP or notebooks. It reads its input through the context, reports progress,
writes artefacts through the context and returns a `ToolResult`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.catalogue import Place
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, ToolResult


class ToolInput(BaseModel):
    """Base of every tool's input model: unknown fields are refused, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InputRejected(Exception):
    """The input cannot be worked on; raised before any work, so nothing is charged."""

    def __init__(self, field: str, *, found: str, allowed: str, action: str = "") -> None:
        super().__init__(f"{field}: {found}; allowed: {allowed}")
        self.field = field
        self.found = found
        self.allowed = allowed
        self.action = action


class RunCancelled(Exception):
    """Raised by `RunContext.progress` when the user has cancelled a run in the kernel."""


def refuse_kernel_only(tool: "Tool", inputs: Mapping[str, Any]) -> None:
    """Refuse inputs for a server that hold what must stay in the kernel; their values are not repeated.

    Raises:
        InputRejected: Naming the first such field.
    """
    for name in tool.kernel_only:
        if inputs.get(name) is not None:
            raise InputRejected(
                name,
                found="a value that stays in your kernel",
                allowed="this input in kernel runs only",
                action="run it in the kernel for 0 credits: --on kernel",
            )


class RunContext(Protocol):
    """What a running tool may ask of its surroundings."""

    @property
    def now(self) -> datetime:
        """The time of the run, UTC; the only clock a tool reads."""
        ...

    @property
    def place(self) -> Place:
        """Where this run happens."""
        ...

    def path(self, file: InputFile) -> Path:
        """A readable local path of this input; its suffix is the one of `file.name`."""
        ...

    def secret(self, reference: str) -> str:
        """The value behind `secret:NAME`; only for inputs that the tool declares in `secret_fields`."""
        ...

    def progress(self, fraction: float, stage: str) -> None:
        """Report 0.0–1.0 and what is being done; raises `RunCancelled` when there is no use going on."""
        ...

    def connect(self, name: str, port: int) -> socket:
        """A connection to a host that the tool declares in `network`; raises `tunnel.HostRefused`."""
        ...

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        """Keep a file of the result and return its record for `ToolResult.artefacts`."""
        ...


@dataclass(frozen=True)
class Tool:
    """One tool of the catalogue."""

    id: str
    version: str
    title: str
    places: frozenset[Place]
    input_model: type[ToolInput]
    forecast: Callable[[Any], Forecast]
    run: Callable[[Any, RunContext], ToolResult]
    example: str
    """Notebook lines to copy, starting with `%studio run` or `%%studio run`."""
    description: str
    """What it does, what it needs and what it returns, in a few sentences."""
    cell_field: str | None = None
    """The input field that a cell body fills (as text; the input model parses YAML or SQL itself)."""
    kernel_only: tuple[str, ...] = ()
    """Input fields that may hold secrets or name this machine: never sent, and refused by a server."""
    secret_fields: tuple[str, ...] = ()
    """Input fields that take `secret:NAME`: the run gets the value by `context.secret`, nobody else does."""
    libraries: tuple[str, ...] = ()
    """Distributions whose versions go into the provenance."""
    examples: tuple["Example", ...] = ()
    """Small inputs that `studio-server tool check` runs; without any it runs `example` on data of its own."""
    network: tuple[str, ...] = ()
    """Whom a run on a server may talk to: `"loopback"` for its own processes, `"name:port"` for a host."""
    repeats: bool = True
    """Whether the same input gives the same result; a tool that measures times cannot promise that."""


@dataclass(frozen=True)
class ExampleFile:
    """A file of an example, in place of the `InputFile` that it becomes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Example:
    """Inputs of one run, as in Python; any value, also inside lists, may be an `ExampleFile`."""

    name: str
    inputs: Mapping[str, Any]
