"""Tries inputs that are wrong: each has to be refused in words, before any work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from studio_magics.tools.base import InputRejected, Tool
from studio_server.runs.executor.protocol import Outcome
from studio_server.toolcheck.examples import Trial
from studio_server.toolcheck.report import Check, judged
from studio_server.toolcheck.sandbox import Sandbox

STRANGE = {"§": [{"§": "nothing that an input is"}]}
HUGE_TEXT = "x" * 8_000_000
HUGE_NUMBER = 10**30
HUGE_LIST = [0] * 200_001
DEEP = 200
TAKEN = "accepted"
MOST_RUNS = 8


@dataclass(frozen=True)
class Wrong:
    """Inputs with one fault."""

    what: str
    inputs: Mapping[str, Any]
    may_be_taken: bool = False
    """A free-form input (a document, say) may take it; the run then has to end well."""


def check(tool: Tool, trial: Trial, sandbox: Sandbox) -> Check:
    """Missing, unknown, strange and too large inputs."""
    wrong = list(_wrong(tool, trial))
    said = [(one, _refusal(tool, one.inputs)) for one in wrong]
    bad = [f"{one.what}: {word}" for one, word in said if word and not (one.may_be_taken and word == TAKEN)]
    taken = [one for one, word in said if word == TAKEN and one.may_be_taken]
    bad += [
        fault for one in taken[:MOST_RUNS] if (fault := _fault(one, sandbox.run(one.inputs, trial.files)))
    ]
    unknown = sandbox.run({**trial.inputs, "no_such_input": 1}, trial.files)
    if unknown.kind != "input_rejected" or unknown.rejection is None:
        bad.append(f"an unknown field in a run: {unknown.kind}, {unknown.message}")
    todo = "bounds and types in the input model; InputRejected where only forecast() or run() can tell"
    return judged("bad inputs", bad, good=f"{len(wrong) + 1} wrong inputs: refused in words", todo=todo)


def _wrong(tool: Tool, trial: Trial) -> Iterator[Wrong]:
    good = dict(trial.inputs)
    yield Wrong("an unknown field", {**good, "no_such_input": 1})
    for name, field in tool.input_model.model_fields.items():
        if name in tool.kernel_only:  # never comes to a server
            continue
        if field.is_required():
            yield Wrong(f"'{name}' missing", {key: value for key, value in good.items() if key != name})
        yield Wrong(f"something strange as '{name}'", {**good, name: STRANGE}, may_be_taken=True)
        yield Wrong(f"'{name}' of 8 MB", {**good, name: HUGE_TEXT})
        yield Wrong(f"'{name}' of {HUGE_NUMBER:.0e}", {**good, name: HUGE_NUMBER})
        yield Wrong(f"'{name}' of -{HUGE_NUMBER:.0e}", {**good, name: -HUGE_NUMBER})
        yield Wrong(f"'{name}' that is not a number", {**good, name: float("nan")})
        yield Wrong(f"'{name}' of 200,001 items", {**good, name: HUGE_LIST}, may_be_taken=True)
        yield Wrong(f"'{name}' nested {DEEP} deep", {**good, name: _nested()}, may_be_taken=True)


def _nested() -> object:
    value: object = 0
    for _ in range(DEEP):
        value = [value]
    return value


def _refusal(tool: Tool, inputs: Mapping[str, Any]) -> str:
    """What happened in place of a refusal; empty when it was refused as it should be."""
    try:
        tool.forecast(tool.input_model.model_validate(inputs))
    except (ValidationError, InputRejected):
        return ""
    except Exception as broken:  # noqa: BLE001  - boundary: that is what is looked for
        return f"ended in {type(broken).__name__} in place of a refusal"
    return TAKEN


def _fault(one: Wrong, outcome: Outcome) -> str:
    """A limit may stop it; a crash would be charged and explain nothing."""
    if outcome.kind in ("tool_failed", "lost"):
        return f"{one.what}: taken, and then {outcome.kind}, {outcome.message}"
    return ""
