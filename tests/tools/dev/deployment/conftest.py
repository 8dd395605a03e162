"""The tool on a temporary folder, as a server runs it."""

from __future__ import annotations

import pytest

from studio_magics.tools.dev.deployment import TOOL
from studio_magics.tools.dev.deployment.inputs import DeploymentInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path, place="server")


@pytest.fixture
def deploy(context):
    """Write what an app needs, from a description and perhaps files of its repository."""

    def call(app, files=None, **options):
        if files is not None:
            contents = {name: text.encode() for name, text in files.items()}
            options["repository"] = context.keep_folder("shop", contents)
        return TOOL.run(DeploymentInput(app=app, **options), context)

    return call
