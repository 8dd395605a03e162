"""A run context on a temporary folder, for calling tools as kernel and worker do."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import FolderContext


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)
