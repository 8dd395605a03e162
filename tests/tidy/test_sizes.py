"""Files and functions stay small enough to read at once."""

import ast
from collections.abc import Iterator

from tests.tidy import tracked

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
GENERATED = ("labextension/src/contracts.ts",)


def long_functions(name: str, source: str) -> Iterator[str]:
    for function in tracked.functions(ast.parse(source)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MOST_LINES_OF_A_FUNCTION:
            yield f"{name}:{function.lineno} {function.name} has {length} lines"


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = [
        f"{name} has {len(text.splitlines())} lines"
        for name, text in tracked.texts()
        if name.endswith((".py", ".ts", ".tsx", ".css", ".html")) and name not in GENERATED
        if len(text.splitlines()) > MOST_LINES_OF_A_FILE
    ]
    assert not long, "\n".join(long)


def test_no_python_function_is_longer_than_60_lines() -> None:
    sources = [(name, text) for name, text in tracked.texts() if name.endswith(".py")]
    long = [found for name, text in sources for found in long_functions(name, text)]
    assert not long, "\n".join(long)


def test_a_function_of_61_lines_is_found() -> None:
    body = "    pass\n"
    assert list(long_functions("one.py", "def one():\n" + body * 60)) == ["one.py:1 one has 61 lines"]
    assert not list(long_functions("one.py", "def one():\n" + body * 59))
