"""What the wizard is asked: a description of the app, its repository, or both."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.dev.documents import WrittenText  # noqa: TC001  - as above

MAX_CHARACTERS = 50_000


class DeploymentInput(ToolInput):
    """One app and where it shall run."""

    app: WrittenText = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="YAML: name, language, start, port, health, cpu (vCPU), memory_mb, instances, "
        "environment, secrets (names only), domain, migrate, traffic, targets (provider: region); a dict "
        "from Python too",
        examples=[
            "name: shop\nlanguage: python\nstart: gunicorn a:b\nport: 8080\ntargets: {gcp: europe-west1}"
        ],
    )
    repository: InputFolder | None = Field(
        default=None,
        description="The app's repository: language, start command and port are read from Dockerfile, "
        "Procfile and package.json; the description goes before",
    )
    facts: InputFile | None = Field(
        default=None,
        description="Newer regions and list prices (TOML, the form of facts.toml); replaces tables of the "
        "same name",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.app.strip() and self.repository is None:
            message = "give 'app' (text), 'repository' (a folder), or both"
            raise ValueError(message)
        return self
