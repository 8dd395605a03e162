"""All checks of one tool, in the order in which an author would want to read them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from studio_server.runs.executor.protocol import ExecutorUnsupported
from studio_server.toolcheck import (
    declared,
    examples,
    forecasts,
    imports,
    licences,
    model,
    record,
    refusals,
    runs,
)
from studio_server.toolcheck.examples import Trial
from studio_server.toolcheck.report import Check, Report, failed, skipped
from studio_server.toolcheck.sandbox import Sandbox
from studio_server.toolcheck.subject import Subject, find


def examine(
    target: str, *, folder: Path, declaration: Path | None = None, accepted: frozenset[str] = frozenset()
) -> Report:
    """Import the tool, look at it, and run its examples; takes some seconds.

    Raises:
        SubjectMissing: There is nothing to check.
    """
    subject = find(target, folder.resolve())
    return Report(subject.tool.id, tuple(_checks(subject, declaration, accepted)))


def _checks(subject: Subject, declaration: Path | None, accepted: frozenset[str]) -> Iterator[Check]:
    yield from record.checks(subject)
    yield from model.checks(subject.tool)
    yield imports.check(subject)
    yield licences.check(subject, accepted)
    entry, check = declared.entry(subject, declaration)
    yield check
    limits = declared.limits_of(entry)
    try:
        trials = list(examples.trials(subject.tool))
    except examples.ExampleUnusable as unusable:
        yield _unusable(unusable)
        return
    for trial in trials:
        yield from _of(trial, trials, forecasts.checks(subject.tool, trial, limits))
    try:
        with Sandbox(subject, limits) as sandbox:
            for trial in trials:
                yield from _of(trial, trials, runs.checks(subject.tool, trial, sandbox))
            yield runs.damaged(trials[0], sandbox)
            yield refusals.check(subject.tool, trials[0], sandbox)
    except ExecutorUnsupported as unsupported:
        yield skipped("run", unsupported.reason, "run the check on Linux or macOS")


def _of(trial: Trial, trials: list[Trial], checks: list[Check]) -> Iterator[Check]:
    """The checks, under the name of their example where there are several."""
    several = len(trials) > 1
    return (replace(one, name=f"{one.name} ({trial.name})") if several else one for one in checks)


def _unusable(unusable: examples.ExampleUnusable) -> Check:
    todo = "Tool(examples=(Example('small', {…}),)) with ExampleFile where an input takes a file"
    if unusable.is_ours:
        return skipped("examples", str(unusable), todo)
    return failed("examples", str(unusable), todo)
