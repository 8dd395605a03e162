"""A run context on a temporary folder, for calling the tool as kernel and worker do."""

from __future__ import annotations

import copy
import json

import pytest

from studio_magics.tools.dev.api_designer import TOOL
from studio_magics.tools.dev.api_designer.inputs import ApiInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def design(context):
    """Run the tool on a text or dict, perhaps against an older one."""

    def call(description, *, previous=None, **options):
        older = context.keep("older.json", json.dumps(previous).encode()) if previous else None
        return TOOL.run(ApiInput(description=description, previous=older, **options), context)

    return call


PETS = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1.0.0"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "All pets",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "kind", "in": "query", "schema": {"enum": ["cat", "dog"]}},
                ],
                "responses": {
                    "200": {
                        "description": "Pets",
                        "headers": {"X-Next": {"schema": {"type": "string"}}},
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}
                            }
                        },
                    },
                    "400": {"description": "Wrong"},
                },
            },
            "post": {
                "operationId": "addPet",
                "summary": "A new pet",
                "security": [{"key": []}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/NewPet"}},
                        "application/xml": {"schema": {"type": "object"}},
                    }
                },
                "responses": {"201": {"description": "Added"}, "422": {"description": "Wrong"}},
            },
        },
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "readPet",
                "summary": "One pet",
                "responses": {
                    "200": {
                        "description": "A pet",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                    },
                    "404": {"description": "None"},
                },
            },
        },
    },
    "components": {
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string", "maxLength": 40},
                    "age": {"type": "integer", "minimum": 0},
                    "state": {"enum": ["here", "gone"]},
                    "mother": {"$ref": "#/components/schemas/Pet"},
                },
            },
            "NewPet": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 40},
                    "age": {"type": ["integer", "null"], "minimum": 0},
                    "state": {"enum": ["here", "gone"]},
                },
            },
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


@pytest.fixture
def pets():
    """A small sound document, a fresh copy."""
    return copy.deepcopy(PETS)
