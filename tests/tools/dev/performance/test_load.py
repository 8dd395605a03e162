"""Load of small servers, and the arithmetic of rates and percentiles against figures worked out by hand."""

import json
import math
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from studio_magics.tools.dev.performance import load
from studio_magics.tools.dev.performance.costs import steps_of
from studio_magics.tools.dev.performance.listening import addresses, memory_bytes
from studio_magics.tools.dev.performance.load import (
    Step,
    Tally,
    knee,
    percentile,
    percentile_bounds,
    rate,
)
from studio_magics.tools.dev.performance.load_findings import Served, findings
from studio_magics.tools.dev.performance.tool import SERVER

SUM = SERVER.decode()
CLOSE = "; self.close_connection = True"


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


@pytest.mark.measures_time
def test_every_step_has_its_figures(push, context):
    result = push(most_users=3)
    steps = json.loads(context.artefacts["load.json"])["steps"]
    assert [one["users"] for one in steps] == [1, 2, 3]
    for step in steps:
        assert step["answers"] > 5
        assert step["errors"] == {}
        assert 0 < step["milliseconds"]["p50"] <= step["milliseconds"]["p95"] <= step["milliseconds"]["p99"]
        assert 0 < step["per_second"] < 2 * step["answers"] / step["seconds"]
        assert step["memory_bytes"] > 1_000_000
    assert result.summary["requests"] == sum(one["answers"] for one in steps)
    assert [one.title for one in result.figures] == [
        "Answers a second by users at once",
        "Time to an answer by users at once",
    ]


@pytest.mark.measures_time
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
    result = push("print('no port for me')\nraise SystemExit(4)\n")
    assert codes(result) == {"not-listening"}
    assert "It ended with 4. no port for me" in result.findings[0].detail


@pytest.mark.measures_time
def test_a_server_on_a_port_of_its_own_choosing_is_told_with_that_port(measure, port, monkeypatch):
    monkeypatch.setattr(load, "READY_SECONDS", 2.0)
    own = SUM.replace('("127.0.0.1", 8000)', '("127.0.0.1", 0)')
    own = own.replace("ThreadingHTTPServer((", "found = ThreadingHTTPServer((").replace(
        ").serve_forever()", ")\nprint('on', found.server_address[1])\nfound.serve_forever()"
    )
    [finding] = measure(own, mode="load", port=port).findings
    chosen = finding.detail.rpartition("on ")[2].split()[0]
    assert f"It was still running, and listened on 127.0.0.1:{chosen}." in finding.detail
    assert "'port'" in finding.action


def test_a_server_that_is_slow_to_start_is_waited_for(push):
    result = push(SUM.replace("class Handler", "import time; time.sleep(1.5)\n\n\nclass Handler"))
    assert result.summary["requests"] > 0


DYING = SUM.replace(
    "        body =",
    "        Handler.asked = getattr(Handler, 'asked', 0) + 1\n"
    "        if Handler.asked > 150: import os; print('out of luck', flush=True); os._exit(3)\n"
    "        import time; time.sleep(0.005)\n"
    "        body =",
)


@pytest.mark.measures_time
def test_a_server_that_ends_under_load_is_told_with_what_it_said_and_not_pushed_on(push):
    result = push(DYING, most_users=8, step_seconds=1.0)
    ended = result.findings[0]
    assert (ended.code, ended.severity, ended.detail) == ("server-ended", "critical", "out of luck")
    assert "ended with 3" in ended.title
    assert len(result.tables[0].rows) < len(steps_of(8))


def test_a_server_that_ends_at_the_first_request_is_no_server_that_did_not_listen(push):
    result = push(DYING.replace("> 150", "> 0"))
    assert codes(result) == {"server-ended"}
    assert result.headline.endswith("ended at the first requests")
    assert result.tables == result.figures == ()


@pytest.mark.measures_time
def test_a_server_that_grows_is_told_with_how_much_for_each_request(push):
    leaking = SUM.replace("        body =", "        kept.append(b'x' * 200_000)\n        body =")
    result = push(leaking.replace("class Handler", "kept = []\n\n\nclass Handler"))
    [grown] = [one for one in result.findings if one.code == "memory-grows"]
    assert 150 < float(grown.detail.split(": ")[1].split(" kB")[0]) < 400
    assert "memory-grows" not in codes(push())


