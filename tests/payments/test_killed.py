"""Kill -9 at named points of a payment: nobody is credited twice, nobody never."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from studio_server.accounts.identity import Identity
from studio_server.cli import main
from studio_server.clock import SystemClock
from studio_server.ledger.checker import check
from studio_server.operating import new_token
from studio_server.storage.opening import open_database

from tests.fakes.fake_stripe.app import FakeStripe, made
from tests.fakes.fake_stripe.courier import Courier
from tests.payments.victim import SECRET, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{bound.getsockname()[1]}"
    found = made(lambda: datetime.now(UTC), base=base)
    server = uvicorn.Server(uvicorn.Config(found.app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    yield found
    server.should_exit = True
    thread.join()


@contextlib.contextmanager
def victim(folder: Path, fake: FakeStripe, token: str, point: str = "") -> Iterator[tuple]:
    command = [sys.executable, "-m", "tests.payments.victim", str(folder), fake.books.base, point]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        said = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=said, timeout=30) as client:
            yield process, client
        process.terminate()
        process.wait()


def brought(client: httpx.Client, event: dict) -> int:
    body = json.dumps(event)
    header = Courier(None, SECRET, lambda: datetime.now(UTC)).header(body)
    sent = client.post("/api/stripe/webhook", content=body, headers={"stripe-signature": header})
    return sent.status_code


@pytest.mark.parametrize(("point", "written"), [("before_commit", 0), ("after_commit", 1)])
def test_a_server_killed_in_the_middle_of_a_payment_credits_exactly_once(
    folder: Path, fake: FakeStripe, point: str, written: int
) -> None:
    token = new_token(
        settings(folder, fake.books.base), Identity("local", "ada", "Ada", "token"), name="test"
    )
    with victim(folder, fake, token, point) as (process, client):
        page = client.post("/api/billing/checkout", json={"pack": "starter"}).json()
        fake.books.pay(page["session_id"])
        event = fake.books.events[-1]
        with pytest.raises(httpx.TransportError):
            brought(client, event)
        assert process.wait() == -signal.SIGKILL
    assert moves(folder) == written
    with victim(folder, fake, token) as (process, client):
        assert brought(client, event) == 200
        verified = client.get("/api/billing/verify-payment", params={"session_id": page["session_id"]}).json()
        assert (verified["purchase"]["state"], verified["available_credits"]) == ("paid", 800)
    assert moves(folder) == 1


def keep_card(client: httpx.Client, fake: FakeStripe, card: str) -> None:
    """A pack is bought on the page, and the card kept."""
    said = {"pack": "starter", "save_card": True}
    page = client.post("/api/billing/checkout", json=said).json()
    fake.books.pay(page["session_id"], card, confirmed=True)
    client.get("/api/billing/verify-payment", params={"session_id": page["session_id"]})


def top_up(client: httpx.Client) -> httpx.Response:
    """Buy with the kept card, always under the same key."""
    said = {"pack": "starter", "price_minor": 1_000}
    return client.post("/api/billing/top-up", json=said, headers={"Idempotency-Key": "one"})


@pytest.mark.parametrize(("point", "written"), [("before_commit", 1), ("after_charge", 2)])
def test_a_server_killed_after_the_card_was_charged_credits_exactly_once_and_charges_no_more(
    folder: Path, fake: FakeStripe, point: str, written: int
) -> None:
    token = new_token(
        settings(folder, fake.books.base), Identity("local", "ada", "Ada", "token"), name="test"
    )
    with victim(folder, fake, token) as (_, client):
        keep_card(client, fake, "4242424242424242")
    with victim(folder, fake, token, point) as (process, client):
        with pytest.raises(httpx.TransportError):
            top_up(client)
        assert process.wait() == -signal.SIGKILL
    assert (moves(folder), states(fake)) == (written, ["succeeded"] * 2)
    with victim(folder, fake, token) as (process, client):
        answer = top_up(client)
        assert (answer.status_code, answer.json()["available_credits"]) == (200, 1_300)
    assert (moves(folder), states(fake)) == (2, ["succeeded"] * 2)


def test_a_server_killed_before_a_refused_charge_was_ended_ends_it_before_a_page_is_offered(
    folder: Path, fake: FakeStripe
) -> None:
    token = new_token(
        settings(folder, fake.books.base), Identity("local", "ada", "Ada", "token"), name="test"
    )
    with victim(folder, fake, token) as (_, client):
        keep_card(client, fake, "4000002760003184")
    with victim(folder, fake, token, "before_giving_up") as (process, client):
        with pytest.raises(httpx.TransportError):
            top_up(client)
        assert process.wait() == -signal.SIGKILL
    assert states(fake) == [
        "succeeded",
        "requires_payment_method",
    ]
    with victim(folder, fake, token) as (process, client):
        answer = top_up(client)
        assert (answer.status_code, answer.json()["code"]) == (402, "authentication_required")
    assert states(fake) == ["succeeded", "canceled"]
    assert moves(folder) == 1


def states(fake: FakeStripe) -> list[str]:
    """How payments at the provider are, the first one first."""
    return [each["status"] for each in fake.books.intents.values()]


def moves(folder: Path, table: str = "payment_moves") -> int:
    """How many moves the books hold, which are sound."""
    db = open_database(None, folder / "studio.db", SystemClock())
    try:
        assert db.read(check) == []
        return db.read(lambda tx: tx.one(f"SELECT count(*) FROM {table}"))[0]
    finally:
        db.close()


def test_the_command_compares_and_corrects_while_no_server_runs(
    folder: Path, fake: FakeStripe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_token(
        settings(folder, fake.books.base), Identity("local", "ada", "Ada", "token"), name="test"
    )
    with victim(folder, fake, token) as (_, client):
        page = client.post("/api/billing/checkout", json={"pack": "starter"}).json()
    fake.books.pay(page["session_id"])
    monkeypatch.setenv("STUDIO_STRIPE_SECRET_KEY", "sk_test_fake")
    monkeypatch.setenv("STUDIO_STRIPE_API_BASE", fake.books.base)
    at = ["--data-dir", str(folder), "--owner", "ada", "reconcile"]
    assert main([*at, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{page['order_id']}: paid, +500 units"
    assert moves(folder) == 0
    assert main([*at, "--incidents"]) == 0
    assert "corrected_by_reconciliation" in capsys.readouterr().out
    assert moves(folder) == 1
    assert main(at) == 0
    assert capsys.readouterr().out == "2 looked at, 0 corrections\n"


@pytest.mark.parametrize(("point", "written"), [("before_commit", 0), ("after_commit", 1)])
def test_a_server_killed_in_the_middle_of_an_invoice_credits_exactly_once(
    folder: Path, fake: FakeStripe, point: str, written: int
) -> None:
    token = new_token(
        settings(folder, fake.books.base), Identity("local", "ada", "Ada", "token"), name="test"
    )
    with victim(folder, fake, token, point) as (process, client):
        page = client.post("/api/billing/plan/checkout", json={"plan": "supporter"}).json()
        fake.books.pay(page["session_id"])
        event = next(each for each in fake.books.events if each["type"] == "invoice.paid")
        with pytest.raises(httpx.TransportError):
            brought(client, event)
        assert process.wait() == -signal.SIGKILL
    assert moves(folder, "plan_moves") == written
    with victim(folder, fake, token) as (process, client):
        assert brought(client, event) == 200
        verified = client.get("/api/billing/verify-payment", params={"session_id": page["session_id"]}).json()
        assert (verified["purchase"]["state"], verified["available_credits"]) == ("paid", 3_300)
        assert client.get("/api/billing/plan").json()["plan"]["id"] == "supporter"
    assert moves(folder, "plan_moves") == 1


def test_the_command_that_erases_ends_the_plan_at_stripe_first(
    folder: Path, fake: FakeStripe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(folder, fake.books.base)
    token = new_token(chosen, Identity("local", "ada", "Ada", "token"), name="test")
    with victim(folder, fake, token) as (_, client):
        page = client.post("/api/billing/plan/checkout", json={"plan": "supporter"}).json()
        fake.books.pay(page["session_id"])
        client.get("/api/billing/verify-payment", params={"session_id": page["session_id"]})
    (subscription,) = fake.books.subscriptions.values()
    at = ["--data-dir", str(folder), "--owner", "ada", "erase", "ada", "--yes"]
    assert main(at) == 1
    assert "cannot be erased yet: a plan is still renewed" in capsys.readouterr().out
    assert subscription["status"] == "active"
    monkeypatch.setenv("STUDIO_STRIPE_SECRET_KEY", "sk_test_fake")
    monkeypatch.setenv("STUDIO_STRIPE_API_BASE", fake.books.base)
    assert main(at) == 0
    assert "is erased" in capsys.readouterr().out
    assert subscription["status"] == "canceled"
