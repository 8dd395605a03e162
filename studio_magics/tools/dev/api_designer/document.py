"""An OpenAPI document in memory: references inside of it, its operations, and where things are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MAX_HOPS = 40
DATA = frozenset({"example", "default", "enum", "const"})
"""Keys whose values are data; as names of properties and of responses they are none."""
Pointer = tuple[str, ...]


def pointer_text(pointer: Pointer) -> str:
    """'#/paths/~1books/get' as OpenAPI writes it."""
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)


def pointer_of(reference: str) -> Pointer:
    """The parts of a reference that starts with '#/'."""
    from urllib.parse import unquote

    parts = unquote(reference.removeprefix("#/")).split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


@dataclass(frozen=True)
class Operation:
    """One method on one path."""

    path: str
    method: str
    value: dict[str, Any]
    shared: tuple[Any, ...]
    """Parameters of the path item, not resolved."""

    @property
    def name(self) -> str:
        """'GET /books'."""
        return f"{self.method.upper()} {self.path}"

    @property
    def pointer(self) -> Pointer:
        """Where it is written."""
        return ("paths", self.path, self.method)

    @property
    def tag(self) -> str:
        """The first tag, or the first word of the path."""
        tags = as_list(self.value.get("tags"))
        if tags and isinstance(tags[0], str):
            return tags[0]
        words = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return words[0] if words else "/"


@dataclass(frozen=True)
class Document:
    """The whole document, version 3.1, with references only into itself."""

    value: dict[str, Any]
    written_version: str = "3.1.0"
    """As it was before an upgrade."""
    _resolved: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def title(self) -> str:
        """What the API calls itself."""
        return as_text(as_map(self.value.get("info")).get("title")) or "API"

    @property
    def version(self) -> str:
        """The version of the API, not of OpenAPI."""
        return as_text(as_map(self.value.get("info")).get("version"))

    def at(self, pointer: Pointer) -> Any:
        """The value at this place; None where there is none."""
        here: Any = self.value
        for part in pointer:
            if isinstance(here, dict):
                here = as_map(here).get(part)
            elif isinstance(here, list) and part.isdigit() and int(part) < len(as_list(here)):
                here = as_list(here)[int(part)]
            else:
                return None
        return here

    def follow(self, value: Any) -> Any:
        """The value, or what its '$ref' leads to; an empty mapping where it leads nowhere or in a circle."""
        for _ in range(MAX_HOPS):
            reference = as_map(value).get("$ref")
            if not isinstance(reference, str):
                return value
            if reference not in self._resolved:
                self._resolved[reference] = self.at(pointer_of(reference)) or {}
            value = self._resolved[reference]
        return {}

    def followed(self, value: Any) -> dict[str, Any]:
        """As `follow`, for what must be a mapping."""
        return as_map(self.follow(value))

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every method of every path, as written."""
        return tuple(self._operations())

    def _operations(self) -> Iterator[Operation]:
        for path, item in as_map(self.value.get("paths")).items():
            item_map = self.followed(item)
            shared = tuple(as_list(item_map.get("parameters")))
            for method in METHODS:
                if isinstance(item_map.get(method), dict):
                    yield Operation(path, method, as_map(item_map[method]), shared)

    def parameters(self, operation: Operation) -> dict[tuple[str, str], dict[str, Any]]:
        """All parameters of an operation by place and name; its own replace those of the path."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for written in (*operation.shared, *as_list(operation.value.get("parameters"))):
            parameter = self.followed(written)
            place, name = as_text(parameter.get("in")), as_text(parameter.get("name"))
            found[place, name.lower() if place == "header" else name] = parameter
        return found

    def request(self, operation: Operation) -> dict[str, Any]:
        """The request body, or an empty mapping."""
        return self.followed(operation.value.get("requestBody"))

    def responses(self, operation: Operation) -> dict[str, dict[str, Any]]:
        """The responses by status."""
        written = as_map(operation.value.get("responses"))
        return {status: self.followed(one) for status, one in written.items() if not status.startswith("x-")}

    def security(self, operation: Operation) -> list[Any]:
        """The alternatives that let a caller in; an empty list where anybody may."""
        own = operation.value.get("security")
        return as_list(own if own is not None else self.value.get("security"))


def references(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Every '$ref' below, with the place that holds it; examples hold none."""
    stack: list[tuple[Any, Pointer]] = [(value, pointer)]
    while stack:
        here, at = stack.pop()
        if isinstance(here, dict):
            pairs = as_map(here)
            reference = pairs.get("$ref")
            if isinstance(reference, str) and at[-1:] != ("properties",):
                yield at, reference
            stack += [
                (inner, (*at, key)) for key, inner in reversed(pairs.items()) if not _is_data(at, key, inner)
            ]
        elif isinstance(here, list):
            stack += [(inner, (*at, str(n))) for n, inner in reversed(list(enumerate(as_list(here))))]


def _is_data(at: Pointer, key: str, value: Any) -> bool:
    """Whether what stands under this key is somebody's data, which may hold anything."""
    if at[-1:] in {("properties",), ("responses",)}:
        return False
    if key == "examples":
        return not isinstance(value, dict)
    return key in DATA or (key == "value" and at[-2:-1] == ("examples",))
