"""Reads a description (YAML or JSON text, or Python values) into a pydantic model, with its lines.

Every refusal names the line where a person wrote it, what was found and what is allowed.
"""

# PyYAML is typed in part; every value that leaves this file has been checked by a model.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Generic, NoReturn, TypeVar

from pydantic import BaseModel, Field, ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import YamlLimits, check_yaml

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_CHARACTERS = 400_000
Description = Annotated[str, Field(max_length=MAX_CHARACTERS)]
"""The text form of a description, as a field of a tool's input."""
MOST_FOUND = 60
"""Characters of a refused value that are repeated."""
NEAREST = 5
Place = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Described(Generic[Model]):
    """A description that fits its model, and where each part of it was written."""

    value: Model
    field: str
    lines: Mapping[Place, int]

    def reject(self, place: Place, found: str, allowed: str, action: str = "") -> NoReturn:
        """Refuse the input because of what stands at this place.

        Raises:
            InputRejected: Always; names the line, where there is text.
        """
        raise InputRejected(
            self.field, found=f"{_where(place, self.lines)}{found}", allowed=allowed, action=action
        )


def read_described(source: str | Mapping[str, Any], model: type[Model], *, field: str) -> Described[Model]:
    """Read and check the whole description.

    Raises:
        InputRejected: Not plain YAML, an unknown or missing key, or a value out of bounds.
    """
    if isinstance(source, Mapping):
        return Described(_fitting(source, model, field, {}), field, {})
    value, lines = _parsed(source, field)
    return Described(_fitting(value, model, field, lines), field, lines)


def nearest(value: str, known: Sequence[str]) -> str:
    """What to offer instead of this word: the closest names, or the first few."""
    names = sorted(known)
    close = get_close_matches(value.lower(), names, n=NEAREST, cutoff=0.5)
    if close:
        return f"nearest: {', '.join(close)}"
    more = f" … ({len(names)} in all)" if len(names) > 4 * NEAREST else ""
    return (", ".join(names[: 4 * NEAREST]) + more) if names else "nothing"


def _parsed(text: str, field: str) -> tuple[Any, dict[Place, int]]:
    import yaml

    try:
        check_yaml(text, YamlLimits(depth=20, events=100_000, characters=MAX_CHARACTERS, documents=1))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except IntakeRefused as refused:
        raise _from_intake(field, refused) from refused
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        found = "text that is not YAML" + (f" in line {mark.line + 1}" if mark is not None else "")
        action = "check the indentation and quotes"
        raise InputRejected(field, found=found, allowed="plain YAML", action=action) from error
    if node is None:
        raise InputRejected(field, found="an empty text", allowed="YAML: key: value lines")
    lines: dict[Place, int] = {}
    _walk(node, (), lines, field)
    return _built(node, field), lines


def _built(node: Any, field: str) -> Any:
    import yaml

    try:
        return yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise InputRejected(field, found="a value that YAML cannot read", allowed="plain YAML") from error


def _walk(node: Any, place: Place, lines: dict[Place, int], field: str) -> None:
    """Note the line of every part; keys are text as written ('yes' too), and none stands twice."""
    lines[place] = node.start_mark.line + 1
    if node.id == "mapping":
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)[:MOST_FOUND]
            key.tag = "tag:yaml.org,2002:str" if key.id == "scalar" else key.tag
            if name in seen:
                found = f"line {key.start_mark.line + 1}: '{name}' appears twice"
                raise InputRejected(field, found=found, allowed="each key once")
            seen.add(name)
            _walk(value, (*place, name), lines, field)
            lines[(*place, name)] = key.start_mark.line + 1
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            _walk(value, (*place, number), lines, field)


def _fitting(value: Any, model: type[Model], field: str, lines: Mapping[Place, int]) -> Model:
    if not isinstance(value, Mapping):
        raise InputRejected(field, found="a single value or a list", allowed="key: value lines")
    try:
        return model.model_validate(value)
    except ValidationError as errors:
        raise _first(errors.errors(include_url=False), model, field, lines) from errors


def _first(
    errors: Sequence[ErrorDetails], model: type[BaseModel], field: str, lines: Mapping[Place, int]
) -> InputRejected:
    error = min(
        errors, key=lambda one: (one["type"] != "extra_forbidden", _line(tuple(one["loc"]), lines) or 0)
    )
    place = tuple(error["loc"])
    more = f" ({len(errors)} faults in all)" if len(errors) > 1 else ""
    found, allowed = _told(error, model)
    return InputRejected(field, found=f"{_where(place, lines)}{found}{more}", allowed=allowed)


def _told(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    name = _name(tuple(error["loc"]))
    if error["type"] == "extra_forbidden":
        keys = _keys(model, tuple(error["loc"]))
        return f"unknown key '{name}'", nearest(name, keys) if keys else "the keys of the documentation"
    if error["type"] == "missing":
        return f"no '{name}'", f"{name}: a value"
    value = error["input"]
    shown = f"{name} '{str(value)[:MOST_FOUND]}'" if isinstance(value, str | int | float) else name
    expected = str(error.get("ctx", {}).get("expected", ""))
    if error["type"] in {"literal_error", "enum"} and isinstance(value, str):
        return f"{shown} is not known", nearest(
            value, expected.replace(" or ", ", ").strip("'").split("', '")
        )
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return shown, message


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    """The keys the model has where this unknown one stands."""
    here: Any = model
    for part in place[:-1]:
        if isinstance(part, str) and isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(part)
            here = _inner(field.annotation) if field else None
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    return [field.alias or name for name, field in here.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """The model inside of `tuple[Model, ...]`, `Model | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _inner(part)
        if found is not None:
            return found
    return None


def _name(place: Place) -> str:
    words = [part for part in place if isinstance(part, str)]
    return words[-1] if words else "the description"


def _line(place: Place, lines: Mapping[Place, int]) -> int | None:
    """The line of this place, or of the nearest place around it."""
    for length in range(len(place), -1, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None


def _where(place: Place, lines: Mapping[Place, int]) -> str:
    line = _line(place, lines)
    if line is not None:
        return f"line {line}: "
    written = ".".join(str(part) for part in place)
    return f"{written}: " if written else ""


def _from_intake(field: str, refused: IntakeRefused) -> InputRejected:
    return InputRejected(field, found=refused.found, allowed=refused.allowed, action=refused.action)
