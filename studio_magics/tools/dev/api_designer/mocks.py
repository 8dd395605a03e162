"""Examples made from schemas: the same every time, and checked against the schema they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.api_designer.fitting import Fitting
from studio_magics.tools.dev.api_designer.patterns import text_for
from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.api_designer.document import Document, Operation

MAX_DEPTH = 8
"""Below this only what is required is made."""
DEEPEST = 24
MAX_OPERATIONS = 400
MAX_VALUES = 2_000
PLAIN = frozenset({"string", "integer", "number", "boolean", "null"})
FORMATS: dict[str, Any] = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:00:00Z",
    "time": "09:00:00Z",
    "duration": "P1D",
    "uuid": "9f1c4a54-7f0e-4c61-9d53-6f2f0a7a3b10",
    "email": "ada@example.org",
    "idn-email": "ada@example.org",
    "uri": "https://example.org/",
    "url": "https://example.org/",
    "uri-reference": "/example",
    "iri": "https://example.org/",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "ZXhhbXBsZQ==",
    "password": "********",
    "regex": ".*",
    "json-pointer": "/example",
}


@dataclass(frozen=True)
class Mock:
    """One example of an operation's request or response."""

    operation: str
    part: str
    """'request', or the status of the response."""
    media_type: str
    value: Any
    faults: tuple[str, ...]
    """What of it does not fit its schema."""