@pytest.mark.measures_time
@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.0 200 OK\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 2\\r\\n\\r\\n",
        "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n",
    ],
)
def test_a_server_that_closes_its_connections_makes_no_errors(push, head):
    closing = SUM.replace("HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n", head)
    closing = closing.replace(" % len(body)", "").replace(
        "head + body)", "head + b'ok'); self.close_connection = True"
    )
    result = push(closing)
    assert result.summary["errors"] == 0
    assert result.summary["requests"] > 5
    says_so = "Connection" in head or "1.0" in head
    assert ("closed-connections" in codes(result)) == (not says_so)


def test_a_redirect_is_told_and_not_taken_for_the_page_it_leads_to(push):
    result = push(SUM.replace("200 OK", "302 Found\\r\\nLocation: /there"), path="/here")
    [found] = [one for one in result.findings if one.code == "redirects"]
    assert found.title == "'/here' only leads elsewhere: 302 to /there"
    assert result.summary["errors"] == 0


def test_chunked_answers_are_taken_whole_over_one_connection(push, context):
    chunked = SUM.replace("Content-Length: %d", "Transfer-Encoding: chunked").replace("% len(body)", "")
    result = push(chunked.replace("head + body", "head + b'2\\r\\nok\\r\\n0\\r\\n\\r\\n'"))
    assert result.summary["errors"] == 0
    assert not {"closed-connections", "errors"} & codes(result)


def test_an_answer_that_breaks_off_is_an_error(push, context):
    push(
        SUM.replace("% len(body)", "% 10_000_000").replace("+ body)", "+ body); self.close_connection = True")
    )
    [step] = json.loads(context.artefacts["load.json"])["steps"]
    assert list(step["errors"]) == ["IncompleteRead"]


@pytest.mark.measures_time
def test_an_answer_without_end_is_cut_off_and_no_more_users_are_sent_to_wait_for_it(
    push, context, monkeypatch
):
    monkeypatch.setattr(load, "TIMEOUT_SECONDS", 0.3)
    endless = SUM.replace("Content-Length: %d", "Connection: close").replace("% len(body)", "")
    push(
        endless.replace("head + body)", "head)\n        while True: self.wfile.write(b'x' * 1_000)"),
        most_users=8,
    )
    [step] = json.loads(context.artefacts["load.json"])["steps"]
    assert step["errors"] == {load.ENDLESS: 1}


@pytest.mark.measures_time
def test_one_request_in_ten_that_fails_is_counted_as_such_and_never_as_answered_in_time(push, context):
    script = SUM.replace(
        '        head = b"HTTP/1.1 200 OK',
        "        Handler.asked = getattr(Handler, 'asked', 0) + 1\n"
        "        status = b'500 Broken' if Handler.asked % 10 == 0 else b'200 OK'\n"
        '        head = b"HTTP/1.1 %s',
    ).replace("% len(body)", "% (status, len(body))")
    result = push(script, goal_p95_ms=60_000, most_users=1, step_seconds=0.6)
    [step] = json.loads(context.artefacts["load.json"])["steps"]
    assert step["errors"].keys() == {"status 500"}
    assert step["errors"]["status 500"] / (step["answers"] + step["errors"]["status 500"]) == pytest.approx(
        0.1, abs=0.05
    )
    assert result.summary["goal_met"] is False
    [missed] = [one for one in result.findings if one.code == "goal-missed"]
    assert "requests fail" in missed.title


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


def step(users, per_second, **more):
    return Step(users, 1.0, float(per_second), (1.0,) * per_second, {}, 0.1, **more)


def tally(*requests):
    """What one user saw: begin, end and what went wrong, in seconds of the step."""
    made = Tally()
    for began, ended, *failed in requests:
        made.note(failed[0] if failed else "", began, ended)
    return made


def in_turn(*ends, first=0.0):
    return tally(*((begin, end) for begin, end in zip((first, *ends), ends, strict=False)))


def test_the_rate_of_a_server_that_answers_one_after_another_is_its_own_whoever_waits():
    # Eight users at a server that takes 20 ms each: number k is answered at 20 k ms and then every 160 ms.
    users = [in_turn(*(0.02 * place + 0.16 * turn for turn in range(4))) for place in range(1, 9)]
    assert rate(users) == pytest.approx(50.0)


