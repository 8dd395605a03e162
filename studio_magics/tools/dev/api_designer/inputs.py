"""What the tool is asked: a description or a document, and perhaps an older version of it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from studio_magics.contracts.inputs import InputFile  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.dev.documents import WrittenText  # noqa: TC001  - as above

MAX_CHARACTERS = 1_000_000


def _split(value: Any) -> Any:
    """'a, b' is what a command line can write for ('a', 'b')."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


RuleNames = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60)], ...],
    Field(max_length=60),
    BeforeValidator(_split),
]


class ApiInput(ToolInput):
    """One API, and what to do with it."""

    description: WrittenText = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="YAML: a short description ('api', 'resources' with fields and operations) or a whole "
        "OpenAPI 3.0 or 3.1 document; a dict from Python too",
        examples=["api: Books\nresources:\n  book:\n    fields:\n      title: string required\n"],
    )
    document: InputFile | None = Field(
        default=None, description="The same as a file: .yaml, .yml or .json, up to 64 MB in the kernel"
    )
    previous: InputFile | None = Field(
        default=None,
        description="An older version of the API (OpenAPI 3.0 or 3.1), to compare with",
    )
    ignore: RuleNames = Field(
        default=(), description="Codes of findings not to report, for example 'no-description, no-example'"
    )
    mock_items: int = Field(default=2, ge=1, le=20, description="How many items a mocked list holds")

    @model_validator(mode="after")
    def _one_api(self) -> Self:
        if bool(self.description.strip()) == (self.document is not None):
            message = "give either 'description' (text) or 'document' (a file)"
            raise ValueError(message)
        return self
