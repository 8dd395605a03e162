"""One self-contained JSON Schema file per message."""

import json
from pathlib import Path

from studio_server.export.messages import UNIONS, Schema, contract_modules, union_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENDING = ".schema.json"


def schema_files() -> dict[str, str]:
    """Text of every schema file by file name."""
    schemas: dict[str, Schema] = {
        model.__name__: model.model_json_schema(mode="validation")
        for module in contract_modules()
        for model in module.models
    }
    schemas |= {name: union_schema(name) for name in UNIONS}
    return {f"{name}{ENDING}": _as_text(name, schema) for name, schema in sorted(schemas.items())}


def write_schemas(folder: Path) -> int:
    """Write all schemas into `folder`, remove schema files of messages that are gone, and count the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for stale in set(folder.glob(f"*{ENDING}")) - {folder / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return len(files)


def _as_text(name: str, schema: Schema) -> str:
    headed = {"$schema": DIALECT, "$id": f"urn:studio:contract:{name}", **schema}
    return json.dumps(headed, indent=2, ensure_ascii=False) + "\n"
