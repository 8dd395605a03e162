"""Kill any process in the middle of a run: no hold stays, and a platform fault is free."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from fakes.toy_server import RUN, TERMINAL, forget_toys, toy_registry
from studio_server.clock import FixedClock
from studio_server.ledger import ExpireHolds
from studio_server.ledger.checker import check
from studio_server.ledger.verify import verify
from studio_server.runs import rows
from studio_server.settings import Settings
from studio_server.wiring import build

TESTS = Path(__file__).parent.parent
PATIENCE_SECONDS = 20


@contextmanager
def toy_server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", "fakes.serve_toys", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    try:
        line = process.stdout.readline()
        assert line, "the server did not start"
        address = json.loads(line)
        headers = {"Authorization": f"Bearer {address['token']}"}
        with httpx.Client(base_url=address["url"], headers=headers, timeout=30, trust_env=False) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def sleeping_run(client: httpx.Client) -> dict:
    """A run whose tool is at work."""
    answer = client.post(RUN, json={"inputs": {"sleep_until_killed": True}})
    assert answer.status_code == 202, answer.text
    return follow(client, answer.json(), until=lambda run: run["stage"] == "sleeping")


def follow(client: httpx.Client, run: dict, until: object) -> dict:
    for _ in range(200):
        if until(run):
            return run
        query = {"since": run["revision"], "wait_seconds": 20}
        run = client.get(f"/api/runs/{run['id']}", params=query).json()
    raise AssertionError(f"{run['id']} stays {run['state']}")


def processes_below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def assert_nothing_is_held_or_charged(client: httpx.Client, folder: Path) -> None:
    balance = client.get("/api/credits/balance").json()
    assert (balance["available_credits"], balance["held_credits"]) == (10_000, 0)
    assert verify(folder / "studio.db", anchor=folder / "anchor.json").verdict == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killing_the_server_releases_the_hold_at_the_next_start_and_leaves_no_worker(
    tmp_path: Path, how: signal.Signals
) -> None:
    with toy_server(tmp_path) as (process, client):
        run = sleeping_run(client)
        below = processes_below(process.pid)
        assert below
        process.send_signal(how)
        process.wait(PATIENCE_SECONDS)
        _, alive = psutil.wait_procs(below, timeout=PATIENCE_SECONDS)
        assert not alive, f"{alive} outlived the server"
    with toy_server(tmp_path) as (_, client):
        after = client.get(f"/api/runs/{run['id']}").json()
        assert (after["state"], after["charged_credits"]) == ("lost", 0)
        assert after["failure"]["code"] == "platform_fault"
        assert not list((tmp_path / "work").glob("*")), "the folder of the lost run is still there"
        assert_nothing_is_held_or_charged(client, tmp_path)


def test_killing_the_worker_or_its_launcher_is_a_platform_fault_and_free(tmp_path: Path) -> None:
    with toy_server(tmp_path) as (process, client):
        for which in (0, -1):
            run = sleeping_run(client)
            victim = sorted(processes_below(process.pid), key=lambda found: found.pid)[which]
            victim.kill()
            over = follow(client, run, until=lambda run: run["state"] in TERMINAL)
            assert (over["state"], over["charged_credits"]) == ("lost", 0)
        assert_nothing_is_held_or_charged(client, tmp_path)


def test_a_run_goes_on_and_is_charged_once_when_the_kernel_that_started_it_is_gone(tmp_path: Path) -> None:
    with toy_server(tmp_path) as (_, client):
        script = (
            "import httpx, sys, os, signal\n"
            "r = httpx.post(sys.argv[1] + sys.argv[3], json={'inputs': {'burn_ms': 300}},"
            " headers={'Authorization': 'Bearer ' + sys.argv[2]})\n"
            "print(r.json()['id'], flush=True)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        token = client.headers["Authorization"].removeprefix("Bearer ")
        kernel = subprocess.run(
            [sys.executable, "-c", script, str(client.base_url).rstrip("/"), token, RUN],
            capture_output=True,
            text=True,
            check=False,
        )
        assert kernel.returncode == -signal.SIGKILL
        run = client.get(f"/api/runs/{kernel.stdout.strip()}").json()
        over = follow(client, run, until=lambda run: run["state"] in TERMINAL)
        assert (over["state"], over["charged_credits"]) == ("succeeded", 3)
        balance = client.get("/api/credits/balance").json()
        assert (balance["available_credits"], balance["held_credits"]) == (9_997, 0)


def test_a_second_server_on_the_same_books_is_refused_with_the_reason(tmp_path: Path) -> None:
    with toy_server(tmp_path) as (process, _):
        second = subprocess.run(
            [sys.executable, "-m", "studio_server.cli", "--data-dir", str(tmp_path), "serve"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 1
        assert f"in use by process {process.pid}" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_server_that_was_down_longer_than_a_lease_starts_and_charges_nothing(tmp_path: Path) -> None:
    with toy_server(tmp_path) as (process, client):
        run = sleeping_run(client)
        process.kill()
        process.wait(PATIENCE_SECONDS)
    later = FixedClock(datetime.now(UTC) + timedelta(hours=2))
    registry = toy_registry(daily_cap=10_000, monthly=10_000)
    services = build(Settings.for_local(data_dir=tmp_path, owner="ada"), clock=later, registry=registry)
    try:
        services.db.write_blocking(lambda tx: services.ledger.execute(tx, ExpireHolds()))
        services.begin()
        row = services.db.read(lambda tx: rows.by_id(tx, run["id"]))
        assert (row.state, row.charged_credits) == ("lost", 0)
        assert services.db.read(services.ledger.open_holds) == ()
        assert services.db.read(check) == []
    finally:
        services.executor.close()
        services.db.close()
        forget_toys()
