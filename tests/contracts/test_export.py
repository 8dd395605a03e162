"""What is generated from the contracts: complete, deterministic, and the same as what is committed."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict
from studio_server.export import __main__ as export
from studio_server.export.messages import contract_modules, definitions
from studio_server.export.openapi import openapi
from studio_server.export.schemas import ENDING, schema_files, write_schemas
from studio_server.export.shapes import UnknownConstruct, is_optional, read_shape
from studio_server.export.typescript import shape_data, type_of, typescript

from studio_magics.contracts.billing import Estimate
from studio_magics.contracts.events import NoticeEvent
from studio_magics.contracts.problems import Problem

ROOT = Path(__file__).parents[2]
MODELS = [model for module in contract_modules() for model in module.models]


def test_the_committed_typescript_is_what_the_contracts_generate() -> None:
    committed = (ROOT / "labextension/src/contracts.ts").read_text(encoding="utf-8")
    assert committed == typescript(), (
        "run: python -m studio_server.export typescript labextension/src/contracts.ts"
    )


def test_the_committed_schemas_are_what_the_contracts_generate() -> None:
    folder = ROOT / "docs/schemas"
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.glob(f"*{ENDING}")}
    assert committed == schema_files(), "generate them again: see server/studio_server/export/README.md"


def test_the_committed_openapi_is_what_the_server_serves() -> None:
    committed = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
    assert committed == openapi(), "generate it again: see server/studio_server/export/README.md"


def test_without_arguments_everything_is_written_to_the_places_that_are_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert export.main([]) == 0
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {
        "labextension/src/contracts.ts",
        "docs/openapi.json",
        "docs/schemas/Receipt.schema.json",
        "docs/tools/README.md",
    } <= written
    assert all((ROOT / name).is_file() for name in written)
    assert capsys.readouterr().out.count("\n") == 4


def test_a_kind_without_a_place_is_refused_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        export.main(["openapi"])
    assert not list(tmp_path.iterdir())


def test_every_contract_class_has_an_interface_and_a_schema_file() -> None:
    names = {model.__name__ for model in MODELS}
    assert {"Balance", "Estimate", "Receipt", "Run", "Problem", "HelloEvent"} <= names
    assert len(names) == len(MODELS), "two contracts share a name"
    text = typescript()
    assert all(f"export interface {name} {{" in text for name in names)
    assert {f"{name}{ENDING}" for name in names} <= set(schema_files())


@pytest.mark.parametrize("text", schema_files().values(), ids=schema_files().keys())
def test_every_schema_file_is_a_valid_schema_and_needs_no_other_file(text: str) -> None:
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    targets = set(schema.get("$defs", {}))
    assert all(f'"#/$defs/{name}"' in text or name not in targets for name in targets)
    assert text.count('"$ref": "') == text.count('"$ref": "#/$defs/')


def test_a_message_without_its_defaults_is_accepted_by_the_schema() -> None:
    sent = Problem(status=402, code="insufficient_credits", error="Not enough credits").model_dump_wire()
    assert "limit" not in sent
    jsonschema.validate(sent, json.loads(schema_files()[f"Problem{ENDING}"]))


def test_a_message_with_an_unknown_member_is_refused_by_the_schema() -> None:
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate(
            {"kind": "notice", "severity": "info", "text": "", "extra": 1},
            json.loads(schema_files()[f"NoticeEvent{ENDING}"]),
        )


def test_two_processes_with_different_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        target = tmp_path / f"{seed}.ts"
        subprocess.run(
            [sys.executable, "-m", "studio_server.export", "typescript", str(target)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'server'}"},
            check=True,
            capture_output=True,
        )
        written.append(target.read_bytes())
    assert written[0] == written[1]


def test_schemas_of_messages_that_are_gone_are_removed_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / f"Gone{ENDING}").write_text("{}", encoding="utf-8")
    (tmp_path / "README.md").write_text("kept", encoding="utf-8")
    assert write_schemas(tmp_path) == len(list(tmp_path.glob(f"*{ENDING}")))
    assert not (tmp_path / f"Gone{ENDING}").exists()
    assert (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer", "minimum": 0}, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number | null"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "readonly ('a' | 'b')[]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "Readonly<Record<string, string>>"),
        ({"$ref": "#/$defs/Plan"}, "Plan"),
        ({"title": "Anything"}, "unknown"),
    ],
)
def test_a_schema_is_written_as_the_type_it_means(schema: dict[str, object], written: str) -> None:
    assert type_of(read_shape(schema)) == written


def test_a_construct_without_a_meaning_is_refused_and_not_written_as_unknown() -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(extra="forbid")
        pair: tuple[int, str]

    with pytest.raises(UnknownConstruct, match="prefixItems"):
        read_shape(Odd.model_json_schema()["properties"]["pair"])


def test_the_member_that_tells_events_apart_is_never_optional() -> None:
    assert not is_optional(NoticeEvent.model_json_schema(), "kind")
    assert is_optional(Estimate.model_json_schema(), "free_alternative")


def test_every_reference_of_a_shape_names_a_known_message() -> None:
    known = definitions()
    text = json.dumps([shape_data(read_shape(schema)) for schema in known.values()])
    named = {part.split('"')[0] for part in text.split('"ref": "')[1:]}
    assert named <= set(known)
    assert "Balance" in named
