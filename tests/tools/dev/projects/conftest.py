"""The tool on a temporary folder, and its projects unpacked."""

from __future__ import annotations

import io
import zipfile

import pytest

from studio_magics.tools.dev.projects import TOOL
from studio_magics.tools.dev.projects.inputs import ProjectInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def make(context):
    """Make a project from answers."""

    def call(project, **options):
        return TOOL.run(ProjectInput(project=project, **options), context)

    return call


@pytest.fixture
def unpacked(make, context, tmp_path):
    """Make a project and give its folder."""

    def call(project, **options):
        make(project, **options)
        content = next(text for name, text in context.artefacts.items() if name.endswith(".zip"))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(tmp_path / "made")
            return tmp_path / "made" / archive.namelist()[0].split("/")[0]

    return call
