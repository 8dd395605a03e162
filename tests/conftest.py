"""Shared by all tests: the fakes are importable, seeds are printed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
