"""What an operator does about payments by hand: `reconcile`, on the books themselves while no server runs."""

import argparse
import asyncio
from datetime import timedelta
from typing import Any

from studio_server.ledger.anchor import write_anchor
from studio_server.payments.incidents import listed
from studio_server.payments.provider import PaymentFailure
from studio_server.payments.reconcile import LOOK_BACK
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

REFUSED = 1
MOST_DAYS = 365


def add_verbs(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `reconcile` to the command."""
    comparing = commands.add_parser(
        "reconcile", help="compare the books with Stripe and correct them; each correction is an incident"
    )
    comparing.add_argument("--dry-run", action="store_true", help="only tell what would be corrected")
    comparing.add_argument("--days", type=_days, default=LOOK_BACK.days, help="how far back (default: 35)")
    comparing.add_argument("--incidents", action="store_true", help="list the latest incidents afterwards")
    comparing.set_defaults(run=_reconcile)


def reconcile(settings: Settings, *, dry: bool, days: int, incidents: bool = False) -> tuple[int, list[str]]:
    """Compare everything of so many days; the exit code (1: not all could be looked at) and what to tell.

    Raises:
        DatabaseInUse, BooksBroken: The books cannot be used now.
        PaymentsMisconfigured: The settings for payments are wrong.
    """
    services = build(settings)
    try:
        services.begin()
        code, told = asyncio.run(_compare(services, dry=dry, days=days))
        if incidents:
            told += [" ".join(each) for each in services.db.read(listed)]
        write_anchor(services.db, settings.anchor_path)
    finally:
        services.executor.close()
        services.db.close()
    return code, told


async def _compare(services: Services, *, dry: bool, days: int) -> tuple[int, list[str]]:
    payments = services.payments
    if payments is None:
        return REFUSED, ["payments are off: set STUDIO_STRIPE_SECRET_KEY"]
    try:
        report = await payments.reconciler.all(dry=dry, since=timedelta(days=days))
    except PaymentFailure as fault:
        return REFUSED, [f"Stripe could not be asked: {fault}"]
    finally:
        await payments.close()
    return (REFUSED if report.failures else 0), report.lines()


def _reconcile(settings: Settings, chosen: argparse.Namespace) -> int:
    code, told = reconcile(settings, dry=chosen.dry_run, days=chosen.days, incidents=chosen.incidents)
    for line in told:
        print(line, flush=True)  # noqa: T201  - a command talks to its terminal
    return code


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_DAYS} days, not {text[:20]}")
    return int(text)
