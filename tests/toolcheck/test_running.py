"""What is found by running the tool in real workers, and the command that tells it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from studio_server import cli
from studio_server.toolcheck import declared, examples, refusals, runs
from studio_server.toolcheck.report import Check
from studio_server.toolcheck.sandbox import Sandbox
from studio_server.toolcheck.subject import Subject

from studio_magics.tools import catalog
from tests.toolcheck.conftest import EXAMPLE, MODULE

CALL = "    text = _text(inputs, context)\n"
BUSY = 4
"""A quiet machine is within a factor of 2; CPU time stretches where neighbours share the cores."""


def run(subject: Subject) -> Iterator[Check]:
    """Every check that runs the tool, on its first example."""
    trial = next(examples.trials(subject.tool))
    with Sandbox(subject, declared.WITHOUT_DECLARATION) as sandbox:
        yield from runs.checks(subject.tool, trial, sandbox)
        yield runs.damaged(trial, sandbox)
        yield refusals.check(subject.tool, trial, sandbox)


def test_the_example_of_the_notebook_runs_as_it_should(spoiled: Callable[..., Subject]) -> None:
    found = list(run(spoiled()))
    assert {check.name: check.verdict for check in found} == {
        "run": "passed",
        "same result": "passed",
        "forecast holds": "passed",
        "result": "passed",
        "honesty": "passed",
        "damaged files": "passed",
        "bad inputs": "passed",
    }, found


@pytest.mark.parametrize(
    ("old", "new", "name", "words"),
    [
        (CALL, f"{CALL}    import os; text += os.urandom(9).hex()\n",
         "same result", "differs between two runs"),
        (CALL, f"{CALL}    raise KeyError('x')\n", "run", "tool_failed: KeyError"),
        (CALL, f"{CALL}    sum(range(90_000_000 if text else 0))\n", "forecast holds", "CPU ms"),
        (CALL, f"{CALL}    kept = bytearray(300_000_000)\n", "forecast holds", "bytes of memory"),
        ("tool_version=VERSION", 'tool_version="2"', "result", "provenance says"),
        ("except UnicodeDecodeError:", "except ZeroDivisionError:", "damaged files", "random: "),
        ("ge=1, le=1_000, ", "", "bad inputs", "accepted"),
        ("ge=1, le=1_000, ", "ge=1, ", "bad inputs", "of 1e+30: accepted"),
    ],
)  # fmt: skip
def test_a_spoiled_tool_fails_the_check_that_runs_it(
    old: str, new: str, name: str, words: str, spoiled: Callable[..., Subject]
) -> None:
    found = next(check for check in run(spoiled(old, new)) if check.name == name)
    assert (found.verdict, words in found.why, bool(found.todo)) == ("failed", True, True), found


def test_a_tool_that_says_it_measures_is_not_failed_for_two_results(spoiled: Callable[..., Subject]) -> None:
    chance = CALL, f"{CALL}    import os; text += os.urandom(9).hex()\n"
    places = 'places=frozenset({"kernel", "server"})'
    subject = spoiled(*chance, places, f"{places}, repeats=False")
    assert next(check for check in run(subject) if check.name == "same result").verdict == "noted"


def test_a_wrong_forecast_of_a_tool_without_a_price_is_noted(spoiled: Callable[..., Subject]) -> None:
    places = 'places=frozenset({"kernel", "server"})', 'places=frozenset({"kernel"})'
    subject = spoiled("START_CPU_MS = 150", "START_CPU_MS = 9_000", *places)
    assert next(check for check in run(subject) if check.name == "forecast holds").verdict == "noted"
    priced = spoiled("START_CPU_MS = 150", "START_CPU_MS = 9_000")
    assert next(check for check in run(priced) if check.name == "forecast holds").verdict == "failed"


@pytest.mark.parametrize(
    ("use", "verdict"),
    [("str(inputs.free)", "passed"), ("(inputs.free or {'§': ''})['§'].upper()", "failed")],
)
def test_an_input_that_takes_any_document_has_to_end_well_with_any(
    use: str, verdict: str, spoiled: Callable[..., Subject]
) -> None:
    field = (
        '    free: dict[str, object] | None = Field(default=None, description="Any words")\n    most_letters'
    )
    subject = spoiled("    most_letters", field, CALL, f"{CALL}    text += {use}\n")
    found = next(check for check in run(subject) if check.name == "bad inputs")
    assert (found.verdict, "taken, and then tool_failed" in found.why) == (verdict, verdict == "failed"), (
        found
    )


@pytest.mark.parametrize("name", sorted(catalog.BUILT_IN))
def test_every_built_in_tool_is_ready_by_its_own_check(
    name: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "FACTOR", BUSY)
    code = cli.main(["tool", "check", name, "--accept-licence", "cedarpy", "--json"])
    report = json.loads(capsys.readouterr().out)
    bad = [check for check in report["checks"] if check["verdict"] == "failed"]
    assert not bad, json.dumps(bad, indent=1)
    assert (code, report["tool"], report["passed"]) == (0, name, True)
    assert {"record", "licences", "forecast"} <= {
        check["name"].partition(" (")[0] for check in report["checks"]
    }


def test_the_command_says_in_words_and_by_its_exit_code_whether_a_tool_is_ready(
    tool_folder: Path, capsys: pytest.CaptureFixture
) -> None:
    source = (EXAMPLE / f"{MODULE}.py").read_text("utf-8")
    (tool_folder / "letters_of_the_command.py").write_text(source)
    (tool_folder / "unready_letters.py").write_text(source.replace("le=1_000, ", ""))
    options = ["--path", str(tool_folder), "--limits", str(EXAMPLE / "letters.toml")]
    codes, said = [], []
    for target in ("letters_of_the_command", "unready_letters", "letters_that_are_nowhere"):
        codes.append(cli.main(["tool", "check", target, *options]))
        said.append(capsys.readouterr().out)
    assert codes == [0, 1, 2]
    assert "✔ ready: " in said[0]
    assert "✔ run (a long text): long.txt: 320,000 letters, 10 different" in said[0]
    assert "! bounds: the schema shows no limit: 'most_letters' has no highest number\n      → " in said[1]
    assert "✘ bad inputs: 'most_letters' of 1e+30: accepted\n      → " in said[1]
    assert "'letters_that_are_nowhere' cannot be checked: ModuleNotFoundError" in said[2]
