"""Real work of the standard library: what the profiler calls hot is what cProfile calls hot."""

import cProfile
import pstats
import time
from types import SimpleNamespace

import pytest

from studio_magics.tools.dev.performance import child_profile

REAL = """import ast
import difflib
import inspect
import json
import random

random.seed(1)


def table():
    return {f"k{i}": [random.random() for _ in range(20)] for i in range(1_500)}


def read_all():
    text = inspect.getsource(ast)
    for _ in range(6):
        ast.dump(ast.parse(text))


def compare():
    one, other = ([random.choice("abcd") * 5 for _ in range(300)] for _ in range(2))
    return len(difflib.SequenceMatcher(None, one, other, False).get_opcodes())


rows = table()
for _ in range(3):
    json.dumps(rows, indent=1)
read_all()
compare()
"""


def by_cprofile():
    """Function → share of the processor's time, with all it calls and alone; others' time is in neither."""
    profile = cProfile.Profile(time.process_time)
    profile.run(compile(REAL, "main.py", "exec"))
    stats = pstats.Stats(profile).stats
    total = sum(row[2] for row in stats.values())
    return {place[2]: (row[3] / total, row[2] / total) for place, row in stats.items()}


@pytest.mark.measures_time
def test_the_functions_that_take_the_most_are_those_of_cprofile(measure):
    wanted = by_cprofile()
    result = measure(REAL, seconds=10, memory=False)
    rows = {row[0].split(" (")[0]: row for row in result.tables[0].rows}
    whole = sum(row[1] for row in rows.values())
    for name in ("read_all", "compare", "table"):
        if name in rows and wanted[name][0] > 0.1:
            assert abs(rows[name][3] / whole - wanted[name][0]) < 0.25, name
    first = sorted(wanted, key=lambda name: -wanted[name][1])[:4]
    assert set(list(rows)[:4]) & set(first)


@pytest.mark.measures_time
def test_the_headline_names_the_line_that_takes_the_most(measure):
    result = measure(REAL, seconds=10)
    hottest = max(result.tables[1].rows, key=lambda row: row[1])
    assert f" in {hottest[0]} (" in result.headline
    assert "alone takes" not in result.headline


def test_a_line_stands_once_in_the_table_of_memory(measure):
    lines = [row[0] for row in measure(REAL, seconds=10).tables[2].rows]
    assert len(lines) == len(set(lines))


def test_the_time_others_had_the_processor_belongs_to_no_frame(monkeypatch):
    waited = iter([5.0, 5.0, 5.04, 5.2])
    monkeypatch.setattr(child_profile, "_queued", lambda: next(waited))
    kept = []
    plain = SimpleNamespace(_sampler_saw_call_stack=lambda *sample: kept.append(sample))
    profiler = child_profile.without_queueing(plain)
    for frame, seconds in (("a", 0.001), ("b", 0.045), ("c", 0.1)):
        profiler._sampler_saw_call_stack([frame], seconds, None)
    assert [(stack, round(seconds, 6)) for stack, seconds, _ in kept] == [
        (["a"], 0.001),
        (["b"], 0.005),
        (["c"], 0.0),
    ]
