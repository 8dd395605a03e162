"""A run context on a temporary folder, for calling the tool as kernel and worker do."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact
from studio_magics.tools.dev.api_designer import TOOL
from studio_magics.tools.dev.api_designer.inputs import ApiInput


@dataclass
class FolderContext:
    """Files by content, a fixed clock, and everything the tool reported."""

    folder: Path
    place: str = "kernel"
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, content: bytes) -> InputFile:
        """Store a content as an upload would."""
        digest = sha256(content).hexdigest()
        (self.folder / f"{digest}{Path(name).suffix}").write_bytes(content)
        return InputFile(digest=f"sha256:{digest}", name=name, size_bytes=len(content))

    def path(self, file: InputFile) -> Path:
        return self.folder / f"{file.digest.removeprefix('sha256:')}{Path(file.name).suffix}"

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        digest = f"sha256:{sha256(content).hexdigest()}"
        return Artefact(name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title)


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
