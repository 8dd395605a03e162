"""What travels between server and cluster workers, and in pieces of which size."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter

from studio_server.runs.executor.protocol import Job, Layer, Outcome, Progress

JOB = TypeAdapter(Job)
OUTCOME = TypeAdapter(Outcome)
PROGRESS = TypeAdapter(Progress)
PIECE_BYTES = 4 << 20
"""Files travel in pieces of this size, so that neither side holds a whole one in memory."""


MOST_THREADS = 4_096
MOST_MEMORY_BYTES = 1 << 50
"""A worker that says it has more than that is not believed, and not used."""


@dataclass(frozen=True)
class Order:
    """One run for one worker process; what the user gave does not show in a log."""

    attempt: str
    """Unique for ever: an attempt begins at most once, wherever Dask may send it."""
    incarnation: str
    """The worker process it is meant for; another one refuses it."""
    topic: str
    """Where the worker says that it began, and how far it is."""
    lease_seconds: float
    """Without a word from the server for so long, the worker ends the run."""
    extra_path: str
    job: str = field(repr=False)
    """The `Job` as JSON, without files and folder: those are the worker's own."""


@dataclass(frozen=True)
class Piece:
    """A part of an input file on its way to a worker."""

    digest: str
    """Of the whole file."""
    offset: int
    content: bytes = field(repr=False)
    is_last: bool


@dataclass(frozen=True)
class Introduction:
    """What a worker process says of itself when the server first sees it."""

    incarnation: str
    version: str
    """Of Studio; a worker with another one would run other tools than were priced."""
    slots: Annotated[int, Field(ge=1, le=MOST_THREADS)]
    layers: tuple[Layer, ...]
    processors: Annotated[int, Field(ge=1, le=MOST_THREADS)]
    memory_bytes: Annotated[int, Field(ge=1, le=MOST_MEMORY_BYTES)]
    """Of the worker's machine: no run there can have used more."""


INTRODUCTION = TypeAdapter(Introduction)