class Mocker:
    """Makes examples for the schemas of one document."""

    def __init__(self, document: Document, items: int) -> None:
        self._document = document
        self._items = items
        self._left = MAX_VALUES

    def body(self, schema: Any, *, writes: bool) -> Any:
        """A whole example; what would have more than `MAX_VALUES` values ends early."""
        self._left = MAX_VALUES
        return self.value(schema, writes=writes)

    def value(self, schema: Any, *, writes: bool = False, depth: int = 0) -> Any:
        """An example; `writes`: what a client sends, so without read-only properties."""
        self._left -= 1
        if self._left < 0:
            return None
        found = self._document.followed(schema)
        for known in ("const", "default"):
            if known in found and (known == "const" or depth):
                return found[known]
        if as_list(found.get("examples")):
            return as_list(found["examples"])[0]
        if as_list(found.get("enum")):
            return as_list(found["enum"])[0]
        return self._made(found, writes=writes, depth=depth)

    def _made(self, schema: dict[str, Any], *, writes: bool, depth: int) -> Any:
        combined = self._combined(schema, writes=writes, depth=depth)
        if combined is not None:
            return combined
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, writes=writes, depth=depth)
        if kind == "array":
            return self._array(schema, writes=writes, depth=depth)
        if kind == "string":
            return _string(schema)
        if kind in {"integer", "number"}:
            return _number(schema, whole=kind == "integer")
        return True if kind == "boolean" else None

    def _combined(self, schema: dict[str, Any], *, writes: bool, depth: int) -> Any:
        choices = as_list(schema.get("oneOf")) or as_list(schema.get("anyOf"))
        parts = as_list(schema.get("allOf"))
        if depth > DEEPEST:
            return None
        if choices and not schema.get("properties") and not parts:
            chosen = self._flattest(choices) if depth >= MAX_DEPTH // 2 else choices[0]
            return self.value(chosen, writes=writes, depth=depth + 1)
        if not parts:
            return None
        made = [self.value(one, writes=writes, depth=depth + 1) for one in parts]
        own = self._object(schema, writes=writes, depth=depth) if schema.get("properties") else {}
        if all(isinstance(one, dict) for one in made):
            return {key: value for one in [*made, own] for key, value in as_map(one).items()}
        return made[0]

    def _flattest(self, choices: list[Any]) -> Any:
        """The first choice that ends here; else the first."""
        plain = (one for one in choices if _kind(self._document.followed(one)) in PLAIN)
        return next(plain, choices[0])

    def _object(self, schema: dict[str, Any], *, writes: bool, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        needed = as_list(schema.get("required"))
        for name, part in as_map(schema.get("properties")).items():
            hidden = "readOnly" if writes else "writeOnly"
            if self._document.followed(part).get(hidden) is True:
                continue
            if depth < MAX_DEPTH // 2 or name in needed:
                found[name] = self.value(part, writes=writes, depth=depth + 1) if depth < DEEPEST else None
        for name in needed:
            if isinstance(name, str) and name not in found and name not in as_map(schema.get("properties")):
                found[name] = "example"
        return found

    def _array(self, schema: dict[str, Any], *, writes: bool, depth: int) -> list[Any]:
        if "items" not in schema or depth >= (DEEPEST if _bound(schema, "minItems") else MAX_DEPTH):
            return []
        least, most = int(_bound(schema, "minItems") or 0), _bound(schema, "maxItems")
        most = 100 if most is None else int(most)
        count = max(least, 1 if schema.get("uniqueItems") else self._items if depth < 2 else 1)  # noqa: PLR2004  - the outermost lists
        return [
            self.value(schema["items"], writes=writes, depth=depth + 1) for _ in range(min(count, most, 100))
        ]


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in as_list(kind) if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "additionalProperties" in schema or "required" in schema:
        return "object"
    return (
        "array"
        if "items" in schema
        else "string"
        if {"format", "pattern", "maxLength"} & schema.keys()
        else ""
    )


def _bound(schema: dict[str, Any], key: str) -> Any:
    """The number under this key; None where there is none."""
    value = schema.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _string(schema: dict[str, Any]) -> str:
    least, most = int(_bound(schema, "minLength") or 0), _bound(schema, "maxLength")
    pattern = as_text(schema.get("pattern"))
    if pattern and "format" not in schema:
        return text_for(pattern, least) or "example"
    known = FORMATS.get(as_text(schema.get("format")))
    text = str(known if known is not None else "example").ljust(min(least, 10_000), "x")
    return text if most is None else text[: max(int(most), 0)]


def _number(schema: dict[str, Any], *, whole: bool) -> int | float:
    step = abs(_bound(schema, "multipleOf") or 1)
    low, above = _bound(schema, "minimum"), _bound(schema, "exclusiveMinimum")
    high, below = _bound(schema, "maximum"), _bound(schema, "exclusiveMaximum")
    if low is not None:
        value = low
    elif above is not None:
        value = above + step
    else:
        value = min(1, 1 if high is None else high, 1 if below is None else below - step)
    value = -(-value // step) * step
    return int(value) if whole or value == int(value) else float(value)


def mocks(document: Document, items: int) -> list[Mock]:
    """An example of every JSON request and response of the first operations."""
    mocker, fitting = Mocker(document, items), Fitting(document)
    found: list[Mock] = []
    for operation in document.operations[:MAX_OPERATIONS]:
        bodies = [("request", document.request(operation)), *document.responses(operation).items()]
        for part, holder in bodies:
            found += _of_body(operation, part, holder, mocker, fitting)
    return found


def _of_body(
    operation: Operation, part: str, holder: dict[str, Any], mocker: Mocker, fitting: Fitting
) -> list[Mock]:
    found: list[Mock] = []
    for media_type, media in as_map(holder.get("content")).items():
        if "json" not in media_type:
            continue
        schema = as_map(media).get("schema")
        value = _written(as_map(media))
        if value is None:
            value = mocker.body(schema, writes=part == "request")
        faults = tuple(fitting.faults(schema, value)[:3]) if schema is not None else ()
        found.append(Mock(operation.name, part, media_type, value, faults))
    return found


def _written(media: dict[str, Any]) -> Any:
    """The example somebody wrote, where there is one."""
    if "example" in media:
        return media["example"]
    for one in as_map(media.get("examples")).values():
        if "value" in as_map(one):
            return as_map(one)["value"]
    return None
