"""What is found without running the tool; each check passes on the example and fails when that is spoiled."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from studio_server.toolcheck import declared, examples, forecasts, imports, model, record
from studio_server.toolcheck.report import Check
from studio_server.toolcheck.subject import Subject, SubjectMissing, find

from studio_magics.tools import catalog
from tests.toolcheck.conftest import EXAMPLE

LIMITS = EXAMPLE / "letters.toml"
FIELD = "    most_letters"
TEXT = '    note: str = Field(default="", description="Any words")\n'
NUMBERS = '    notes: tuple[int, ...] = Field(default=(), description="Any rows")\n'
MAGIC = '    x: int = Field(default=1, ge=1, le=2, description="A kind of magic")\n'


def looked_at(subject: Subject) -> list[Check]:
    """Every check that only looks."""
    found = [*record.checks(subject), *model.checks(subject.tool)]
    trial = next(examples.trials(subject.tool))
    return [*found, *forecasts.checks(subject.tool, trial, declared.WITHOUT_DECLARATION)]


def test_the_example_of_the_notebook_passes_everything(spoiled: Callable[..., Subject]) -> None:
    assert {check.name: check.verdict for check in looked_at(spoiled())} == {
        "record": "passed",
        "entry point": "noted",
        "unknown fields": "passed",
        "descriptions": "passed",
        "units": "passed",
        "bounds": "passed",
        "defaults": "passed",
        "forecast": "passed",
        "forecast grows": "passed",
        "forecast within limits": "passed",
    }


@pytest.mark.parametrize(
    ("old", "new", "name", "words"),
    [
        ('"text-studio-letters"', '"Letters"', "record", "'Letters' is not like"),
        ('"1.0.0"', '"one"', "record", "version 'one'"),
        ('title="Letter Counter"', 'title=""', "record", "title has 0"),
        ("%studio run letters", "%studio run words", "record", "run letters"),
        ('places=frozenset({"kernel", "server"})', "places=frozenset()", "record", "places"),
        ("run=run,", 'run=run, cell_field="body",', "record", "'body'"),
        ("run=run,", 'run=run, kernel_only=("url",),', "record", "'url'"),
        ("class LettersInput(ToolInput):", "class LettersInput(Loose):", "unknown fields", "not know"),
        ("le=1_000, ", "", "bounds", "'most_letters' has no highest number"),
        ("ge=1, ", "", "bounds", "'most_letters' has no lowest number"),
        (FIELD, TEXT + FIELD, "bounds", "'note' has no longest text"),
        (FIELD, NUMBERS + FIELD, "bounds", "'notes' has no longest list"),
        ('description="A text file in UTF-8"', "", "descriptions", "'data' says nothing"),
        (FIELD, MAGIC + FIELD, "units", "'x' is a number of what?"),
        ("default=5", "default=0", "defaults", "'most_letters' refuses its own default"),
        ("    size = inputs.data.size_bytes\n", "    size = 1\n", "forecast grows", "no more than"),
        ("    size = inputs.data.size_bytes\n", "    size = 10**9 // (1 + inputs.data.size_bytes)\n",
         "forecast grows", "less than"),
        ("    size = inputs.data.size_bytes\n", "    size = next(COUNTED)\n", "forecast", "two things"),
        ("    size = inputs.data.size_bytes\n", "    raise KeyError('size')\n", "forecast", "KeyError"),
        ("    size = inputs.data.size_bytes\n", "    return None\n", "forecast", "NoneType"),
        ('basis=f"{size:,} bytes of text"', 'basis=""', "forecast", "rests on"),
        ("START_CPU_MS = 150", "START_CPU_MS = 10**6", "forecast within limits", "CPU ms"),
    ],
)  # fmt: skip
def test_a_spoiled_tool_fails_the_check_that_looks_at_it(
    old: str, new: str, name: str, words: str, spoiled: Callable[..., Subject]
) -> None:
    if "Loose" in new:
        new = f"class Loose(ToolInput, extra='ignore'):\n    pass\n\n\n{new}"
    if "COUNTED" in new:
        new = f"    global COUNTED\n    COUNTED = globals().get('COUNTED') or iter(range(9))\n{new}"
    found = next(check for check in looked_at(spoiled(old, new)) if check.name == name)
    verdict = "noted" if name == "bounds" else "failed"
    assert (found.verdict, words in found.why, bool(found.todo)) == (verdict, True, True), found


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("", ""),
        ("import pandas", "imports pandas at once"),
        ("import httpx", "imports httpx, which"),
        ("time.sleep(0)\nsum(range(60_000_000))", "at most 400"),
        ("sys.exit('no')", "cannot import it"),
    ],
)
def test_an_import_is_light_and_brings_nothing_that_a_tool_must_not_know(
    added: str, words: str, spoiled: Callable[..., Subject]
) -> None:
    only_elsewhere = "import csv\nimport sys\nimport time\nif 'pytest' not in sys.modules:\n    {}\n"
    lines = added.replace("\n", "\n    ") or "pass"
    found = imports.check(spoiled("import csv\n", only_elsewhere.format(lines)))
    assert (found.verdict, words in found.why) == ("failed" if added else "passed", True), found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("maximum_credits = 8", "maximum_credits = 7", "burns 8 credits"),
        ('mode = "hybrid"', 'mode = "server"', "declared server"),
        ('title = "Letter Counter"', 'title = "Counter"', "declared as 'Counter'"),
        ("text-studio-letters", "text-studio-others", "no 'text-studio-letters'"),
        ("[[tool]]", "[[tool", "cannot be read"),
        ("cpu_seconds = 8\n", "", "has no limits"),
        ("memory_mb = 400\n", "", "cannot be read"),
        ("memory_mb = 400\n", 'memory_mb = 400\nnetwork = ["loopback"]\n', "may talk to ['loopback']"),
    ],
)
def test_a_declaration_that_does_not_fit_the_tool_fails_and_the_given_one_passes(
    old: str, new: str, words: str, spoiled: Callable[..., Subject], tmp_path: Path
) -> None:
    subject, text = spoiled(), LIMITS.read_text("utf-8")
    entry, good = declared.entry(subject, LIMITS)
    assert good.verdict == "passed"
    assert declared.limits_of(entry).cpu_ms == 8_000
    changed = tmp_path / "changed.toml"
    head, mark, body = text.partition("[[tool]]")
    assert old in mark + body
    changed.write_text(head + (mark + body).replace(old, new, 1), "utf-8")
    _, bad = declared.entry(subject, changed)
    assert (bad.verdict, words in bad.why) == ("failed", True), bad


def test_a_tool_that_no_catalogue_names_is_told_so_and_gets_the_limits_of_the_check(
    spoiled: Callable[..., Subject],
) -> None:
    entry, check = declared.entry(spoiled(), None)
    assert (entry, check.verdict) == (None, "skipped")
    assert declared.limits_of(entry) == declared.WITHOUT_DECLARATION


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no_such_module_anywhere", "ModuleNotFoundError"),
        ("json", "no Tool named TOOL"),
        ("studio_magics.tools.data.quality:NOTHING", "no Tool named NOTHING"),
    ],
)
def test_a_target_that_is_no_tool_is_refused_in_words(target: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SubjectMissing, match=words):
        find(target, tmp_path)


def test_a_module_that_breaks_on_import_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "breaks_on_import.py").write_text("raise OSError('no licence key')")
    with pytest.raises(SubjectMissing, match="OSError when it is imported: no licence key"):
        find("breaks_on_import", tmp_path)


@pytest.mark.parametrize("target", ["quality", "data-studio-quality", "studio_magics.tools.data.quality"])
def test_an_installed_tool_is_found_by_any_of_its_names(target: str, tmp_path: Path) -> None:
    subject = find(target, tmp_path)
    assert (subject.tool.id, subject.is_installed) == ("data-studio-quality", True)
    assert subject.reference == "studio_magics.tools.data.quality:TOOL"


@pytest.mark.parametrize(
    ("example", "inputs"),
    [
        ("%studio run letters --data story.txt --most-letters 3", {"most_letters": 3}),
        ("found = %studio run letters --data=story.txt --on server", {"most_letters": 5}),
        (
            "import pandas\nstory = 1\n%studio run letters --data story --most-letters=7 --quiet",
            {"most_letters": 7},
        ),
    ],
)
def test_the_documented_example_is_read_as_a_notebook_would(
    example: str, inputs: dict, spoiled: Callable[..., Subject]
) -> None:
    tool = replace(spoiled().tool, example=example, examples=())
    [trial] = examples.trials(tool)
    assert trial.inputs["most_letters"] == inputs["most_letters"]
    assert trial.inputs["data"]["name"] in ("story.txt", "story.csv")
    assert set(trial.files) == {trial.inputs["data"]["digest"]}
    assert not trial.is_own


def test_the_body_of_a_documented_cell_fills_its_field() -> None:
    tool = catalog.load("dev-studio-cost")
    [trial] = examples.trials(tool)
    assert trial.inputs["architecture"] == tool.example.partition("\n")[2].strip()


@pytest.mark.parametrize(
    ("example", "is_ours"),
    [
        ("%studio run letters --data recording.wav", True),
        ("%studio run letters --most-letters many --data a.txt", False),
        ("letters", False),
        ("%studio run letters --data 'open", False),
    ],
)
def test_an_example_that_cannot_be_run_says_whose_data_is_missing(
    example: str, is_ours: bool, spoiled: Callable[..., Subject]
) -> None:
    tool = replace(spoiled().tool, example=example, examples=())
    with pytest.raises(examples.ExampleUnusable) as refused:
        list(examples.trials(tool))
    assert refused.value.is_ours == is_ours


def test_numbers_of_sample_files_are_the_same_every_time() -> None:
    from studio_server.toolcheck.samples import sample

    for ending in (".csv", ".tsv", ".json", ".jsonl", ".txt", ".yaml", ".db", ""):
        first, again = itertools.islice((sample(f"orders{ending}") for _ in itertools.count()), 2)
        assert first == again
