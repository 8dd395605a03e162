"""The tool on a temporary folder, as a server runs it."""

from __future__ import annotations

import pytest

from studio_magics.tools.dev.security import TOOL
from studio_magics.tools.dev.security.inputs import SecurityInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path, place="server")


@pytest.fixture
def scan(context):
    """Scan files given by name and text."""

    def call(files, **options):
        contents = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
        return TOOL.run(SecurityInput(code=context.keep_folder("code", contents), **options), context)

    return call
