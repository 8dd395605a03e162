"""Opens the earlier schema: a database, table files, or the `schema.json` of an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from studio_magics.contracts.inputs import InputFile
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.exports import FORMAT
from studio_magics.tools.data.schema.facts import (
    ColumnFacts,
    ForeignKey,
    IndexFacts,
    Schema,
    TableFacts,
)
from studio_magics.tools.data.schema.opening import open_source
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.schema.inputs import SchemaInput

FIELD = "previous"
MAX_JSON_BYTES = 20_000_000
ALLOWED = "an earlier database, table files, or the schema.json of an earlier run"


def read_earlier(inputs: SchemaInput, context: RunContext) -> Schema | None:
    """What was declared before; None when nothing was given. Nothing stays open.

    Raises:
        InputRejected: It is no database, table or `schema.json`; names the field 'previous'.
    """
    source = inputs.previous
    if source is None:
        return None
    if isinstance(source, InputFile) and source.name.lower().endswith(".json"):
        return _from_json(source, context)
    try:
        opened = open_source(source, inputs, context)
    except InputRejected as refused:
        raise InputRejected(FIELD, found=refused.found, allowed=ALLOWED, action=refused.action) from refused
    opened.store.close()
    return opened.schema


def _from_json(file: InputFile, context: RunContext) -> Schema:
    if file.size_bytes > MAX_JSON_BYTES:
        found = f"'{file.name}' of {file.size_bytes:,} bytes"
        raise InputRejected(FIELD, found=found, allowed=f"at most {MAX_JSON_BYTES:,} bytes")
    try:
        value = load_json(context.path(file).read_bytes())
    except IntakeRefused as refused:
        raise InputRejected(FIELD, found=refused.found, allowed=ALLOWED, action=refused.action) from refused
    if not isinstance(value, dict) or cast("dict[str, Any]", value).get("format") != FORMAT:
        found = f"'{file.name}' without the format '{FORMAT}'"
        raise InputRejected(FIELD, found=found, allowed=ALLOWED, action="give the schema.json of this tool")
    try:
        return _schema(cast("dict[str, Any]", value))
    except (KeyError, TypeError, AttributeError) as error:
        found = f"'{file.name}' with parts missing or of another kind"
        raise InputRejected(FIELD, found=found, allowed=ALLOWED, action="write the file anew") from error


def _schema(value: dict[str, Any]) -> Schema:
    tables = tuple(_table(one) for one in value["tables"])
    return Schema(value["engine"], "", str(value["name"]), tables, views=tuple(map(str, value["views"])))


def _table(one: dict[str, Any]) -> TableFacts:
    columns = tuple(
        ColumnFacts(
            str(column["name"]),
            str(column["type"]),
            column["kind"],
            bool(column["nullable"]),
            None if column["default"] is None else str(column["default"]),
            bool(column["generated"]),
        )
        for column in one["columns"]
    )
    indexes = tuple(
        IndexFacts(str(at["name"]), _names(at["columns"]), bool(at["unique"]), bool(at["partial"]))
        for at in one["indexes"]
    )
    keys = tuple(
        ForeignKey(
            _names(key["columns"]),
            str(key["table"]),
            _names(key["referred_columns"]),
            str(key["actions"]) if "actions" in key else None,
        )
        for key in one["foreign_keys"]
    )
    return TableFacts(str(one["name"]), columns, _names(one["primary_key"]), indexes, keys)


def _names(value: list[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in value)
