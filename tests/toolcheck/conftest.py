"""The example tool of the notebook, and spoiled copies of it."""

import itertools
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from studio_server.toolcheck.subject import Subject, find

EXAMPLE = Path(__file__).parents[2] / "notebooks" / "tool_example"
MODULE = "studio_letters"
_numbers = itertools.count(1)


@pytest.fixture
def tool_folder() -> Generator[Path]:
    """A folder that workers can read whoever they run as."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        if folder in sys.path:
            sys.path.remove(folder)


@pytest.fixture
def spoiled(tool_folder: Path) -> Generator[Callable[..., Subject]]:
    """Writes a copy of the example tool with texts replaced (old, new, old, new …), and imports it."""
    made: list[str] = []

    def spoil(*texts: str) -> Subject:
        source = (EXAMPLE / f"{MODULE}.py").read_text("utf-8")
        for old, new in zip(texts[::2], texts[1::2], strict=True):
            assert old in source, f"the example holds no {old!r}"
            source = source.replace(old, new, 1)
        name = f"spoiled_letters_{next(_numbers)}"
        (tool_folder / f"{name}.py").write_text(source, "utf-8")
        made.append(name)
        return find(name, tool_folder)

    yield spoil
    for name in made:
        sys.modules.pop(name, None)
