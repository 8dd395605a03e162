"""Load of small servers, and the arithmetic of percentiles against figures worked out by hand."""

import json
import socket

import pytest

from studio_magics.tools.dev.performance.costs import steps_of
from studio_magics.tools.dev.performance.load import Step, knee, percentile, percentile_bounds
from studio_magics.tools.dev.performance.tool import SERVER

SUM = SERVER.decode()


@pytest.fixture
def port():
    """A port that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def push(measure, port):
    """Push a server given as text, in short steps."""

    def call(script=SUM, **options):
        quick = {"most_users": 2, "step_seconds": 0.3, **options}
        return measure(script.replace("8000", str(port)), mode="load", port=port, **quick)

    return call


def codes(result):
    return {one.code for one in result.findings}


def test_every_step_has_its_figures(push, context):
    result = push(most_users=3)
    steps = json.loads(context.artefacts["load.json"])["steps"]
    assert [one["users"] for one in steps] == [1, 2, 3]
    for step in steps:
        assert step["answers"] > 5
        assert step["errors"] == {}
        assert 0 < step["milliseconds"]["p50"] <= step["milliseconds"]["p95"] <= step["milliseconds"]["p99"]
        assert step["per_second"] == pytest.approx(step["answers"] / step["seconds"], rel=0.02)
    assert result.summary["requests"] == sum(one["answers"] for one in steps)
    assert [one.title for one in result.figures] == [
        "Answers a second by users at once",
        "Time to an answer by users at once",
    ]


def test_a_server_that_takes_twenty_milliseconds_is_measured_so(push):
    slow = SUM.replace("        body =", "        import time; time.sleep(0.02)\n        body =")
    result = push(slow, goal_p95_ms=5)
    assert result.tables[0].rows[0][4] >= 20
    assert "goal-missed" in codes(result)
    assert result.summary["goal_met"] is False


def test_a_goal_that_is_kept_is_told_as_kept(push):
    assert push(goal_p95_ms=60_000).summary["goal_met"] is True


def test_errors_are_counted_by_kind(push, context):
    result = push(SUM.replace("200 OK", "503 Busy"))
    steps = json.loads(context.artefacts["load.json"])["steps"]
    assert list(steps[0]["errors"]) == ["status 503"]
    assert "errors" in codes(result)
    assert result.summary["most_per_second"] == 0


def test_a_script_that_does_not_listen_is_told_with_what_it_said(push):
    result = push("print('no port for me')\n")
    assert codes(result) == {"not-listening"}
    assert "no port for me" in result.findings[0].detail


def test_no_server_is_left_behind(push, port):
    push()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_percentiles_are_values_that_were_measured():
    values = tuple(float(one) for one in range(1, 101))
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50.0, 95.0, 99.0, 100.0]
    assert percentile((7.0,), 0.99) == 7.0


def test_the_bounds_of_p95_are_the_ranks_of_the_binomial_distribution():
    values = tuple(float(one) for one in range(1, 401))
    # 400 × 0.95 = 380; 1.96 × √(400 × 0.95 × 0.05) = 8.54
    assert percentile_bounds(values, 0.95) == (371.0, 390.0)


def step(users, per_second):
    return Step(users, 1.0, (1.0,) * per_second, {}, 0.1)


def test_the_knee_is_the_step_after_which_more_users_bring_hardly_more():
    assert knee([step(1, 100), step(2, 190), step(4, 200), step(8, 205)]) == step(2, 190)
    assert knee([step(1, 100), step(2, 190), step(4, 350)]) is None


@pytest.mark.parametrize(("most", "steps"), [(1, (1,)), (3, (1, 2, 3)), (8, (1, 2, 4, 8))])
def test_users_double_up_to_the_most(most, steps):
    assert steps_of(most) == steps
