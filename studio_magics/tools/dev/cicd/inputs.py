"""What the tool is asked: a description, a repository, or workflows that are there."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.dev.documents import WrittenText  # noqa: TC001  - as above

MAX_CHARACTERS = 100_000


class PipelineInput(ToolInput):
    """One pipeline to build, or workflows to audit."""

    pipeline: WrittenText = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="YAML: language, versions, systems, steps (install, lint, types, test, build), "
        "services, publish, "
        "jobs of your own; a dict from Python too",
        examples=["language: python\nversions: ['3.12', '3.13']\nsteps:\n  test: python -m pytest\n"],
    )
    repository: InputFolder | None = Field(
        default=None, description="A repository: its language, tools and tests are read from its files"
    )
    workflow: InputFile | InputFolder | None = Field(
        default=None, description="Workflows that are there, to audit and pin: '.github/workflows/*.yml'"
    )
    pins: InputFile | None = Field(
        default=None,
        description="A newer table of actions and commits (TOML); its rows replace the embedded ones",
    )
    file_name: str = Field(
        default="ci.yml",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,60}\.ya?ml$",
        description="The name of the workflow's file",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [bool(self.pipeline.strip()), self.repository is not None, self.workflow is not None]
        if sum(given) != 1:
            message = "give one of 'pipeline' (text), 'repository' (a folder) and 'workflow' (files)"
            raise ValueError(message)
        return self
