"""What changed between two versions of an API, and whether it breaks those who use it.

A change of what is sent and of what is received break differently: a client may always send what was allowed
before, and must always understand what it gets. Every rule follows from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from studio_magics.tools.dev.api_designer.schema_differences import SchemaComparison
from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_magics.tools.dev.api_designer.document import Document, Operation

Effect = Literal["breaking", "risky", "compatible"]


@dataclass(frozen=True)
class Change:
    """One change: a rule, where, what, and what it means for a client."""

    code: str
    effect: Effect
    operation: str
    where: str
    said: str


class Comparison:
    """Compares an older document with a newer one."""

    def __init__(self, before: Document, after: Document) -> None:
        self._before = before
        self._after = after
        self._schemas = SchemaComparison(before, after)

    @property
    def is_cut(self) -> bool:
        """Whether a schema was too deep, or changed too much, to be followed to its end."""
        return self._schemas.is_cut

    def changes(self) -> list[Change]:
        """All changes, operation by operation in the order of the older document."""
        return list(self._changes())

    def _changes(self) -> Iterator[Change]:
        old = {_shape(one): one for one in self._before.operations}
        new = {_shape(one): one for one in self._after.operations}
        for shape, operation in old.items():
            if shape not in new:
                gone = operation.value.get("deprecated") is True
                yield Change(
                    "operation-removed", "breaking", operation.name, "",
                    "the operation is gone" + (" (it was marked as deprecated)" if gone else ""),
                )  # fmt: skip
            else:
                yield from self._operation(operation, new[shape])
        for shape, operation in new.items():
            if shape not in old:
                yield Change("operation-added", "compatible", operation.name, "", "a new operation")

    def _operation(self, old: Operation, new: Operation) -> Iterator[Change]:
        name = new.name
        if new.value.get("deprecated") is True and old.value.get("deprecated") is not True:
            yield Change("operation-deprecated", "compatible", name, "", "marked as deprecated")
        if as_text(old.value.get("operationId")) != as_text(new.value.get("operationId")):
            was, now = (as_text(one.value.get("operationId")) for one in (old, new))
            yield Change(
                "operation-id-changed", "risky", name, "operationId",
                f"was '{was}', is now '{now}': "
                "generated clients rename their function",
            )  # fmt: skip
        yield from self._security(old, new)
        yield from self._parameters(old, new)
        yield from self._request(old, new)
        yield from self._responses(old, new)

    def _security(self, old: Operation, new: Operation) -> Iterator[Change]:
        before = _alternatives(self._before.security(old))
        after = _alternatives(self._after.security(new))
        name = new.name
        if not before and after:
            yield Change("security-added", "breaking", name, "security", "callers must now sign in")
        elif before and not after:
            yield Change("security-removed", "risky", name, "security", "anybody may call it now")
        for way in before if after else ():
            if not any(other <= way for other in after):
                said = f"signing in with {_way(way)} no longer suffices"
                yield Change("security-tightened", "breaking", name, "security", said)

    def _parameters(self, old: Operation, new: Operation) -> Iterator[Change]:
        before, after = self._before.parameters(old), self._after.parameters(new)
        renamed = _renamed_path_parameters(old, new)
        for key, parameter in before.items():
            place, word = key
            other = after.get((place, renamed.get(word, word)) if place == "path" else key)
            where = f"{place} parameter '{word}'"
            if other is None:
                if place != "path":
                    yield Change("parameter-removed", "breaking", new.name, where, "the parameter is gone")
                continue
            if other.get("required") is True and parameter.get("required") is not True:
                yield Change("parameter-required", "breaking", new.name, where, "became required")
            yield from self._schema(parameter, other, new.name, where, "request")
        for key, parameter in after.items():
            if key not in before and key[0] != "path":
                yield _new_parameter(key, parameter, new.name)

    def _schema(
        self, old: dict[str, Any], new: dict[str, Any], name: str, where: str, direction: str
    ) -> Iterator[Change]:
        if "schema" in old and "schema" in new:
            for found in self._schemas.compare(old["schema"], new["schema"], direction):
                place = f"{where} {found.place}".rstrip()
                yield Change(f"{direction}-{found.code}", found.effect, name, place, found.said)

    def _request(self, old: Operation, new: Operation) -> Iterator[Change]:
        before, after = self._before.request(old), self._after.request(new)
        if before and not after:
            yield Change("request-removed", "breaking", new.name, "request", "no body is taken any more")
        elif after and not before:
            needed = after.get("required") is True
            yield Change(
                "request-added", "breaking" if needed else "compatible", new.name, "request",
                f"a body is now {'required' if needed else 'possible'}",
            )  # fmt: skip
        elif after.get("required") is True and before.get("required") is not True:
            yield Change("request-required", "breaking", new.name, "request", "the body became required")
        yield from self._content(before, after, new.name, "request", "request")

    def _content(
        self, old: dict[str, Any], new: dict[str, Any], name: str, where: str, direction: str
    ) -> Iterator[Change]:
        before, after = as_map(old.get("content")), as_map(new.get("content"))
        for media_type, media in before.items():
            if media_type in after:
                yield from self._schema(
                    as_map(media), as_map(after[media_type]), name, f"{where} {media_type}", direction
                )
            elif after or direction == "response":
                said = f"{media_type} is no longer {'taken' if direction == 'request' else 'given'}"
                yield Change(f"{direction}-media-type-removed", "breaking", name, where, said)
        for media_type in after:
            if media_type not in before and before:
                said = f"{media_type} is new"
                yield Change(f"{direction}-media-type-added", "compatible", name, where, said)

    def _responses(self, old: Operation, new: Operation) -> Iterator[Change]:
        before, after = self._before.responses(old), self._after.responses(new)
        for status, response in before.items():
            where = f"response {status}"
            if status not in after:
                works = status.startswith("2")
                yield Change(
                    "response-removed", "breaking" if works else "risky", new.name, where,
                    "it is no longer declared",
                )  # fmt: skip
                continue
            yield from self._content(response, after[status], new.name, where, "response")
            yield from self._headers(response, after[status], new.name, where)
        for status in after:
            if status not in before:
                risky = status.startswith(("2", "3"))
                yield Change(
                    "response-added", "risky" if risky else "compatible", new.name, f"response {status}",
                    "a new answer that clients do not expect" if risky else "a new failure is declared",
                )  # fmt: skip

    def _headers(self, old: dict[str, Any], new: dict[str, Any], name: str, where: str) -> Iterator[Change]:
        kept = {header.lower() for header in as_map(new.get("headers"))}
        for header in as_map(old.get("headers")):
            if header.lower() not in kept:
                yield Change(
                    "response-header-removed", "breaking", name, where, f"the header '{header}' is gone"
                )


def _shape(operation: Operation) -> tuple[str, str]:
    """Path and method; the names of path parameters do not count."""
    parts = operation.path.split("/")
    return "/".join(
        "{}" if part.startswith("{") and part.endswith("}") else part for part in parts
    ), operation.method


def _renamed_path_parameters(old: Operation, new: Operation) -> dict[str, str]:
    pairs = zip(old.path.split("/"), new.path.split("/"), strict=False)
    return {one.strip("{}"): other.strip("{}") for one, other in pairs if one.startswith("{")}


def _alternatives(requirements: Iterable[Any]) -> list[frozenset[tuple[str, str]]]:
    """Each way to sign in as the set of what it needs; an empty requirement lets anybody in."""
    found = [
        frozenset(
            (name, str(scope)) for name, scopes in as_map(one).items() for scope in (as_list(scopes) or [""])
        )
        for one in requirements
    ]
    return [] if frozenset() in found else found


def _way(way: frozenset[tuple[str, str]]) -> str:
    return " and ".join(sorted(f"{name} ({scope})" if scope else name for name, scope in way))


def _new_parameter(key: tuple[str, str], parameter: dict[str, Any], name: str) -> Change:
    needed = parameter.get("required") is True
    said = "a new parameter that must be given" if needed else "a new parameter"
    code = "parameter-added-required" if needed else "parameter-added"
    return Change(code, "breaking" if needed else "compatible", name, f"{key[0]} parameter '{key[1]}'", said)
