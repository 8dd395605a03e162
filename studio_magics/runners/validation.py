"""Checks inputs against a tool's own model before anything is sent or run; says what is wrong by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.client.problems import refused_input
from studio_magics.client.refusals import InputRefused, did_you_mean, one_line
from studio_magics.contracts.problems import FieldProblem
from studio_magics.tools import catalog
from studio_magics.tools.base import InputRejected, Tool, ToolInput, refuse_kernel_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from studio_magics.display.input_fields import InputField
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.staging import Staged

PLAIN_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "yes or no",
    "string": "text",
    "finite": "a finite number",
}
"""The start of a kind of error → what is allowed, in words."""
MOST_FOUND = 60
"""Characters of a refused value that are repeated to the person."""


def validated(tool: Tool, fields: Sequence[InputField], inputs: Mapping[str, Any]) -> ToolInput:
    """The inputs as the tool's model.

    Raises:
        InputRefused: Names every wrong field, what was found and what is allowed.
    """
    from pydantic import ValidationError

    try:
        return tool.input_model.model_validate(inputs)
    except InputRejected as rejected:
        raise from_rejection(tool, rejected) from rejected
    except ValidationError as errors:
        known = {one.name: one for one in fields}
        wrong = [_problem(error, known, _shown(tool)) for error in errors.errors(include_url=False)]
        raise refused_input(tool.title, _once(wrong)) from errors


def stays_here(found: FoundTool, staged: Staged) -> None:
    """Refuse to send an input that may hold a secret.

    Raises:
        InputRefused: Names the field; its value is not repeated.
    """
    if found.tool is None:
        return
    try:
        refuse_kernel_only(found.tool, staged.inputs)
    except InputRejected as rejected:
        raise from_rejection(found.tool, rejected) from None


def from_rejection(tool: Tool, rejected: InputRejected) -> InputRefused:
    """The refusal of an input that the tool itself turned down; nothing is charged for it."""
    action = rejected.action or _shown(tool)
    wrong = FieldProblem(field=rejected.field, found=rejected.found, allowed=rejected.allowed, action=action)
    return refused_input(tool.title, [wrong])


def _shown(tool: Tool) -> str:
    return f"%studio tool {catalog.short_name(tool.id)} shows its inputs"


def refuse_unknown(title: str, fields: Sequence[InputField], inputs: Mapping[str, Any]) -> None:
    """Refuse names that no input has, with the closest one.

    Raises:
        InputRefused: An input is unknown.
    """
    known = {one.name: one for one in fields}
    wrong = [name for name in inputs if name not in known]
    if wrong and known:
        raise refused_input(title, [_unknown(name, known) for name in wrong])


def _problem(error: ErrorDetails, known: Mapping[str, InputField], action: str) -> FieldProblem:
    name = ".".join(str(part) for part in error["loc"] if not _is_form(part)) or "inputs"
    top = str(error["loc"][0]) if error["loc"] else ""
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        return _unknown(top, known)
    if error["type"] == "missing":
        return _absent(name, known.get(top))
    return FieldProblem(field=name, found=_found(error["input"]), allowed=_allowed(error), action=action)


def _unknown(name: str, known: Mapping[str, InputField]) -> FieldProblem:
    close = did_you_mean(name, list(known))
    names = ", ".join(known)
    action = f"did you mean {known[close[0]].option}?" if close else ""
    return FieldProblem(
        field=name, found="an input that this tool does not have", allowed=names, action=action
    )


def _absent(name: str, field: InputField | None) -> FieldProblem:
    what = (field.description.rstrip(".") if field else "") or "a value"
    action = f"add {field.option} {field.takes}".rstrip() if field else ""
    return FieldProblem(field=name, found="nothing", allowed=what, action=action)


def _allowed(error: ErrorDetails) -> str:
    kind, _, fault = error["type"].partition("_")
    if kind in PLAIN_WORDS and fault in {"parsing", "type", "from_float", "number"}:
        return PLAIN_WORDS[kind]
    context = error.get("ctx", {})
    if "expected" in context:
        return str(context["expected"])
    if "error" in context:
        return one_line(str(context["error"]))
    message = error["msg"]
    for start in ("Input should be ", "Value error, "):
        message = message.removeprefix(start)
    return one_line(message)


def _found(value: Any) -> str:
    text = one_line(repr(value) if not isinstance(value, dict) else f"a dict of {len(value)}")  # pyright: ignore[reportUnknownArgumentType]  - any input may be wrong
    return text if len(text) <= MOST_FOUND else text[: MOST_FOUND - 1] + "…"


def _is_form(part: object) -> bool:
    """Whether this part of a location names a form of a union and not a field."""
    return isinstance(part, str) and (
        part in {"str", "int", "float", "bool"} or part[:1].isupper() or "[" in part
    )


def _once(problems: list[FieldProblem]) -> list[FieldProblem]:
    """One problem per field: the forms of a union all complain about the same value."""
    first: dict[str, FieldProblem] = {}
    for problem in problems:
        top = problem.field.split(".", maxsplit=1)[0]
        first.setdefault(top, problem)
    return list(first.values())
