"""What a user reads when a run did not succeed: what was needed, what is allowed, what to try."""

import re
from collections.abc import Iterable

SENTENCE_CHARACTERS = 300
SAID_CHARACTERS = 2_000
_PATH = re.compile(r"(?:/[\w.@+~-]+){2,}/?")

MOST_RESULT_BYTES = 1_000_000
"""Of a result without its files: it travels inline and is kept in the books' database."""


def too_much_cpu(limit_ms: int) -> str:
    """The CPU limit of the run was met."""
    return f"needed more than {_seconds(limit_ms)} of CPU time; try a smaller input or a sample"


def too_long(limit_ms: int) -> str:
    """The wall-time limit of the run was met."""
    return f"took longer than {_seconds(limit_ms)}; try a smaller input or a sample"


def too_much_memory(limit_bytes: int) -> str:
    """The memory limit of the run was met."""
    return f"needed more than {_size(limit_bytes)} of memory; try fewer columns, a sample, or a Parquet file"


def too_much_disk(limit_bytes: int) -> str:
    """The limit of temporary files was met."""
    return f"needed more than {_size(limit_bytes)} of temporary disk space; try a smaller input"


def output_too_large(found_bytes: int, allowed_bytes: int) -> str:
    """The result and its files are above what one run may return."""
    found, allowed = _size(found_bytes), _size(allowed_bytes)
    return f"made {found} of results where {allowed} are allowed; ask for fewer files, rows or figures"


def result_too_large(found_bytes: int) -> str:
    """The result is above what is shown and kept with the run."""
    found, allowed = _size(found_bytes), _size(MOST_RESULT_BYTES)
    return f"made a result of {found} where {allowed} are allowed; ask for fewer rows or figures"


def too_many_files(found: int, allowed: int) -> str:
    """The result has more files than one run may return."""
    return f"made {found} files where {allowed} are allowed; ask for fewer"


def too_many_processes(limit: int) -> str:
    """The tool multiplied."""
    return f"the tool started more than {limit} processes at once"


def no_answer() -> str:
    """The tool left without a result."""
    return "the tool ended without an answer"


def crashed(signal_name: str) -> str:
    """The tool was ended by a signal of its own doing."""
    return f"the tool crashed ({signal_name})"


def cancelled() -> str:
    """The user stopped the run."""
    return "cancelled"


def worker_lost() -> str:
    """Something of ours broke."""
    return "the worker was lost before it could answer; this is the platform's fault, not yours"


def waited_too_long() -> str:
    """Nobody had room for the run in time, and so it never began."""
    return "The run waited too long for a free worker."


def not_confined(missing: Iterable[str]) -> str:
    """The tool was not reviewed, and this machine cannot confine it."""
    return f"this server runs only reviewed tools, because its machine lacks: {', '.join(missing)}"


def no_network_of_its_own(missing: Iterable[str]) -> str:
    """The tool talks to others, or to itself, and this machine cannot keep it to that."""
    return f"this server runs no tool that uses a network, because its machine lacks: {', '.join(missing)}"


def out_of_disk() -> str:
    """The server has no room to work."""
    return "the server has no disk space left; this is the platform's fault, not yours"


def without_paths(text: str) -> str:
    """The first line, short, every path of this machine cut down to its last name."""
    lines = text.strip().splitlines() or [""]
    line = _PATH.sub(lambda found: found.group().rstrip("/").rpartition("/")[2], lines[0])
    return line if len(line) <= SENTENCE_CHARACTERS else line[: SENTENCE_CHARACTERS - 1] + "…"


def short(text: str) -> str:
    """What a tool says of an input, cut to a length that can be kept with the run."""
    return text if len(text) <= SAID_CHARACTERS else text[: SAID_CHARACTERS - 1] + "…"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:g} s"


def _size(size_bytes: int) -> str:
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.3g} {name}"
    return f"{size_bytes} bytes"
