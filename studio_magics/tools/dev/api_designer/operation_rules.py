"""What to look for in servers, paths, operations and security; each gives the places it found."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.tools.dev.documents import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.api_designer.document import Document, Operation

CHANGING = frozenset({"post", "put", "patch", "delete"})
WITHOUT_BODY = frozenset({"get", "head", "delete"})
PAGING = re.compile(
    r"page|limit|cursor|offset|per_page|pagesize|max.?results|top|after|first|count|size", re.IGNORECASE
)
VERBS = frozenset({"get", "create", "update", "delete", "add", "remove", "fetch", "list", "set", "insert"})
LOCAL = re.compile(r"^http://(localhost|127\.|\[::1\])")


def same_paths(document: Document) -> Iterator[str]:
    """Paths that are equal when the names of parameters are not looked at."""
    seen: dict[str, str] = {}
    for path in as_map(document.value.get("paths")):
        bare = re.sub(r"\{[^{}]*\}", "{}", path)
        if bare in seen:
            yield f"{seen[bare]} and {path}"
        seen[bare] = path


def operation_ids_twice(document: Document) -> Iterator[str]:
    """OperationIds of more than one operation."""
    counted = Counter(_operation_id(one) for one in document.operations)
    yield from (name for name, count in counted.items() if name and count > 1)


def _operation_id(operation: Operation) -> str:
    return as_text(operation.value.get("operationId"))


def plain_servers(document: Document) -> Iterator[str]:
    """Servers reached over http, this machine excepted."""
    for server in as_list(document.value.get("servers")):
        url = as_text(as_map(server).get("url"))
        if url.lower().startswith("http://") and not LOCAL.match(url):
            yield url


def keys_in_addresses(document: Document) -> Iterator[str]:
    """API keys in the query."""
    for name, scheme in _schemes(document).items():
        if (
            document.followed(scheme).get("type") == "apiKey"
            and document.followed(scheme).get("in") == "query"
        ):
            yield name


def _schemes(document: Document) -> dict[str, object]:
    return as_map(as_map(document.value.get("components")).get("securitySchemes"))


def unknown_schemes(document: Document) -> Iterator[str]:
    """Security requirements that name a scheme that is not declared."""
    known = _schemes(document)
    for requirement in as_list(document.value.get("security")):
        yield from (f"the whole API: {name}" for name in as_map(requirement) if name not in known)
    for operation in document.operations:
        for requirement in as_list(operation.value.get("security")):
            yield from (f"{operation.name}: {name}" for name in as_map(requirement) if name not in known)


def bodies_not_read(document: Document) -> Iterator[str]:
    """GET, HEAD and DELETE with a request body."""
    for operation in document.operations:
        if operation.method in WITHOUT_BODY and "requestBody" in operation.value:
            yield operation.name


def content_in_empty(document: Document) -> Iterator[str]:
    """204 and 304 with content."""
    for operation in document.operations:
        for status, response in document.responses(operation).items():
            if status in {"204", "304"} and as_map(response.get("content")):
                yield f"{operation.name} {status}"


def without_success(document: Document) -> Iterator[str]:
    """Operations that declare neither 2xx nor 3xx nor (alone) a default."""
    for operation in document.operations:
        statuses = list(document.responses(operation))
        if not any(status[:1] in {"1", "2", "3"} for status in statuses) and statuses != ["default"]:
            yield operation.name


def without_failure(document: Document) -> Iterator[str]:
    """Operations that declare no failure."""
    for operation in document.operations:
        statuses = document.responses(operation)
        if not any(status[:1] in {"4", "5"} or status == "default" for status in statuses):
            yield operation.name


def unprotected_writes(document: Document) -> Iterator[str]:
    """Changing operations to which no security requirement applies."""
    for operation in document.operations:
        said = operation.value.get("security") == []
        if operation.method in CHANGING and not document.security(operation) and not said:
            yield operation.name


def unlimited_lists(document: Document) -> Iterator[str]:
    """GET operations whose answer is a list without bound, and without parameters for paging."""
    for operation in document.operations:
        if operation.method != "get":
            continue
        names = [name for place, name in document.parameters(operation) if place == "query"]
        if not any(PAGING.search(name) for name in names) and _gives_list(document, operation):
            yield operation.name


def _gives_list(document: Document, operation: Operation) -> bool:
    for status, response in document.responses(operation).items():
        for media in as_map(response.get("content")).values() if status.startswith("2") else ():
            schema = document.followed(as_map(media).get("schema"))
            if schema.get("type") == "array" and "maxItems" not in schema:
                return True
    return False


def without_operation_id(document: Document) -> Iterator[str]:
    """Operations without operationId."""
    yield from (one.name for one in document.operations if not _operation_id(one))


def undescribed(document: Document) -> Iterator[str]:
    """Operations with neither summary nor description."""
    for one in document.operations:
        if (
            not as_text(one.value.get("summary")).strip()
            and not as_text(one.value.get("description")).strip()
        ):
            yield one.name


def undeclared_tags(document: Document) -> Iterator[str]:
    """Tags of operations that the list of tags does not hold."""
    declared = {as_text(as_map(tag).get("name")) for tag in as_list(document.value.get("tags"))}
    used = [str(tag) for one in document.operations for tag in as_list(one.value.get("tags"))]
    yield from (tag for tag in dict.fromkeys(used) if tag not in declared)


def trailing_slashes(document: Document) -> Iterator[str]:
    """Paths that end with a slash."""
    yield from (path for path in as_map(document.value.get("paths")) if len(path) > 1 and path.endswith("/"))


def verbs_in_paths(document: Document) -> Iterator[str]:
    """Paths with a verb as a word of its own."""
    for path in as_map(document.value.get("paths")):
        words = re.split(r"[/_\-]", re.sub(r"\{[^{}]*\}", "", path).lower())
        if VERBS & set(words):
            yield path
