"""A broker is there exactly as long as its run, wherever the folder is."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import psutil
from studio_server.runs.executor.broker import hiring
from studio_server.runs.executor.confining import base_environment, interpreter
from studio_server.runs.executor.protocol import Job

from studio_magics.contracts.catalogue import RunLimits

LIMITS = RunLimits(cpu_ms=1, wall_ms=1, memory_bytes=1, output_bytes=1)
PATIENCE_SECONDS = 30
ASKED = b"CONNECT other.example.org:443 HTTP/1.1\r\n\r\n"


def job(folder, *network):
    folder.mkdir(parents=True)
    now = datetime(2026, 11, 26, tzinfo=UTC)
    return Job("run_1", "tool", {}, {}, LIMITS, now, folder, network=network)


def children():
    return psutil.Process().children()


def asked(folder):
    number = os.open(folder, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as way_out:
        way_out.settimeout(PATIENCE_SECONDS)
        way_out.connect(f"/proc/self/fd/{number}/network")
        os.close(number)
        way_out.sendall(ASKED)
        return way_out.recv(1_000)


def test_a_broker_answers_in_a_folder_whose_path_is_longer_than_an_address(tmp_path):
    folder = tmp_path / ("x" * 120)
    before = children()
    with hiring.broker_for(job(folder, "api.example.org:443")):
        assert asked(folder).startswith(b"HTTP/1.1 403 ")
        [broker] = [child for child in children() if child not in before]
        assert (folder.stat().st_mode & 0o777) == 0o700
    assert not broker.is_running()


def test_a_run_without_hosts_gets_none(tmp_path):
    before = children()
    for network in ((), ("loopback",)):
        with hiring.broker_for(job(tmp_path / str(len(network)), *network)):
            assert children() == before
    assert not list(tmp_path.rglob("network"))


def test_a_broker_that_was_killed_is_told_to_the_operator(tmp_path, caplog):
    before = children()
    with hiring.broker_for(job(tmp_path / "run", "api.example.org:443")):
        [broker] = [child for child in children() if child not in before]
        broker.kill()
    assert "the broker of run run_1 ended without a report" in caplog.text


def test_a_broker_ends_when_whoever_hired_it_is_gone(tmp_path):
    """Its input ends then, whether or not anybody said so."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/s")
        listening.listen()
        orders = f'{{"descriptor": {listening.fileno()}, "hosts": []}}\n'
        done = subprocess.run(
            interpreter(hiring.PROGRAM),
            input=orders.encode(),
            capture_output=True,
            pass_fds=(listening.fileno(),),
            env=base_environment(),
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    assert done.stdout == b'{"hosts": {}, "refusals": {}}\n', sys.version
