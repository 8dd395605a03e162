"""A run that may talk to its own processes talks to nobody else, and nobody else talks to it."""

import socket
import threading

import pytest
from studio_server.runs.executor.local import LocalExecutor

from tests.hostile.conftest import (
    GENEROUS,
    GONE_WITHIN_SECONDS,
    PATIENCE_SECONDS,
    TOOLS,
    Arena,
)
from tests.hostile.listing import parameters, programs

LOOPBACK = ("loopback",)
ENDLESS = {"listen"}


class CarelessExecutor(LocalExecutor):
    """The guard under test taken out: a run that uses a network runs without one of its own."""

    def _refusal(self, _job):
        return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.mark.parametrize("program", sorted(set(programs("looping")) - ENDLESS))
def test_a_run_with_a_loopback_reaches_its_own_processes_only(arena, surroundings, program):
    where = {name: surroundings[name] for name in parameters("looping", program)}
    attacked = arena.attack("looping", program, network=LOOPBACK, **where)
    assert attacked.outcome.kind == "succeeded", attacked.outcome
    assert attacked.escapes == []
    assert attacked.alive_seconds < GONE_WITHIN_SECONDS


def test_a_run_that_does_not_declare_it_has_no_loopback(arena):
    assert len(arena.attack("looping", "talk_to_itself").escapes) == 3


def test_neither_the_host_nor_another_run_reaches_what_a_run_listens_to(arena):
    port, listening = free_port(), threading.Event()
    job = arena.job("looping", "listen", GENEROUS, {"port": port}, LOOPBACK)
    job.workdir.mkdir(parents=True)
    run = arena.executor.start(job, lambda said: listening.set() if said.stage == "listening" else None)
    assert listening.wait(PATIENCE_SECONDS)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 1)
    other = arena.attack("looping", "reach_the_hosts_loopback", network=LOOPBACK, port=port)
    run.cancel()
    assert other.escapes == []
    assert run.wait(PATIENCE_SECONDS).kind == "cancelled"


@pytest.mark.parametrize("missing", ["own network", "own processes", "own view", "system call filter"])
def test_without_a_needed_layer_a_tool_with_a_loopback_does_not_run(make_arena, missing):
    outcome = make_arena(frozenset({missing})).attack("looping", "talk_to_itself", network=LOOPBACK).outcome
    assert (outcome.kind, outcome.measured) == ("lost", None)
    assert missing in outcome.message


def test_were_it_run_without_a_network_of_its_own_it_would_reach_the_host(surroundings, tmp_path):
    executor = CarelessExecutor(capacity=1, extra_path=TOOLS, without={"own network"})
    try:
        arena = Arena(executor, tmp_path)
        where = {"port": surroundings["port"], "network": LOOPBACK}
        assert arena.attack("looping", "reach_the_hosts_loopback", **where).escapes != []
    finally:
        executor.close()
