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
from fakes.postgres import cluster, migrated
from fakes.toy_server import RUN, TERMINAL, forget_toys, toy_registry
from studio_server.clock import FixedClock
from studio_server.ledger import ExpireHolds
from studio_server.ledger.checker import check
from studio_server.ledger.verify import verify
from studio_server.runs import rows
from studio_server.runs.replicas import GONE_AFTER
from studio_server.settings import Settings
from studio_server.wiring import build

TESTS = Path(__file__).parent.parent
PATIENCE_SECONDS = 20
AT_ONCE = 50


@contextmanager
def toy_server(folder: Path, *more: object) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", "fakes.serve_toys", str(folder), *map(str, more)],
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


def asked(client: httpx.Client, inputs: dict) -> dict:
    answer = client.post(RUN, json={"inputs": inputs})
    assert answer.status_code == 202, answer.text
    return answer.json()


def sleeping_run(client: httpx.Client) -> dict:
    """A run whose tool is at work."""
    run = asked(client, {"sleep_until_killed": True})
    return follow(client, run, until=lambda run: run["stage"] == "sleeping")


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


def killed_at_work(folder: Path, *more: object) -> set[str]:
    """Three completed runs and fifty at work, then SIGKILL; no worker outlives the server."""
    with toy_server(folder, AT_ONCE, AT_ONCE, *more) as (process, client):
        completed = [
            follow(client, asked(client, {"burn_ms": number}), until=lambda run: run["state"] in TERMINAL)
            for number in range(3)
        ]
        assert [(run["state"], run["charged_credits"]) for run in completed] == [("succeeded", 3)] * 3
        working = [asked(client, {"sleep_until_killed": True}) for _ in range(AT_ONCE)]
        for run in working:
            follow(client, run, until=lambda run: run["state"] != "queued")
        below = processes_below(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
        _, alive = psutil.wait_procs(below, timeout=PATIENCE_SECONDS)
        assert not alive, f"{alive} outlived the server"
    return {run["id"] for run in completed + working}


def assert_only_completed_work_is_charged(over: list[dict], available: int, held: int) -> None:
    assert {run["state"] for run in over} <= set(TERMINAL)
    assert all(run["receipt_id"] for run in over)
    lost = [run["charged_credits"] for run in over if run["state"] == "lost"]
    assert len(lost) >= AT_ONCE // 2, "they were not at work any more when the server was killed"
    assert set(lost) == {0}
    assert [run["charged_credits"] for run in over if run["state"] == "succeeded"] == [3, 3, 3]
    assert (available, held) == (10_000 - sum(run["charged_credits"] for run in over), 0)


def test_a_server_killed_during_50_running_jobs_ends_them_all_and_charges_completed_work_only(
    tmp_path: Path,
) -> None:
    asked_for = killed_at_work(tmp_path)
    with toy_server(tmp_path) as (_, client):
        over = client.get("/api/runs", params={"limit": 200}).json()["runs"]
        assert {run["id"] for run in over} == asked_for
        balance = client.get("/api/credits/balance").json()
        assert_only_completed_work_is_charged(over, balance["available_credits"], balance["held_credits"])
        assert verify(tmp_path / "studio.db", anchor=tmp_path / "anchor.json").verdict == 0


def test_the_next_server_on_postgresql_ends_them_all_once_the_killed_one_is_known_to_be_gone(
    tmp_path: Path,
) -> None:
    url = cluster().new_database(migrated)
    asked_for = killed_at_work(tmp_path, url)
    later = FixedClock(datetime.now(UTC) + GONE_AFTER)
    settings = Settings.for_local(data_dir=tmp_path, owner="ada", database_url=url)
    services = build(settings, clock=later, registry=toy_registry(daily_cap=10_000, monthly=10_000))
    try:
        services.begin()
        runs = services.db.read(lambda tx: [rows.by_id(tx, run_id) for run_id in sorted(asked_for)])
        wallet = services.db.read(
            lambda tx: services.ledger.wallet_view(tx, services.people.by_id(tx, runs[0].user_id).wallet_id)
        )
        assert_only_completed_work_is_charged([vars(run) for run in runs], wallet.available, wallet.held)
        assert services.db.read(services.ledger.open_holds) == ()
        assert services.db.read(check) == []
    finally:
        services.executor.close()
        services.db.close()
        forget_toys()


def processes_of_the_run(server_pid: int) -> dict[str, psutil.Process]:
    """The one run at work: its worker is the process that has moved into the folder of a run.

    server ── fork server ── meter ── first ── worker
    """
    [worker] = [found for found in processes_below(server_pid) if is_in_a_run(found)]
    first, meter, fork_server, server = worker.parents()[:4]
    assert server.pid == server_pid
    assert "studio_server.runs.executor.fork_server" in fork_server.cmdline()
    return {"worker": worker, "first": first, "meter": meter, "fork server": fork_server}


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def is_in_a_run(process: psutil.Process) -> bool:
    """With a view of its own the folder is called /job, otherwise by its own name."""
    folder = Path(process.cwd())
    return str(folder) == "/job" or folder.name.startswith("run_")


@pytest.mark.parametrize("victim", ["worker", "first", "meter", "fork server"])
def test_killing_any_process_of_a_run_is_a_platform_fault_and_free_and_the_next_run_works(
    tmp_path: Path, victim: str
) -> None:
    with toy_server(tmp_path) as (process, client):
        run = sleeping_run(client)
        of_the_run = processes_of_the_run(process.pid)
        of_the_run[victim].kill()
        over = follow(client, run, until=lambda run: run["state"] in TERMINAL)
        assert (over["state"], over["charged_credits"]) == ("lost", 0)
        gone = [found for name, found in of_the_run.items() if name != "fork server"]
        _, alive = psutil.wait_procs(gone, timeout=PATIENCE_SECONDS)
        assert not alive, f"{alive} outlived the run"
        assert is_alive(of_the_run["fork server"]) == (victim != "fork server")
        assert_nothing_is_held_or_charged(client, tmp_path)
        after = follow(client, asked(client, {"burn_ms": 1}), until=lambda run: run["state"] in TERMINAL)
        assert (after["state"], after["charged_credits"]) == ("succeeded", 3)


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
