"""What the server takes of a worker's word about a run. Pure: no network, no clock.

A word that cannot be true gets no result through: the run is lost, and no false figure makes a bill. What is
more than a run may return ends it as it would on the server's own machine, and nothing of it is fetched.
"""

import re
from dataclasses import replace

from pydantic import ValidationError

from studio_magics.contracts.results import ToolResult
from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster.losses import RunLost
from studio_server.runs.executor.cluster.wire import OUTCOME, PROGRESS, Introduction
from studio_server.runs.executor.context import MAX_ARTEFACTS
from studio_server.runs.executor.endings import MEDIA_TYPE, record_of, short
from studio_server.runs.executor.hearing import LOGGED_CHARACTERS, LOGGED_LINES, STAGE_CHARACTERS
from studio_server.runs.executor.protocol import ArtefactFile, Job, Outcome, Progress

CLOCK_SLACK_MS = 1_000
MOST_ANSWER_BYTES = 8 * sentences.MOST_RESULT_BYTES
"""Of an outcome with its result and the records of its files; what is longer is not even read."""
MOST_PROGRESS_CHARACTERS = 100_000
UNMEASURED = ("lost", "cancelled")
"""How a run may end of which nothing was measured, because nothing may have been started."""


def read(answer: bytes) -> Outcome:
    """An outcome as a worker sent it.

    Raises:
        RunLost: It is too long, or no outcome; a figure that is no whole number is none either.
    """
    if len(answer) > MOST_ANSWER_BYTES:
        raise RunLost(f"its answer has {len(answer)} bytes")
    try:
        return OUTCOME.validate_json(answer)
    except ValidationError as invalid:
        raise RunLost(f"its answer is no outcome: {invalid}") from None


def progress(said: object) -> Progress | None:
    """How far a worker says a run is, within what a meter on this machine would let through; or nothing."""
    if not isinstance(said, str) or len(said) > MOST_PROGRESS_CHARACTERS:
        return None
    try:
        found = PROGRESS.validate_json(said)
    except ValidationError:
        return None
    lines = tuple(line[:LOGGED_CHARACTERS] for line in found.log[-LOGGED_LINES:])
    return Progress(min(100, max(0, found.percent)), found.stage[:STAGE_CHARACTERS], lines)


def believed(outcome: Outcome, job: Job, said: Introduction, elapsed_ms: float) -> Outcome:
    """The outcome with what belongs to its kind alone, or the limit that it passes.

    Raises:
        RunLost: It says what cannot be.
    """
    _refuse_impossible_measurement(outcome, said, elapsed_ms + CLOCK_SLACK_MS)
    if outcome.kind != "succeeded":
        refused = outcome.rejection if outcome.kind == "input_rejected" else None
        rejection = short(refused) if refused else None
        message = sentences.without_paths(outcome.message)
        return Outcome(outcome.kind, message, outcome.measured, rejection=rejection)
    if outcome.result is None:
        raise RunLost("it succeeded without a result")
    excess = _excess(outcome.result, outcome.artefacts, job.limits.output_bytes)
    return Outcome("limit_output", excess, outcome.measured) if excess else outcome


def with_files(outcome: Outcome, files: tuple[ArtefactFile, ...]) -> Outcome:
    """The outcome with the files that have arrived; what the result says of them is the server's own.

    Raises:
        RunLost: A name, a type or a title of one cannot be.
    """
    if outcome.result is None:
        return outcome
    if len({file.name for file in files}) < len(files):
        raise RunLost("two of its files have the same name")
    if not all(re.fullmatch(MEDIA_TYPE, file.media_type) for file in files):
        raise RunLost("a file of it has a type that cannot be")
    try:
        records = tuple(record_of(file) for file in files)
    except ValidationError as invalid:
        raise RunLost(f"a file of it cannot be: {invalid}") from None
    result = outcome.result.model_copy(update={"artefacts": records})
    return replace(outcome, message=result.headline, result=result, artefacts=files)


def _refuse_impossible_measurement(outcome: Outcome, said: Introduction, most_ms: float) -> None:
    measured = outcome.measured
    if measured is None:
        if outcome.kind not in UNMEASURED:
            raise RunLost(f"it ended as '{outcome.kind}' and nothing was measured")
        return
    if min(measured.cpu_ms, measured.wall_ms, measured.peak_bytes) < 0:
        raise RunLost("it measured less than nothing")
    if measured.wall_ms > most_ms:
        raise RunLost("it measured more time than has passed")
    if measured.cpu_ms > most_ms * said.processors:
        raise RunLost("it measured more time than all its processors have")
    if measured.peak_bytes > said.memory_bytes:
        raise RunLost("it measured more memory than it has")


def _excess(result: ToolResult, files: tuple[ArtefactFile, ...], allowed_bytes: int) -> str:
    """Which limit of what a run returns is passed, as people read it; empty when none is."""
    if len(files) > MAX_ARTEFACTS:
        return sentences.too_many_files(len(files), MAX_ARTEFACTS)
    if any(file.size_bytes < 0 for file in files):
        raise RunLost("a file of it has less than no bytes")
    of_result = len(result.model_dump_json().encode())
    if of_result > sentences.MOST_RESULT_BYTES:
        return sentences.result_too_large(of_result)
    total = sum(file.size_bytes for file in files) + of_result
    return sentences.output_too_large(total, allowed_bytes) if total > allowed_bytes else ""
