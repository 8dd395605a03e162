"""The shape of an OpenAPI 3.1 document, from the tables of its specification; and what departs.

A field is `name: kind`, with `!` where it is required; a kind is a basic type, an object of these tables,
`[Kind]` for a list, `{Kind}` for a mapping with names of one's own, `Kind|Ref` where a reference may stand.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.api_designer.document import pointer_text
from studio_magics.tools.dev.documents import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FINDINGS = 50
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEDIA = "schema: Schema, example: any, examples: {Example|Ref}"
OBJECTS = {
    "OpenAPI": "openapi!: str, info!: Info, jsonSchemaDialect: uri, servers: [Server], paths: Paths, "
    "webhooks: {PathItem}, components: Components, security: [Security], tags: [Tag], externalDocs: Docs",
    "Info": "title!: str, summary: str, description: str, termsOfService: uri, contact: Contact, "
    "license: License, version!: str",
    "Contact": "name: str, url: uri, email: str",
    "License": "name!: str, identifier: str, url: uri",
    "Server": "url!: str, description: str, variables: {ServerVariable}",
    "ServerVariable": "enum: [str], default!: str, description: str",
    "Components": "schemas: {Schema}, responses: {Response|Ref}, parameters: {Parameter|Ref}, "
    "examples: {Example|Ref}, requestBodies: {RequestBody|Ref}, headers: {Header|Ref}, "
    "securitySchemes: {SecurityScheme|Ref}, links: {Link|Ref}, callbacks: {Callback|Ref}, "
    "pathItems: {PathItem}",
    "PathItem": "$ref: uri, summary: str, description: str, servers: [Server], parameters: [Parameter|Ref], "
    "get: Operation, put: Operation, post: Operation, delete: Operation, options: Operation, "
    "head: Operation, patch: Operation, trace: Operation",
    "Operation": "tags: [str], summary: str, description: str, externalDocs: Docs, operationId: str, "
    "parameters: [Parameter|Ref], requestBody: RequestBody|Ref, responses: Responses, "
    "callbacks: {Callback|Ref}, deprecated: bool, security: [Security], servers: [Server]",
    "Docs": "description: str, url!: uri",
    "Parameter": "name!: str, in!: place, description: str, required: bool, deprecated: bool, "
    f"allowEmptyValue: bool, style: style, explode: bool, allowReserved: bool, content: {{Media}}, {MEDIA}",
    "RequestBody": "description: str, content!: {Media}, required: bool",
    "Media": f"{MEDIA}, encoding: {{Encoding}}",
    "Encoding": "contentType: str, headers: {Header|Ref}, style: style, explode: bool, allowReserved: bool",
    "Response": "description!: str, headers: {Header|Ref}, content: {Media}, links: {Link|Ref}",
    "Example": "summary: str, description: str, value: any, externalValue: uri",
    "Link": "operationRef: uri, operationId: str, parameters: {any}, requestBody: any, description: str, "
    "server: Server",
    "Header": "description: str, required: bool, deprecated: bool, style: style, explode: bool, "
    f"content: {{Media}}, {MEDIA}",
    "Tag": "name!: str, description: str, externalDocs: Docs",
    "Ref": "$ref!: uri, summary: str, description: str",
    "SecurityScheme": "type!: scheme, description: str, name: str, in: keyplace, scheme: str, "
    "bearerFormat: str, flows: Flows, openIdConnectUrl: uri",
    "Flows": "implicit: Flow, password: Flow, clientCredentials: Flow, authorizationCode: Flow",
    "Flow": "authorizationUrl: uri, tokenUrl: uri, refreshUrl: uri, scopes!: {str}",
}
PLACES = ["query", "header", "path", "cookie"]
STYLES = ["matrix", "label", "form", "simple", "spaceDelimited", "pipeDelimited", "deepObject"]
BASIC: dict[str, Any] = {
    "str": {"type": "string"},
    "uri": {"type": "string", "minLength": 1},
    "bool": {"type": "boolean"},
    "any": True,
    "place": {"enum": PLACES},
    "style": {"enum": STYLES},
    "keyplace": {"enum": ["query", "header", "cookie"]},
    "scheme": {"enum": ["apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"]},
    "Schema": {"$ref": SCHEMA_DIALECT},
}
COMPONENT_NAME = "^[a-zA-Z0-9._-]+$"
STATUS = "^([1-5](\\d\\d|XX)|default)$"


def _needs(field: str, value: str, *needed: str) -> dict[str, Any]:
    condition = {"properties": {field: {"const": value}}, "required": [field]}
    return {"if": condition, "then": {"required": list(needed)}}


RULES: dict[str, dict[str, Any]] = {
    "OpenAPI": {"anyOf": [{"required": [name]} for name in ("paths", "components", "webhooks")]},
    "Parameter": {
        "oneOf": [{"required": ["schema"]}, {"required": ["content"]}],
        "if": {"properties": {"in": {"const": "path"}}, "required": ["in"]},
        "then": {"required": ["required"], "properties": {"required": {"const": True}}},
    },
    "Header": {"oneOf": [{"required": ["schema"]}, {"required": ["content"]}]},
    "Media": {"not": {"required": ["example", "examples"]}},
    "License": {"not": {"required": ["identifier", "url"]}},
    "Example": {"not": {"required": ["value", "externalValue"]}},
    "Link": {"oneOf": [{"required": ["operationRef"]}, {"required": ["operationId"]}]},
    "SecurityScheme": {
        "allOf": [
            _needs("type", "apiKey", "name", "in"),
            _needs("type", "http", "scheme"),
            _needs("type", "oauth2", "flows"),
            _needs("type", "openIdConnect", "openIdConnectUrl"),
        ]
    },
}
NAMED: dict[str, Any] = {
    "Paths": {"type": "object", "patternProperties": {"^/": {"$ref": "#/$defs/PathItem"}, "^x-": True},
              "additionalProperties": False},
    "Responses": {"type": "object", "minProperties": 1, "additionalProperties": False,
                  "patternProperties": {STATUS: {"$ref": "#/$defs/Response.Ref"}, "^x-": True}},
    "Callback": {"type": "object", "patternProperties": {"^x-": True},
                 "additionalProperties": {"$ref": "#/$defs/PathItem"}},
    "Security": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
}  # fmt: skip


def _kind(written: str) -> Any:
    if written[0] == "[":
        return {"type": "array", "items": _kind(written[1:-1])}
    if written[0] == "{":
        return {"type": "object", "additionalProperties": _kind(written[1:-1])}
    return BASIC.get(written) if written in BASIC else {"$ref": f"#/$defs/{written.replace('|', '.')}"}


def _object(name: str, written: str) -> dict[str, Any]:
    fields = [part.split(": ", 1) for part in written.split(", ")]
    properties = {field.rstrip("!"): _kind(kind) for field, kind in fields}
    if name == "Components":
        for part in properties.values():
            part["propertyNames"] = {"pattern": COMPONENT_NAME}
    return {
        "type": "object",
        "required": [field.rstrip("!") for field, _ in fields if field.endswith("!")],
        "properties": properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        **RULES.get(name, {}),
    }


def document_schema() -> dict[str, Any]:
    """The shape as a JSON Schema of 2020-12."""
    made = {name: _object(name, written) for name, written in OBJECTS.items()}
    made["Ref"]["additionalProperties"] = True
    either = {
        f"{name}.Ref": {
            "if": {"type": "object", "required": ["$ref"]},
            "then": {"$ref": "#/$defs/Ref"},
            "else": {"$ref": f"#/$defs/{name}"},
        }
        for name in (*OBJECTS, *NAMED)
    }
    return {"$schema": SCHEMA_DIALECT, "$ref": "#/$defs/OpenAPI", "$defs": {**made, **NAMED, **either}}


@cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(document_schema())


def departures(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Place and message of what is not as the specification says."""
    for error in _validator().iter_errors(value):
        yield pointer_text(tuple(str(part) for part in error.instance_path)), str(error.message)


def structure_findings(value: dict[str, Any]) -> list[Finding]:
    """The first departures as findings."""
    found: list[Finding] = []
    for where, message in departures(value):
        found.append(
            Finding(
                code="not-openapi",
                severity="critical",
                title=f"{shown(where)} is not as OpenAPI 3.1 says",
                where=where,
                detail=message if len(message) < 300 else message[:299] + "…",  # noqa: PLR2004  - a message quotes the value
                action="Correct it first: other tools will refuse the document",
            )
        )
        if len(found) == MAX_FINDINGS:
            break
    return found
