"""Which outcome follows from which report; no process takes part."""

import signal

import pytest
from studio_server.runs.executor import endings, sentences
from studio_server.runs.executor.endings import Bounds, Report

from studio_magics.contracts.catalogue import RunLimits

LIMITS = RunLimits(cpu_ms=4_000, wall_ms=8_000, memory_bytes=384_000_000, output_bytes=1_000)
BOUNDS = Bounds(LIMITS, scratch_bytes=1_000_000, processes=8, address_bytes=4_000_000_000)


def report(**changed) -> Report:
    fields = {
        "event": "ended",
        "reason": "ended",
        "exit_code": 0,
        "begun": True,
        "cpu_ms": 100,
        "wall_ms": 200,
        "peak_bytes": 50_000_000,
        "peak_address_bytes": 100_000_000,
        "survivors": 0,
    }
    return Report.model_validate(fields | changed)


@pytest.mark.parametrize(
    ("reason", "kind", "words"),
    [
        ("cpu", "limit_cpu", "4 s of CPU time"),
        ("wall", "limit_wall", "longer than 8 s"),
        ("memory", "limit_memory", "384 MB of memory"),
        ("disk", "limit_disk", "1 MB of temporary disk space"),
        ("processes", "tool_failed", "more than 8 processes"),
        ("stopped", "lost", "the platform's fault"),
    ],
)
def test_a_limit_is_named_with_its_figure(reason, kind, words):
    outcome = endings.stopped_from_outside(report(reason=reason), BOUNDS, cancelled=False)
    assert (outcome.kind, words in outcome.message, outcome.measured.cpu_ms) == (kind, True, 100)


def test_a_limit_met_before_the_cancellation_stays_the_reason():
    assert endings.stopped_from_outside(report(reason="cpu"), BOUNDS, cancelled=True).kind == "limit_cpu"
    assert endings.stopped_from_outside(report(reason="stopped"), BOUNDS, cancelled=True).kind == "cancelled"


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGTRAP", "SIGBUS"])
def test_a_crash_is_out_of_memory_only_under_pressure(name):
    code = -signal.Signals[name]
    near_memory = report(exit_code=code, peak_bytes=300_000_000)
    near_address = report(exit_code=code, peak_address_bytes=3_500_000_000)
    assert endings.without_answer(near_memory, BOUNDS).kind == "limit_memory"
    assert endings.without_answer(near_address, BOUNDS).kind == "limit_memory"
    assert endings.without_answer(report(exit_code=code), BOUNDS).kind == "tool_failed"


@pytest.mark.parametrize(
    ("name", "cpu_ms", "kind"),
    [
        ("SIGXCPU", 4_900, "limit_cpu"),
        ("SIGKILL", 4_900, "limit_cpu"),
        ("SIGKILL", 100, "lost"),
        ("SIGTERM", 100, "lost"),
        ("SIGXFSZ", 100, "limit_disk"),
    ],
)
def test_a_signal_is_translated_into_what_it_means(name, cpu_ms, kind):
    ended = report(exit_code=-signal.Signals[name], cpu_ms=cpu_ms)
    assert endings.without_answer(ended, BOUNDS).kind == kind


@pytest.mark.parametrize(
    ("begun", "by_the_run", "kind"),
    [(True, True, "tool_failed"), (False, True, "lost"), (True, False, "lost")],
)
def test_an_answer_that_cannot_be_read_is_the_runs_own_doing_only_where_it_begun_and_made_it_so(
    begun, by_the_run, kind
):
    outcome = endings.unreadable(report(begun=begun), by_the_run=by_the_run)
    assert (outcome.kind, outcome.measured.cpu_ms) == (kind, 100)


def test_a_worker_that_never_reached_the_tool_is_the_platforms_fault():
    assert endings.without_answer(report(begun=False, exit_code=127), BOUNDS).kind == "lost"
    assert endings.without_answer(report(begun=True, exit_code=1), BOUNDS).kind == "tool_failed"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No such file: '/srv/studio/runs/1/in/x.csv'", "No such file: 'x.csv'"),
        ("ratio 1/2 of /tmp", "ratio 1/2 of /tmp"),
        ("first\nsecond", "first"),
        ("", ""),
    ],
)
def test_paths_are_cut_from_messages(text, shown):
    assert sentences.without_paths(text) == shown


def test_a_long_message_is_cut():
    assert len(sentences.without_paths("x" * 1_000)) == 300
