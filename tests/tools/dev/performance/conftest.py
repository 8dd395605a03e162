"""The tool on a temporary folder, as a server runs it."""

from __future__ import annotations

import pytest

from studio_magics.tools.dev.performance import TOOL
from studio_magics.tools.dev.performance.inputs import PerformanceInput
from tests.tools.dev.folder_context import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path, place="server")


@pytest.fixture
def measure(context):
    """Profile or push a script given as text, or a folder of several."""

    def call(script, **options):
        if isinstance(script, dict):
            contents = {name: text.encode() for name, text in script.items()}
            given = context.keep_folder("program", contents)
        else:
            given = context.keep("main.py", script if isinstance(script, bytes) else script.encode())
        return TOOL.run(PerformanceInput(script=given, **options), context)

    return call
