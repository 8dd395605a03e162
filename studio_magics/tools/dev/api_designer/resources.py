"""A short description of resources becomes a whole OpenAPI 3.1 document, designed as the field advises.

Lists are paged by cursor, failures are problem details (RFC 9457), what creates can be repeated safely
with an Idempotency-Key, and every status that an operation gives is declared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.api_designer.fields import EXAMPLES, NAME, NAME_SAYS, ApiField, read_field
from studio_magics.tools.dev.api_designer.standard_parts import (
    SECURITY,
    failures,
    list_parameters,
    standard_components,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.dev.documents import Part

OPERATIONS = ("list", "create", "read", "replace", "update", "delete")
TOP_KEYS = ("api", "version", "description", "server", "security", "resources", "page_size", "license")
RESOURCE_KEYS = ("description", "fields", "operations", "filters", "plural", "below", "public")
MAX_RESOURCES = 100
MAX_FIELDS = 200


@dataclass(frozen=True)
class Resource:
    """One kind of thing the API serves."""

    name: str
    plural: str
    description: str
    fields: tuple[ApiField, ...]
    operations: tuple[str, ...]
    filters: tuple[str, ...]
    public: tuple[str, ...]
    below: Resource | None

    @property
    def type_name(self) -> str:
        """'order_line' → 'OrderLine'."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def title(self) -> str:
        """'order line'."""
        return self.name.replace("_", " ")

    @property
    def collection(self) -> str:
        """The path of all of them."""
        above = f"{self.below.single}" if self.below else ""
        return f"{above}/{self.plural.replace('_', '-')}"

    @property
    def single(self) -> str:
        """The path of one of them."""
        return f"{self.collection}/{{{self.name}_id}}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the path parameters of one of them, outermost first."""
        return (*(self.below.keys if self.below else ()), f"{self.name}_id")


def designed(part: Part) -> dict[str, Any]:
    """The document for a short description.

    Raises:
        InputRejected: A key, type, operation or reference is unknown; names its line.
    """
    top = part.entries(TOP_KEYS, needed=("api", "resources"))
    resources = _resources(top["resources"])
    security = top["security"].choice(SECURITY) if "security" in top else "bearer"
    server = top["server"].word(r"(https?://|/)\S+", "an address such as https://api.example.com/v1") if (
        "server" in top) else "/"  # fmt: skip
    page_size = top["page_size"].integer(1, 1_000) if "page_size" in top else 50
    info: dict[str, Any] = {
        "title": top["api"].text(),
        "version": top["version"].text() if "version" in top else "0.1.0",
    }
    info["description"] = top["description"].text(most=5_000) if "description" in top else (
        f"Manages {_sentence([one.plural.replace('_', ' ') for one in resources])}.")  # fmt: skip
    if "license" in top:
        info["license"] = {"name": top["license"].text(), "identifier": top["license"].text()}
    components = standard_components(security, page_size)
    components["schemas"] |= _schemas(resources)
    document: dict[str, Any] = {"openapi": "3.1.0", "info": info, "servers": [{"url": server}]}
    if security != "none":
        document["security"] = [{security: []}]
    document["tags"] = [{"name": one.plural, "description": one.description} for one in resources]
    document["paths"] = {path: item for one in resources for path, item in _paths(one, security).items()}
    document["components"] = components
    return document


def _sentence(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _resources(part: Part) -> list[Resource]:
    written = part.named(MAX_RESOURCES)
    if not written:
        part.refuse("no resource", "at least one")
    done: dict[str, Resource] = {}
    for name, one in written.items():
        if not re.fullmatch(NAME, name):
            one.refuse(f"the resource name '{name[:60]}'", NAME_SAYS)
        done[name] = _resource(name, one, written, done)
    plurals = [one.plural for one in done.values()]
    twice = next((name for name, one in done.items() if plurals.count(one.plural) > 1), None)
    if twice:
        written[twice].refuse(f"two resources with the plural '{done[twice].plural}'", "a plural of its own")
    return list(done.values())


def _resource(name: str, part: Part, written: Mapping[str, Part], done: Mapping[str, Resource]) -> Resource:
    entries = part.entries(RESOURCE_KEYS, needed=("fields",))
    fields = tuple(
        read_field(key, one, written)
        for key, one in entries["fields"].named(MAX_FIELDS).items()
        if key != "id"
    )
    if not fields:
        entries["fields"].refuse("no field", "at least one besides id")
    operations = tuple(one.choice(OPERATIONS) for one in entries["operations"].items(6)) if (
        "operations" in entries) else OPERATIONS  # fmt: skip
    named = [one.name for one in fields if "write-only" not in one.flags and "many" not in one.flags]
    plural = entries["plural"].word(NAME, NAME_SAYS) if "plural" in entries else _plural(name)
    below = entries["below"].choice(done) if "below" in entries else ""
    return Resource(
        name=name,
        plural=plural,
        description=entries["description"].text(most=2_000) if "description" in entries else (
            f"Operations on {plural.replace('_', ' ')}."),
        fields=fields,
        operations=tuple(one for one in OPERATIONS if one in operations),
        filters=_chosen(entries.get("filters"), named, 20),
        public=_chosen(entries.get("public"), operations, 6),
        below=done[below] if below else None,
    )  # fmt: skip


def _chosen(part: Part | None, known: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(one.choice(known) for one in part.items(most)) if part else ()


def _plural(name: str) -> str:
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "z", "ch", "sh")) else f"{name}s"


