"""The tool on a temporary folder."""

from __future__ import annotations

import pytest

from studio_magics.tools.dev.cicd import TOOL
from studio_magics.tools.dev.cicd.inputs import PipelineInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def build(context):
    """Build a workflow from a description."""

    def call(pipeline, **options):
        return TOOL.run(PipelineInput(pipeline=pipeline, **options), context)

    return call


@pytest.fixture
def audited(context):
    """Audit a workflow given as text."""

    def call(text, name="given.yml", **options):
        return TOOL.run(PipelineInput(workflow=context.keep(name, text.encode()), **options), context)

    return call


@pytest.fixture
def detected(context):
    """Build a workflow for a repository given as names and contents."""

    def call(files):
        contents = {name: text.encode() for name, text in files.items()}
        return TOOL.run(PipelineInput(repository=context.keep_folder("repository", contents)), context)

    return call
