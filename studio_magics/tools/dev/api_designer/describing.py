"""Operations and types in words, for the reference in both of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.api_designer.document import Document, Operation

MAX_DEPTH = 3
SHOWN_VALUES = 8


@dataclass(frozen=True)
class Row:
    """One line of a table: a name, its type, whether it must be there, and what it is."""

    name: str
    kind: str
    required: bool | None
    """None where the question does not arise."""
    told: str


def operation_rows(document: Document, operation: Operation) -> Iterator[tuple[str, list[Row]]]:
    """The tables of one operation: parameters, request, responses."""
    parameters = [
        Row(
            f"{name} ({place})",
            type_text(document, one.get("schema")),
            one.get("required") is True,
            as_text(one.get("description")),
        )
        for (place, name), one in document.parameters(operation).items()
    ]
    if parameters:
        yield "Parameters", parameters
    request = document.request(operation)
    if request:
        yield "Request", _body_rows(document, request, required=request.get("required") is True)
    answers = [
        Row(f"{status} {row.name}".strip(), row.kind, required=None, told=row.told)
        for status, one in document.responses(operation).items()
        for row in _body_rows(document, one, required=False)
    ]
    if answers:
        yield "Responses", answers


def _body_rows(document: Document, holder: dict[str, Any], *, required: bool) -> list[Row]:
    told = as_text(holder.get("description"))
    content = as_map(holder.get("content"))
    if not content:
        return [Row("", "no body", required, told)]
    return [
        Row(name, type_text(document, as_map(media).get("schema")), required, told)
        for name, media in content.items()
    ]


def type_text(document: Document, schema: Any, depth: int = 0) -> str:
    """'list of Book', 'string (date)', 'one of draft, published'."""
    reference = as_text(as_map(schema).get("$ref"))
    if reference:
        return reference.rsplit("/", 1)[1]
    value = as_map(schema)
    if not value or depth > MAX_DEPTH:
        return "anything"
    values = as_list(value.get("enum"))
    if values:
        more = ", …" if len(values) > SHOWN_VALUES else ""
        return f"one of {', '.join(str(one) for one in values[:SHOWN_VALUES])}{more}"
    for key, joint in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")):
        if as_list(value.get(key)):
            return joint.join(
                type_text(document, one, depth + 1) for one in as_list(value[key])[:SHOWN_VALUES]
            )
    kind = value.get("type")
    kinds = [str(one) for one in as_list(kind)] if isinstance(kind, list) else [as_text(kind) or "object"]
    if kinds == ["array"]:
        return f"list of {type_text(document, value.get('items'), depth + 1)}"
    form = as_text(value.get("format"))
    return " or ".join(kinds) + (f" ({form})" if form else "") + _limits(value)


def _limits(value: dict[str, Any]) -> str:
    said = [
        f"{word} {value[key]:,}"
        for key, word in (
            ("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most"),
        )
        if isinstance(value.get(key), int | float)
    ]  # fmt: skip
    return f", {' '.join(said)}" if said else ""
