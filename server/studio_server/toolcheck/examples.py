"""Runs that a check can do: the tool's own examples, or the one it documents, on sample data."""

import hashlib
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.base import Example, ExampleFile, Tool, ToolInput
from studio_server.toolcheck.samples import SampleMissing, sample

OF_THE_RUN = frozenset({"max-credits", "on"})
"""Options of `%studio run` itself, with a value."""
SWITCHES = frozenset({"quiet", "detach", "fresh", "json", "local"})


class ExampleUnusable(ValueError):
    """The example cannot be run here; `is_ours` when only the author's own data would do."""

    def __init__(self, name: str, reason: str, *, is_ours: bool = False) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.is_ours = is_ours


@dataclass(frozen=True)
class Trial:
    """Inputs in wire form, and the files they name."""

    name: str
    inputs: Mapping[str, Any]
    model: ToolInput
    files: Mapping[str, bytes] = field(repr=False)
    """Digest → content."""
    is_own: bool = True
    """The author's data; else samples, which the tool may rightly refuse."""


def trials(tool: Tool) -> Iterator[Trial]:
    """All examples of a tool, ready to run.

    Raises:
        ExampleUnusable: One of them is not what the input model takes.
    """
    if not tool.examples:
        yield documented(tool)
    for example in tool.examples:
        yield _trial(tool, example, is_own=True)


def documented(tool: Tool) -> Trial:
    """The example that users are shown, with samples for the files it names.

    Raises:
        ExampleUnusable: It is not what the input model takes, or names a file that only its author has.
    """
    name = "the documented example"
    line, body = _command(tool.example)
    try:
        words = shlex.split(line)
        inputs = dict(_inputs(tool, words[words.index("run") + 2 :]))
    except ValueError as broken:
        raise ExampleUnusable(name, f"'{line}' cannot be read: {broken}") from broken
    except SampleMissing as missing:
        raise ExampleUnusable(name, str(missing), is_ours=True) from missing
    if tool.cell_field is not None and line.startswith("%%studio"):
        inputs[tool.cell_field] = body
    return _trial(tool, Example(name, inputs), is_own=False)


def _command(text: str) -> tuple[str, str]:
    """The first line that runs the tool, and what follows it; lines before it prepare a notebook."""
    lines = text.strip().splitlines(keepends=True)
    number = next((at for at, line in enumerate(lines) if "%studio" in line and " run " in line), 0)
    return lines[number].strip() if lines else "", "".join(lines[number + 1 :])


def _inputs(tool: Tool, words: list[str]) -> Iterator[tuple[str, Any]]:
    position = 0
    while position < len(words):
        option, equals, value = words[position].removeprefix("--").partition("=")
        position += 1
        if option in SWITCHES:
            continue
        has_value = position < len(words) and not words[position].startswith("--")
        if not equals and has_value:
            value, position = words[position], position + 1
        if option not in OF_THE_RUN:
            name = option.replace("-", "_")
            yield name, _value(tool, name, value if equals or has_value else True)


def _value(tool: Tool, name: str, value: Any) -> Any:
    """A file where the input takes one, else the words as they stand: the model converts them."""
    known = tool.input_model.model_fields.get(name)
    takes = str(known.annotation) if known is not None else ""
    if "InputFile" not in takes and "InputFolder" not in takes:
        return value
    file = ExampleFile(*sample(str(value).rstrip("/")))
    if "InputFile" in takes:
        return [file] if "tuple[" in takes or "list[" in takes else file
    return _Folder(str(value).rstrip("/") or "data", (file,))


@dataclass(frozen=True)
class _Folder:
    name: str
    files: tuple[ExampleFile, ...]


def trial_of(tool: Tool, example: Example) -> Trial:
    """One example of the caller's, ready to run.

    Raises:
        ExampleUnusable: It is not what the input model takes.
    """
    return _trial(tool, example, is_own=True)


def _trial(tool: Tool, example: Example, *, is_own: bool) -> Trial:
    files: dict[str, bytes] = {}
    inputs = {name: _wire(value, files) for name, value in example.inputs.items()}
    try:
        model = tool.input_model.model_validate(inputs)
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "inputs"
        raise ExampleUnusable(example.name, f"the input model refuses '{where}': {first['msg']}") from refused
    return Trial(example.name, model.model_dump(mode="json"), model, files, is_own)


def _wire(value: object, files: dict[str, bytes]) -> Any:
    if isinstance(value, ExampleFile):
        record = _keep(value, files)
        return record.model_dump(mode="json")
    if isinstance(value, _Folder):
        members = tuple(_keep(file, files) for file in value.files)
        return InputFolder(name=value.name, files=members).model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _wire(one, files) for key, one in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_wire(one, files) for one in cast("tuple[object, ...]", value)]
    return value


def _keep(file: ExampleFile, files: dict[str, bytes]) -> InputFile:
    digest = f"sha256:{hashlib.sha256(file.content).hexdigest()}"
    files[digest] = file.content
    return InputFile(digest=digest, name=file.name, size_bytes=len(file.content))
