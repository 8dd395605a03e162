"""Profiles of scripts whose hot place is known, and what the files say."""

import json

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.performance import TOOL
from studio_magics.tools.dev.performance.inputs import PerformanceInput
from studio_magics.tools.dev.performance.tree import (
    HotLine,
    hot_functions,
    hot_lines,
    read_frames,
    speedscope,
)

BUSY = """import time


def slow():
    end = time.process_time() + 0.4
    while time.process_time() < end:
        total = 0
        for number in range(5_000):
            total += number * number


def quick():
    return 1


def main():
    kept = bytearray(30_000_000)
    quick()
    slow()
    return kept


if __name__ == "__main__":
    main()
"""


def codes(result):
    return {one.code for one in result.findings}


def assert_is_speedscope(content):
    """What the published format asks of a sampled profile."""
    value = json.loads(content)
    assert value["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = value["shared"]["frames"]
    assert all(isinstance(one["name"], str) for one in frames)
    (profile,) = value["profiles"]
    assert (profile["type"], profile["unit"], profile["startValue"]) == ("sampled", "seconds", 0)
    assert len(profile["samples"]) == len(profile["weights"]) > 0
    assert all(0 <= number < len(frames) for stack in profile["samples"] for number in stack)
    assert sum(profile["weights"]) == pytest.approx(profile["endValue"], abs=1e-3)
    return value


@pytest.mark.measures_time
def test_the_function_that_burns_time_and_the_line_that_holds_memory_are_named(measure, context):
    result = measure(BUSY)
    own = [row for row in result.tables[0].rows if "main.py" in row[0]]
    assert own[0][0] == "slow (main.py:4)"
    assert any(one.code == "hot-line" and one.where in {"main.py:8", "main.py:9"} for one in result.findings)
    large = next(one for one in result.findings if one.code == "large-allocation")
    assert large.where == "main.py:17"
    assert 30_000_000 <= result.summary["peak_bytes"] < 40_000_000
    assert result.summary["cpu_seconds"] >= 0.35
    value = assert_is_speedscope(context.artefacts["profile.speedscope.json"])
    assert {"slow", "main"} <= {one["name"] for one in value["shared"]["frames"]}
    assert [one.title for one in result.figures] == [
        "Where main.py spends its time",
        "Memory of main.py over time",
    ]
    assert "slow (main.py:4)" in result.figures[0].svg


def test_a_function_is_profiled_without_the_script_as_a_program(measure):
    result = measure(BUSY, function="quick", memory=False)
    assert "slow" not in " ".join(str(row[0]) for row in result.tables[0].rows) if result.tables else True
    assert "Memory was not measured." in result.not_checked


@pytest.mark.measures_time
def test_a_script_that_does_not_end_is_stopped_and_still_profiled(measure):
    result = measure("while True:\n    sum(range(1000))\n", seconds=1, memory=False)
    assert "stopped" in codes(result)
    assert any(one.where == "main.py:2" for one in result.findings if one.code == "hot-line")


@pytest.mark.measures_time
def test_an_error_of_the_script_is_told_with_what_went_before(measure):
    result = measure(BUSY.replace("    return kept", "    raise KeyError('gone')"), memory=False)
    error = next(one for one in result.findings if one.code == "script-error")
    assert error.detail == "KeyError: 'gone'"
    assert result.tables[0].rows[0][1] > 0


@pytest.mark.measures_time
def test_a_script_that_waits_is_told_so(measure):
    assert "waits" in codes(measure("import time\ntime.sleep(0.6)\n", memory=False))


def test_a_script_that_kills_its_process_gives_a_result_and_no_figures_it_made_up(measure):
    result = measure("import os\nprint('bye', flush=True)\nos._exit(3)\n")
    assert codes(result) == {"script-died"}
    assert "bye" in result.findings[0].detail
    assert result.figures == ()


def test_a_false_measurement_of_a_hostile_script_is_not_taken_for_true(measure):
    forged = (
        "import json, os, sys\nwanted = json.load(open(sys.orig_argv[-1]))\n"
        "value = json.dumps({'seconds': float('nan'), 'cpu_seconds': -1})\n"
        "open(wanted['result'], 'w').write(value)\nos._exit(0)\n"
    )
    assert codes(measure(forged, memory=False)) == {"script-died"}


@pytest.mark.measures_time
def test_a_folder_brings_its_modules_data_and_arguments(measure):
    files = {
        "run.py": "import sys, work\nassert sys.argv[1:] == ['--n', '2']\n"
        "assert open('data.txt').read() == 'x'\nwork.loop()\n",
        "work.py": "import time\ndef loop():\n    end = time.process_time() + 0.2\n"
        "    while time.process_time() < end:\n        pass\n",
        "data.txt": "x",
    }  # fmt: skip
    result = measure(files, entry="run.py", arguments="--n 2", memory=False)
    assert "script-error" not in codes(result)
    assert any("work.py" in str(row[0]) for row in result.tables[1].rows)


def test_the_script_sees_nothing_of_the_environment(measure, monkeypatch):
    monkeypatch.setenv("STUDIO_PLANTED", "1")
    result = measure("import os\nif 'STUDIO_PLANTED' in os.environ: raise SystemExit('seen')\n", memory=False)
    assert "script-error" not in codes(result)


def frame(name, seconds, self_seconds=0.0, *, line=1, children=()):
    return {
        "name": name, "file": "a.py", "line": line, "own": True, "time": seconds, "self": self_seconds,
        "children": list(children),
    }  # fmt: skip


def test_time_of_a_recursion_is_counted_once():
    inner = frame("f", 3.0, 3.0)
    (tree,) = read_frames([frame("f", 5.0, 2.0, children=[inner])])
    ((function, own, whole),) = hot_functions((tree,))
    assert (function.name, own, whole) == ("f", 5.0, 5.0)
    assert tree.children[0].seconds == 3.0


def test_the_weights_of_the_file_are_the_times_of_their_own():
    tree = read_frames([frame("a", 5.0, 2.0, children=[frame("b", 3.0, 3.0, line=9)])])
    (profile,) = assert_is_speedscope(speedscope("x", tree))["profiles"]
    assert (profile["samples"], profile["weights"]) == ([[0], [0, 1]], [2.0, 3.0])


def test_what_a_child_answers_is_read_as_hostile():
    assert read_frames("x") == ()
    (odd,) = read_frames([{"name": 5, "time": float("inf"), "line": -1, "lines": {"x": 1}, "children": [3]}])
    assert (odd.name, odd.seconds, odd.line) == ("", 0.0, 0)
    assert hot_lines("x") == ()
    assert hot_lines([["a.py", "1"], 3]) == (HotLine("", 0, "", 0.0, 0.0), HotLine("a.py", 0, "", 0.0, 0.0))


def test_names_of_functions_become_no_markup(measure):
    script = BUSY.replace(
        "if __name__", "slow.__code__ = slow.__code__.replace(co_name='<script>')\nif __name__"
    )
    result = measure(script, memory=False)
    assert "<script>" not in result.figures[0].svg
    assert "&lt;script&gt;" in result.figures[0].svg


REFUSALS = [
    ("script", "def f(:\n", {}, "is no Python"),
    ("script", "", {}, "0 bytes"),
    ("script", "x = input()\n", {}, "line 1 waits for somebody to type"),
    ("script", "import sys\nsys.stdin.read()\n", {}, "line 2 reads standard input"),
    ("script", "import os\nos.fork()\n", {}, "line 2 starts another process"),
    ("script", "from multiprocessing import Pool\n", {}, "imports multiprocessing"),
    ("function", "def work(): ...\n", {"function": "wrok"}, "no function 'wrok'"),
    ("entry", {"a.py": "1\n"}, {"entry": "b.py"}, "no 'b.py'"),
    ("script", b"\xff\xfe\x00", {}, "main.py"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=[one[3] for one in REFUSALS])
def test_what_cannot_be_measured_is_refused_before_it_runs(measure, context, case):
    field, script, options, found = case
    with pytest.raises(InputRejected) as refusal:
        measure(script, **options)
    assert (refusal.value.field, found in refusal.value.found) == (field, True)
    assert context.artefacts == {}


def test_a_script_is_run_on_a_server_only(measure, context):
    context.place = "kernel"
    with pytest.raises(InputRejected, match="outside of a server's sandbox"):
        measure("x = 1\n")


def test_the_tool_runs_only_where_a_run_has_a_network_of_its_own():
    assert TOOL.network == ("loopback",)
    assert TOOL.places == {"server"}


def test_a_goal_without_load_is_refused(context):
    with pytest.raises(ValueError, match="is for mode 'load'"):
        PerformanceInput(script=context.keep("a.py", b"1"), goal_p95_ms=5)
