"""What a person says to the Schema Inspector."""

from typing import Literal

from pydantic import ConfigDict, Field

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.base import ToolInput

Naming = Literal["detect", "snake_case", "camelCase", "PascalCase"]
DEFAULT_SAMPLE_ROWS = 2_000


class SchemaInput(ToolInput):
    """A database or a folder of tables, and how to look at it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"anyOf": [{"required": ["source"]}, {"required": ["url"]}]},
    )

    source: InputFile | InputFolder | None = Field(
        default=None,
        description="SQLite or DuckDB file, one CSV or Parquet file, or a folder of them",
        examples=["shop.db"],
    )
    previous: InputFile | InputFolder | None = Field(
        default=None,
        description="The same source as it was before, or the schema.json of an earlier run: what changed is "
        "named and judged for backward and forward compatibility",
        examples=["schema.json"],
    )
    # No bounds on the text: a refusal by the model repeats what it refuses. The length is checked on opening.
    url: str | None = Field(
        default=None,
        repr=False,
        description=(
            "postgresql://user@host/database, sqlite:///file or duckdb:///file; in the kernel only. "
            "Leave the password out: PGPASSWORD or a password file is used"
        ),
    )
    schema_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Schema of PostgreSQL ('public') or DuckDB ('main')",
        examples=["public"],
    )
    sample_rows: int = Field(
        default=DEFAULT_SAMPLE_ROWS,
        ge=100,
        le=20_000,
        description="Rows of each table looked at for lists in cells and dependencies between columns",
    )
    naming: Naming = Field(
        default="detect", description="Naming convention to hold names against; 'detect' takes the commonest"
    )
