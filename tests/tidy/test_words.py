"""Names say what a thing is; nothing unfinished, no silent suppression."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.tidy import tracked

SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "manager", "misc"}
FEWEST_WORDS_OF_A_TEST_NAME = 4
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SUPPRESSION = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore|pragma:|nosec)")
NAMED_SUPPRESSION = re.compile(
    r"#\s*(noqa: [A-Z]+\d+(, [A-Z]+\d+)*|pyright: ignore\[\w+(, \w+)*\]|pragma: no cover).*\s-\s+\S[^#]{3,}$"
)
FILE_SETTING = re.compile(r"^#\s*pyright:\s*(basic|strict|standard|report\w+=)")
SCRIPT_SUPPRESSION = re.compile(r"eslint-disable|@ts-expect-error")
SCRIPT_BANNED = re.compile(r"@ts-(ignore|nocheck)|: any\b|as any\b")
COMMENT = re.compile(r"^#\s+(?!pyright)\S+ \S+")


def words_of(name: str) -> set[str]:
    return set(re.split(r"[_.\-/]", PurePosixPath(name).with_suffix("").as_posix().lower()))


def unexplained(source: str) -> Iterator[int]:
    """Numbers of the lines whose suppression names no rule or no reason."""
    before = ""
    for number, line in enumerate(source.splitlines(), 1):
        if SUPPRESSION.search(line) and not NAMED_SUPPRESSION.search(line):
            yield number
        if FILE_SETTING.search(line) and not COMMENT.search(before):
            yield number
        before = line


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    found = [
        name
        for name, _ in tracked.texts()
        if name.endswith((".py", ".ts", ".tsx")) and words_of(name) & SAYS_NOTHING
    ]
    assert not found, "\n".join(found)


def test_every_test_function_is_named_with_a_sentence() -> None:
    short = [
        f"{name}:{function.lineno} {function.name}"
        for name, tree in tracked.python("tests", "benchmarks")
        for function in tracked.functions(tree)
        if function.name.startswith("test_")
        if len(function.name.removeprefix("test_").split("_")) < FEWEST_WORDS_OF_A_TEST_NAME
    ]
    assert not short, "\n".join(short)


def test_nothing_is_marked_as_unfinished() -> None:
    found = [place for place, line in tracked.lines() if UNFINISHED.search(line)]
    assert not found, "\n".join(found)


def test_every_python_suppression_names_its_rule_and_its_reason() -> None:
    found = [
        f"{name}:{number}"
        for name, text in tracked.texts()
        if name.endswith(".py") and not name.startswith("tests/tidy/")
        for number in unexplained(text)
    ]
    assert not found, "\n".join(found)


def test_every_typescript_suppression_has_a_reason_and_any_is_not_used() -> None:
    found = [place for place, line in tracked.lines(".ts", ".tsx") if _hides_something(line)]
    assert not found, "\n".join(found)


def _hides_something(line: str) -> bool:
    suppresses = SCRIPT_SUPPRESSION.search(line) and not re.search(r"-- \w|@ts-expect-error:? \w", line)
    return bool(SCRIPT_BANNED.search(line) or suppresses)


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa",
        "x = 1  # noqa: S101",
        "x = 1  # type: ignore",
        "x = 1  # pyright: ignore[reportFoo]",
        "x = 1  # pyright: ignore  - they know why",
        "# pyright: reportUnknownMemberType=false",
        "x = 1  # pragma: no cover",
    ],
)
def test_a_suppression_without_rule_or_reason_is_found(line: str) -> None:
    assert list(unexplained(f"import this\n{line}\n")) == [2]


@pytest.mark.parametrize(
    "source",
    [
        "x = 1  # noqa: S101  - the reason is given",
        "x = 1  # noqa: S101, SLF001  # pyright: ignore[reportFoo]  - Jupyter's name",
        "# this library has no types\n# pyright: reportUnknownMemberType=false",
    ],
)
def test_a_suppression_with_rule_and_reason_is_accepted(source: str) -> None:
    assert not list(unexplained(source))
