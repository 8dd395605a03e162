"""A run reaches the host that its tool declares through the broker, and nothing else by any way."""

import os
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from studio_server.runs.executor import confining
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.sandbox.privileges import FIRST_USER

from tests.hostile.conftest import GENEROUS, GONE_WITHIN_SECONDS, PATIENCE_SECONDS, TOOLS, Arena
from tests.hostile.listing import parameters, programs

NAME = "api.example.org"
ENDLESS = {"hold_a_connection"}
PROGRAM = Path(__file__).with_name("open_broker.py")


class Far(BaseHTTPRequestHandler):
    """A host in the open internet, as far as the broker is told."""

    def do_GET(self):
        elsewhere = self.path == "/elsewhere"
        self.send_response(302 if elsewhere else 200)
        if elsewhere:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/")
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        """Be silent."""


@pytest.fixture(scope="module")
def far():
    with ThreadingHTTPServer(("127.0.0.1", 0), Far) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def arena_with(broker, folder):
    lacking = confining.found().lacking()
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}")
    command = [sys.executable, str(PROGRAM), broker]
    executor = LocalExecutor(capacity=2, extra_path=TOOLS, broker=command)
    try:
        yield Arena(executor, folder)
    finally:
        executor.close()


@pytest.fixture(scope="module")
def open_arena(tmp_path_factory):
    with arena_with("open", tmp_path_factory.mktemp("runs")) as arena:
        yield arena


def attack(arena, far, program, network):
    known = {"port": far, "other_port": far + 1}
    where = {name: known[name] for name in parameters("tunnelling", program)}
    return arena.attack("tunnelling", program, network=network, **where)


def brokers():
    return [one for one in psutil.Process(os.getpid()).children() if str(PROGRAM) in one.cmdline()]


@pytest.mark.parametrize("program", sorted(set(programs("tunnelling")) - ENDLESS))
def test_a_run_reaches_the_host_it_declares_and_nothing_else(open_arena, far, program):
    attacked = attack(open_arena, far, program, (f"{NAME}:{far}",))
    assert attacked.outcome.kind == "succeeded", attacked.outcome
    assert attacked.escapes == []
    assert attacked.alive_seconds < GONE_WITHIN_SECONDS
    assert brokers() == []


@pytest.mark.parametrize("network", [(), ("loopback",)])
def test_a_run_whose_tool_declares_no_host_has_no_way_out(open_arena, far, network):
    assert attack(open_arena, far, "use_the_host", network).escapes == ["there is no way out of this run"]


def test_the_broker_that_ships_refuses_what_is_not_declared(arena, far, caplog):
    assert attack(arena, far, "reach_other_hosts", (f"{NAME}:{far}",)).escapes == []
    assert attack(arena, far, "ask_in_other_ways", (f"{NAME}:{far}",)).escapes == []
    assert "the tool does not declare this host and port" in caplog.text


def test_a_declared_host_at_a_private_address_is_refused_after_resolution(tmp_path, far):
    with arena_with("strict", tmp_path) as arena:
        found = attack(arena, far, "use_the_host", (f"{NAME}:{far}",)).escapes
    assert found == ["403 the host is at no public address"]


def test_the_connections_of_a_run_end_with_it_and_so_does_its_broker(open_arena, far):
    holding = threading.Event()
    job = open_arena.job("tunnelling", "hold_a_connection", GENEROUS, {"port": far}, (f"{NAME}:{far}",))
    job.workdir.mkdir(parents=True)
    run = open_arena.executor.start(job, lambda said: holding.set() if said.stage == "holding" else None)
    assert holding.wait(PATIENCE_SECONDS)
    [broker] = brokers()
    if os.geteuid() == 0:  # an ordinary user may not even look at it
        assert [str(one.laddr.ip) for one in broker.net_connections("tcp")] == ["127.0.0.1"]
        assert broker.uids().effective >= FIRST_USER
    run.cancel()
    assert run.wait(PATIENCE_SECONDS).kind == "cancelled"
    assert not broker.is_running()


def test_the_log_has_declared_names_and_sums_only(open_arena, far, caplog):
    caplog.set_level("INFO", "studio_server.runs.executor.broker.hiring")
    attack(open_arena, far, "use_the_host", (f"{NAME}:{far}",))
    attack(open_arena, far, "reach_other_hosts", (f"{NAME}:{far}",))
    said = [record.getMessage() for record in caplog.records]
    assert any(f"used {NAME}:{far}: 1 connections" in line for line in said)
    assert any("was refused connections" in line for line in said)
    assert not any("other.example.org" in line or "GET" in line for line in said)


@pytest.mark.parametrize("missing", ["own network", "own view"])
def test_without_a_needed_layer_a_tool_with_hosts_does_not_run(make_arena, far, missing):
    outcome = attack(make_arena(frozenset({missing})), far, "use_the_host", (f"{NAME}:{far}",)).outcome
    assert (outcome.kind, outcome.measured) == ("lost", None)
