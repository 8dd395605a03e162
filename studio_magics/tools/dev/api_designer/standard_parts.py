"""What every designed API has: problem details, paging, safe repetition, and ways to sign in."""

from __future__ import annotations

from typing import Any

SECURITY = ("bearer", "api-key", "oauth2", "none")
SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "api-key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "oauth2": {
        "type": "oauth2",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth2/authorize",
                "tokenUrl": "/oauth2/token",
                "scopes": {},
            }
        },
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, as problem details (RFC 9457).",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "default": "about:blank"},
        "title": {"type": "string", "examples": ["Not found"]},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "examples": [404]},
        "detail": {"type": "string", "examples": ["There is nothing under this identifier."]},
        "instance": {"type": "string", "format": "uri-reference", "examples": ["/requests/1"]},
    },
}
FAILURES: dict[str, tuple[str, str]] = {
    "400": ("BadRequest", "The request could not be read."),
    "401": ("Unauthorized", "Nobody is signed in."),
    "403": ("Forbidden", "The caller may not do this."),
    "404": ("NotFound", "There is nothing under this identifier."),
    "409": ("Conflict", "It is in a state that does not allow this."),
    "422": ("Unprocessable", "A value is not allowed; the detail says which."),
    "429": ("TooManyRequests", "Wait as long as Retry-After says."),
    "default": ("Failure", "Something else went wrong."),
}


def standard_components(security: str, page_size: int) -> dict[str, Any]:
    """The parts that operations refer to."""
    found: dict[str, Any] = {
        "schemas": {"Problem": PROBLEM},
        "parameters": _parameters(page_size),
        "responses": {name: _failure(status, said) for status, (name, said) in FAILURES.items()},
    }
    if security != "none":
        found["securitySchemes"] = {security: SCHEMES[security]}
    return found


def _parameters(page_size: int) -> dict[str, Any]:
    most = max(page_size, 100)
    return {
        "Cursor": {
            "name": "cursor", "in": "query", "description": "Where to go on; from 'next_cursor'.",
            "schema": {"type": "string", "maxLength": 500},
        },
        "Limit": {
            "name": "limit", "in": "query", "description": "How many at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": most, "default": page_size},
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "The same key again gives the first answer instead of creating twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        },
    }  # fmt: skip


def _failure(status: str, said: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    found: dict[str, Any] = {"description": said, "content": {"application/problem+json": {"schema": schema}}}
    if status == "429":
        wait = {"type": "integer", "minimum": 0}
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": wait}}
    return found


def list_parameters(filters: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Paging, and one query parameter for each filter."""
    paging = [{"$ref": f"#/components/parameters/{name}"} for name in ("Cursor", "Limit")]
    return paging + [
        {
            "name": name,
            "in": "query",
            "description": f"Only those with this {name.replace('_', ' ')}.",
            "schema": schema,
        }
        for name, schema in filters
    ]


def failures(operation: str, *, nested: bool, secured: bool) -> dict[str, Any]:
    """The ways in which this operation may fail."""
    found = ["400"]
    if secured:
        found += ["401", "403"]
    if nested or operation in {"read", "replace", "update", "delete"}:
        found.append("404")
    if operation in {"create", "replace", "update"}:
        found += ["409", "422"]
    return {
        status: {"$ref": f"#/components/responses/{FAILURES[status][0]}"}
        for status in (*found, "429", "default")
    }
