"""The JSON Schemas of CACAO 2.0 as OASIS publishes them, where a copy lies beside the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[4].parent / "shared" / "data" / "cacao" / "schemas"


def faults(document: dict) -> list[str]:
    """What the schemas of OASIS find wrong; skips where there is no copy of them."""
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    folder = Path(os.environ.get("CACAO_SCHEMAS", BESIDE))
    if not (folder / "playbook.json").is_file():
        pytest.skip("no copy of the CACAO schemas of OASIS; CACAO_SCHEMAS names one")
    read = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]
    registry = Registry().with_resources(
        (schema["$id"], Resource(contents=schema, specification=DRAFT7)) for schema in read
    )
    root = next(schema for schema in read if schema["$id"].endswith("/playbook.json"))
    found = Draft7Validator(root, registry=registry).iter_errors(document)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in found]
