"""The OpenAPI 3.1 description, made from the URL table and the contracts; never written by hand."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from studio_magics.contracts.base import Contract
from studio_magics.contracts.events import BalanceEvent, HelloEvent, NoticeEvent, RunEvent
from studio_magics.contracts.problems import Problem
from studio_server import __version__
from studio_server.api.routes import ENDPOINTS, RUN_PATH, Endpoint
from studio_server.registry.catalogue import Registry

PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
NUMBERS = frozenset({"limit", "since", "wait_seconds"})
TEMPLATE = "#/components/schemas/{model}"
EVENTS: tuple[type[Contract], ...] = (HelloEvent, BalanceEvent, RunEvent, NoticeEvent)


def document(registry: Registry) -> dict[str, Any]:
    """The whole description, with one path for each of the tools that can run on the server."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        for path, title in _paths(endpoint, registry):
            operation = _operation(endpoint, path, title)
            paths.setdefault(PARAMETER.sub(r"{\1}", path), {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Studio credit server",
            "version": __version__,
            "description": "Estimate, hold, run, settle, receipt. Errors: application/problem+json.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(endpoint: Endpoint, registry: Registry) -> Iterable[tuple[str, str]]:
    if endpoint.path != RUN_PATH:
        return [(endpoint.path, "")]
    return [(f"/api/{entry.studio}/{entry.short_name}/run", entry.title) for entry in registry.tools.values()]


def _operation(endpoint: Endpoint, path: str, title: str) -> dict[str, Any]:
    suffix = "_" + path.split("/")[2] + "_" + path.split("/")[3].replace("-", "_") if title else ""
    operation: dict[str, Any] = {
        "operationId": endpoint.name + suffix,
        "summary": f"{title}: {endpoint.says}" if title else endpoint.says,
        "parameters": _parameters(endpoint, path),
        "responses": {
            str(endpoint.status): _done(endpoint),
            "default": {"description": "Refused", "content": {"application/problem+json": _schema(Problem)}},
        },
        "security": [{}, {"token": []}] if endpoint.anonymous else [{"token": []}],
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.takes)}
    return operation


def _done(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.status == HTTPStatus.NO_CONTENT:
        return {"description": "Done"}
    return {"description": "Done", "content": _content(endpoint.answers)}


def _parameters(endpoint: Endpoint, path: str) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in PARAMETER.findall(path)
    ]
    found += [
        {"name": name, "in": "query", "schema": {"type": "integer" if name in NUMBERS else "string"}}
        for name in endpoint.query
    ]
    if endpoint.keyed:
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": schema})
    return found


def _content(kind: type[Contract] | str) -> dict[str, Any]:
    if isinstance(kind, str):
        return {kind: {"schema": {"type": "string"} if kind.startswith("text/") else {}}}
    return {"application/json": _schema(kind)}


def _schema(model: type[Contract]) -> dict[str, Any]:
    return {"schema": {"$ref": TEMPLATE.format(model=model.__name__)}}


def _schemas() -> dict[str, Any]:
    models = {
        kind for row in ENDPOINTS for kind in (row.answers, row.takes) if not isinstance(kind, str | None)
    }
    named = sorted({*models, *EVENTS, Problem}, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in named], ref_template=TEMPLATE.replace("{model}", "{model}")
    )
    return definitions["$defs"]
