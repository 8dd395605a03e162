"""Checks the inputs of a run against the tool's model and names them by content.

Reads no user file: files are known here by digest and size, and opened only in the worker.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.problems import FieldProblem
from studio_magics.tools.base import InputRejected, Tool, ToolInput, refuse_kernel_only

SHOWN_CHARACTERS = 80
PLAIN = (str, int, float, bool, type(None))
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Prepared:
    """Inputs that the tool accepts, with the forecast for them."""

    tool: Tool
    inputs: Mapping[str, Any]
    """Wire form, canonical."""
    digest: str
    files: tuple[InputFile, ...]
    """Every file named in the inputs, as often as it is named."""
    forecast: Forecast
    summary: str


class InputInvalid(ValueError):
    """The inputs do not fit the tool; nothing was set aside. One problem per wrong field."""

    def __init__(self, title: str, fields: tuple[FieldProblem, ...]) -> None:
        super().__init__(f"{title}: {fields[0].field}: {fields[0].found}" if fields else title)
        self.title = title
        self.fields = fields


def prepare(tool: Tool, raw: Mapping[str, Any]) -> Prepared:
    """Validate `raw` and forecast the work.

    Raises:
        InputInvalid: Naming each wrong field, what was found and what is allowed.
    """
    try:
        refuse_kernel_only(tool, raw)
        model = tool.input_model.model_validate(dict(raw))
        forecast = tool.forecast(model)
    except ValidationError as wrong:
        raise InputInvalid(tool.title, tuple(field_problems(wrong))) from None
    except InputRejected as wrong:
        raise InputInvalid(tool.title, (rejection(wrong),)) from None
    inputs = model.model_dump(mode="json")
    canonical = _canonical([tool.id, inputs]).encode("utf-8", "surrogatepass")
    digest = "sha256:" + hashlib.sha256(canonical).hexdigest()
    return Prepared(tool, inputs, digest, tuple(_files(model)), forecast, _summary(model))


def wrong_size(tool: Tool, file: InputFile, stored_bytes: int) -> InputInvalid:
    """The refusal of a size that is not the content's: price and limits follow from it."""
    found, allowed = f"{file.size_bytes} for '{file.name}'", f"{stored_bytes}, as uploaded"
    return InputInvalid(tool.title, (FieldProblem(field="size_bytes", found=found, allowed=allowed),))


def field_problems(wrong: ValidationError) -> Iterator[FieldProblem]:
    """One problem per wrong field, in words."""
    for error in wrong.errors(include_url=False):
        name = ".".join(str(part) for part in error["loc"]) or "inputs"
        missing = error["type"] == "missing"
        found = "nothing" if missing else _shown(error["input"])
        yield FieldProblem(field=name, found=found, allowed="a value" if missing else _sentence(error["msg"]))


def rejection(wrong: InputRejected) -> FieldProblem:
    """What a tool said of an input, as it goes over the wire."""
    return FieldProblem(field=wrong.field, found=wrong.found, allowed=wrong.allowed, action=wrong.action)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str) if not isinstance(value, str) else value
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input should be ")


def _files(value: object) -> Iterator[InputFile]:
    if isinstance(value, InputFile):
        yield value
        return
    for item in _members(value):
        if not isinstance(item, PLAIN):
            yield from _files(item)


def _members(value: object) -> Iterable[object]:
    if isinstance(value, BaseModel):
        return [getattr(value, name) for name in type(value).model_fields]
    if isinstance(value, tuple | list):
        return cast("tuple[object, ...]", value)
    return cast("dict[str, object]", value).values() if isinstance(value, dict) else ()


def _summary(model: ToolInput) -> str:
    names = [
        value.name
        for name in type(model).model_fields
        if isinstance(value := getattr(model, name), InputFile | InputFolder)
    ]
    return ", ".join(names)[:200]
