"""PAYMENTS=fake: a fake Stripe beside the lab, on the loopback interface, for as long as the lab runs."""

import contextlib
import os
import subprocess
from collections.abc import Generator, Mapping

from scripts.commands import surroundings
from scripts.failures import SetupFailed
from scripts.places import LOGS, PYTHON, ROOT

KEY = "sk_test_fake"
"""What the fake takes; worth nothing anywhere else."""
STOP_SECONDS = 5


@contextlib.contextmanager
def selling() -> Generator[Mapping[str, str]]:
    """The environment of a server that sells through the fake; empty unless PAYMENTS=fake.

    Raises:
        SetupFailed: PAYMENTS has another value, or the fake does not start.
    """
    wanted = os.environ.get("PAYMENTS", "")
    if wanted not in {"", "fake"}:
        raise SetupFailed(f"PAYMENTS={wanted} is not known", action="make lab PAYMENTS=fake")
    if not wanted:
        yield {}
        return
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "fake-stripe.log").open("w") as log, _started(log.fileno()) as process:
        yield {"STUDIO_STRIPE_SECRET_KEY": KEY, "STUDIO_STRIPE_API_BASE": _address(process)}


@contextlib.contextmanager
def _started(log: int) -> Generator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [str(PYTHON), "-m", "tests.fakes.fake_stripe"],
        cwd=ROOT,
        env=surroundings(),
        text=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _address(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline().strip() if process.stdout else ""
    if not line.startswith("http://127.0.0.1:"):
        raise SetupFailed("the fake Stripe did not start", action="see .build/logs/fake-stripe.log")
    return line