def test_the_rate_of_a_server_that_answers_all_at_once_rises_with_the_users():
    users = [in_turn(*(0.1 * turn for turn in range(1, 11))) for _ in range(8)]
    assert rate(users) == pytest.approx(80.0)


def test_one_user_who_waits_on_after_the_end_of_the_step_does_not_lower_the_rate_of_the_others():
    quick = [in_turn(*(0.01 * turn for turn in range(1, 101))) for _ in range(7)]
    slow = in_turn(*(0.01 * turn for turn in range(1, 100)), 3.0)
    assert rate([*quick, slow]) == pytest.approx(8 * (7 * 99 + 99) / (7 * 0.99 + 2.99))
    assert rate([*quick, slow]) > 2 * (8 * 100) / 3.0


def test_time_in_which_requests_failed_is_time_without_answers():
    waiting = tally((0.0, 0.1), (0.1, 0.2), (0.2, 1.1, "no answer"))
    assert rate([waiting]) == pytest.approx(1.0)
    assert rate([tally((0.0, 0.5, "status 500"), (0.5, 1.0))]) == pytest.approx(2.0)


def test_a_user_who_was_answered_once_counts_with_all_the_time_it_took():
    assert rate([tally((0.0, 2.0)), tally((0.0, 4.0))]) == pytest.approx(2 * 2 / 6)
    assert rate([]) == rate([Tally()]) == 0.0


def test_requests_that_failed_are_slower_than_any_goal():
    failing = Step(1, 1.0, 18.0, (1.0,) * 18, {"status 500": 2}, 0.1)
    assert percentile(failing.of_all, 0.9) == 1.0
    assert math.isinf(percentile(failing.of_all, 0.95))


def test_what_is_kept_of_memory_at_the_first_step_is_no_growth():
    served = Served(ready=True, ended=None, elsewhere=(), said="")
    inputs = type("Inputs", (), {"goal_p95_ms": None, "path": "/"})

    def told(*megabytes):
        steps = [step(users, 100, memory_bytes=size * 1_000_000) for users, size in enumerate(megabytes, 1)]
        return [one.title for one in findings(inputs, steps, served) if one.code == "memory-grows"]

    assert told(20, 80) == ["The server grew from 20 to 80 MB"]
    assert told(80) == told(20, 30) == told(200, 230) == told(0, 80) == []


def test_where_a_process_listens_and_what_it_holds_is_the_kernels_word():
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six, socket.socket() as asking:
        four.bind(("127.0.0.1", 0))
        six.bind(("::1", 0))
        for one in (four, six):
            one.listen()
        asking.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in (four, six)]
        assert {f"127.0.0.1:{ports[0]}", f"[::1]:{ports[1]}"} <= set(addresses(os.getpid()))
        assert f"127.0.0.1:{asking.getsockname()[1]}" not in addresses(os.getpid())
    assert memory_bytes(os.getpid()) > 10_000_000
    assert (addresses(0), memory_bytes(0)) == ([], 0)


class Mixed(BaseHTTPRequestHandler):
    """Nine answers after 10 ms, the tenth after 100 ms; keeps what it saw of the time between."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        Mixed.asked += 1
        threading.Event().wait(0.1 if Mixed.asked % 10 == 0 else 0.01)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    def log_message(self, *_):
        """Say nothing."""


def test_a_known_mix_of_quick_and_slow_answers_has_its_known_percentiles():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mixed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = load.push(server.server_address[1], "/", 1, 1.5)
        server.shutdown()
    assert found.errors == {}
    assert percentile(found.milliseconds, 0.5) < 100 <= percentile(found.milliseconds, 0.95)
    assert found.milliseconds[0] >= 10
    # Of one user every request begins when the last one ended: the times add up to the step.
    assert found.per_second == pytest.approx(
        1_000 * len(found.milliseconds) / sum(found.milliseconds), rel=0.25
    )


def test_the_knee_is_the_step_after_which_more_users_bring_hardly_more():
    assert knee([step(1, 100), step(2, 190), step(4, 200), step(8, 205)]) == step(2, 190)
    assert knee([step(1, 100), step(2, 190), step(4, 350)]) is None


@pytest.mark.parametrize(("most", "steps"), [(1, (1,)), (3, (1, 2, 3)), (8, (1, 2, 4, 8))])
def test_users_double_up_to_the_most(most, steps):
    assert steps_of(most) == steps
