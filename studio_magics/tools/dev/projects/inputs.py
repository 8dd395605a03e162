"""What the builder is asked: answers in YAML or of an older project, perhaps a folder to complete."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.dev.documents import WrittenText  # noqa: TC001  - as above

MAX_CHARACTERS = 20_000


class ProjectInput(ToolInput):
    """One project to make."""

    project: WrittenText = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="YAML: name, stack (library, cli, api, ml-service, dashboard), description, "
        "author, licence, "
        "python, package_manager, database, container, ci; a dict from Python too",
        examples=["name: shop-api\nstack: api\ndescription: Orders of the shop\n"],
    )
    answers: InputFile | None = Field(
        default=None, description="project.json of a project made before: makes it again with today's packs"
    )
    existing: InputFolder | None = Field(
        default=None, description="A folder to complete: nothing in it is changed, what is missing is added"
    )
    merge: bool = Field(default=False, description="Allow a folder that is not empty")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.project.strip()) == (self.answers is not None):
            message = "give either 'project' (answers as text) or 'answers' (a project.json)"
            raise ValueError(message)
        return self