def _schemas(resources: list[Resource]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in resources:
        key = {"type": "string", "format": "uuid", "readOnly": True, "examples": [EXAMPLES["uuid"]]}
        shown = {field.name: _read(field) for field in one.fields if "write-only" not in field.flags}
        taken = {field.name: _write(field) for field in one.fields if field.is_written}
        needed = [field.name for field in one.fields if "required" in field.flags]
        found[one.type_name] = {
            "type": "object",
            "description": f"One {one.title}, as the server gives it.",
            "required": ["id", *(name for name in needed if name in shown)],
            "properties": {"id": key, **shown},
        }
        if {"create", "replace"} & set(one.operations):
            found[f"{one.type_name}Input"] = _taken(taken, [name for name in needed if name in taken], one)
        if "update" in one.operations:
            found[f"{one.type_name}Changes"] = {**_taken(taken, [], one), "minProperties": 1}
        if "list" in one.operations:
            found[f"{one.type_name}Page"] = _page(one)
    return found


def _taken(properties: dict[str, Any], needed: list[str], one: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "description": f"What a client says of {_a(one.title)}.",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**found, "required": needed} if needed else found


def _read(field: ApiField) -> dict[str, Any]:
    return {**field.schema, "readOnly": True} if not field.is_written else field.schema


def _write(field: ApiField) -> dict[str, Any]:
    return {**field.schema, "writeOnly": True} if "write-only" in field.flags else field.schema


def _page(one: Resource) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"Some {one.plural.replace('_', ' ')}, and where the next ones begin.",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": _ref(one.type_name), "maxItems": 1_000},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Give it as 'cursor' for the next page; null on the last one.",
                "examples": [None],
            },
        },
    }


def _ref(name: str, group: str = "schemas") -> dict[str, Any]:
    return {"$ref": f"#/components/{group}/{name}"}


def _paths(one: Resource, security: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    above = [_key(name) for name in one.keys[:-1]]
    for path, names, keys in (
        (one.collection, ("list", "create"), above),
        (one.single, ("read", "replace", "update", "delete"), [*above, _key(one.keys[-1])]),
    ):
        item: dict[str, Any] = {"parameters": keys} if keys else {}
        for name in names:
            if name in one.operations:
                item[_METHODS[name]] = _operation(one, name, security)
        if len(item) > bool(keys):
            found[path] = item
    return found


_METHODS = {
    "list": "get",
    "create": "post",
    "read": "get",
    "replace": "put",
    "update": "patch",
    "delete": "delete",
}


def _key(name: str) -> dict[str, Any]:
    what = name.removesuffix("_id").replace("_", " ")
    return {
        "name": name, "in": "path", "required": True, "description": f"Which {what}.",
        "schema": {"type": "string", "format": "uuid"},
    }  # fmt: skip


def _operation(one: Resource, name: str, security: str) -> dict[str, Any]:
    many = one.plural.replace("_", " ")
    said = {
        "list": f"List {many}", "create": f"Create {_a(one.title)}", "read": f"Read one {one.title}",
        "replace": f"Replace {_a(one.title)}", "update": f"Change parts of {_a(one.title)}",
        "delete": f"Delete {_a(one.title)}",
    }  # fmt: skip
    noun = f"{one.type_name[:1].upper()}{one.type_name[1:]}"
    plural = "".join(word.capitalize() for word in one.plural.split("_"))
    found: dict[str, Any] = {
        "operationId": f"{name}{plural if name == 'list' else noun}",
        "tags": [one.plural],
        "summary": said[name],
        "description": f"{said[name]}.",
    }
    if name == "list":
        found["parameters"] = list_parameters(_filters(one))
    if name == "create":
        found["parameters"] = [_ref("IdempotencyKey", "parameters")]
    if name in {"create", "replace", "update"}:
        found["requestBody"] = _body(one, name)
    is_public = name in one.public or security == "none"
    found["responses"] = {
        **_success(one, name),
        **failures(name, nested=bool(one.below), secured=not is_public),
    }
    if name in one.public and security != "none":
        found["security"] = []
    return found


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _filters(one: Resource) -> list[tuple[str, dict[str, Any]]]:
    fields = {field.name: field for field in one.fields}
    return [(name, fields[name].schema) for name in one.filters]


def _body(one: Resource, name: str) -> dict[str, Any]:
    if name == "update":
        content = {"application/merge-patch+json": {"schema": _ref(f"{one.type_name}Changes")}}
    else:
        content = {"application/json": {"schema": _ref(f"{one.type_name}Input")}}
    return {"required": True, "content": content}


def _success(one: Resource, name: str) -> dict[str, Any]:
    if name == "delete":
        return {"204": {"description": f"The {one.title} is gone."}}
    schema = _ref(f"{one.type_name}Page" if name == "list" else one.type_name)
    said = f"The {one.title}" if name != "list" else f"Some {one.plural.replace('_', ' ')}"
    answer: dict[str, Any] = {"description": f"{said}.", "content": {"application/json": {"schema": schema}}}
    if name == "create":
        place = {"description": "Where it is now.", "schema": {"type": "string", "format": "uri-reference"}}
        return {"201": {**answer, "headers": {"Location": place}}}
    return {"200": answer}
