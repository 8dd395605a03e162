"""What the tool is asked: tables, the databases they are for, and perhaps the version before."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from studio_magics.contracts.inputs import InputFile  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.dev.documents import WrittenText  # noqa: TC001  - as above
from studio_magics.tools.dev.schema_designer.design import DIALECTS, Dialect

MAX_CHARACTERS = 400_000


def _split(value: Any) -> Any:
    """'a, b' is what a command line can write for ('a', 'b')."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Dialects = Annotated[tuple[Dialect, ...], Field(min_length=1, max_length=3), BeforeValidator(_split)]


class SchemaDesignInput(ToolInput):
    """Tables, and what to make of them."""

    tables: WrittenText = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="YAML with 'tables' (columns as 'name: string(120) required unique', keys of several "
        "columns as 'references: [\"a, b to TABLE (c, d) on-delete cascade\"]'), or CREATE TABLE "
        "statements; a dict from Python too",
        examples=[
            "tables:\n  customer:\n    columns:\n      id: id\n      email: string(254) required unique\n"
        ],
    )
    document: InputFile | None = Field(
        default=None, description="The same as a file: .yaml or .sql, up to 2 MB"
    )
    previous: InputFile | None = Field(
        default=None, description="The version before (.yaml or .sql): makes migrations up and down"
    )
    databases: Dialects = Field(
        default=DIALECTS, description="Which databases to write for: postgresql, sqlite, mysql"
    )

    @model_validator(mode="after")
    def _one_design(self) -> Self:
        if bool(self.tables.strip()) == (self.document is not None):
            message = "give either 'tables' (text) or 'document' (a file)"
            raise ValueError(message)
        return self
