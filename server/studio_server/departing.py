"""What an operator does for somebody who leaves: `export` and `erase`, on the books while no server runs."""

import argparse
import asyncio
import shutil
from pathlib import Path
from typing import Any

from studio_server.accounts.archive import faults
from studio_server.accounts.erasure import ErasureRefused, Obstacle, WouldEnd
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.payments.provider import PaymentFailure
from studio_server.services import Services
from studio_server.settings import Settings, takeout_key
from studio_server.wiring import build

REFUSED = 1
WAITS_FOR: dict[Obstacle, str] = {
    "run": "{count} of their runs are not over; cancel them or wait",
    "hold": "{count} of their holds are open; they end by themselves, try again in an hour",
    "debt": "they owe {count} credits, which have to be covered first",
    "plan": "a plan is still renewed; end it at the payment provider, or set STUDIO_STRIPE_SECRET_KEY",
    "dispute": "a payment of theirs is disputed or being looked at; settle that first",
}
"""What an operator is told of an erasure that has to wait."""


class NoSuchAccount(LookupError):
    """Nobody of this issuer and subject has an account; nothing was done."""

    def __init__(self, issuer: str, subject: str) -> None:
        super().__init__(f"{subject} of {issuer} has no account")
        self.issuer, self.subject = issuer, subject


def add_verbs(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `export` and `erase` to the command."""
    exporting = commands.add_parser("export", help="everything that is held about a user, as one zip archive")
    exporting.add_argument("subject", nargs="?", help="the user's name at the issuer")
    exporting.add_argument("--issuer", default="local")
    exporting.add_argument("--to", type=Path, default=Path("studio-account.zip"), metavar="FILE")
    exporting.add_argument(
        "--check", type=Path, metavar="FILE", help="only tell whether this archive is as the server made it"
    )
    exporting.set_defaults(run=_export)

    erasing = commands.add_parser("erase", help="erase a user for good; the books stay, without any name")
    erasing.add_argument("subject", help="the user's name at the issuer")
    erasing.add_argument("--issuer", default="local")
    erasing.add_argument("--yes", action="store_true", help="really do it; without, only say what would end")
    erasing.set_defaults(run=_erase)


def export(settings: Settings, identity: Identity, target: Path) -> int:
    """Write the archive of this user to `target` and tell its size in bytes.

    Raises:
        NoSuchAccount, ArchiveTooLarge, DatabaseInUse, OSError: Nothing was written, or not all of it.
    """
    services = build(settings)
    try:
        with services.takeout.archive(_known(services, identity)) as archive, target.open("xb") as file:
            target.chmod(0o600)
            shutil.copyfileobj(archive, file)
            return file.tell()
    finally:
        _close(services)


def would_end(settings: Settings, identity: Identity) -> WouldEnd:
    """What erasing this user would take; nothing is changed.

    Raises:
        NoSuchAccount, ErasureRefused, DatabaseInUse.
    """
    services = build(settings)
    try:
        user = _known(services, identity)
        return services.db.read(lambda tx: services.erasure.would_end(tx, user))
    finally:
        _close(services)


def erase(settings: Settings, identity: Identity) -> str:
    """Erase this user, their files and what their rows left in the database file; tells what ended.

    Raises:
        NoSuchAccount, ErasureRefused, PaymentFailure, DatabaseInUse, BooksBroken: Nothing was erased.
    """
    services = build(settings)
    try:
        services.begin()
        user = _known(services, identity)
        asyncio.run(_end_payments(services, user))
        erased = services.db.write_blocking(lambda tx: services.erasure.erase(tx, user, actor="operator"))
        services.traces.remove()
        services.inspection.full()
    finally:
        _close(services)
    return (
        f"{erased.user_id} is erased; {erased.forfeited_credits} credits ended with it;"
        f" no free credits before {erased.free_credits_from:%Y-%m-%d}"
    )


async def _end_payments(services: Services, user: User) -> None:
    """Who leaves is not charged again; where payments are off, a plan that is renewed refuses later."""
    if services.payments is None:
        return
    try:
        services.db.read(lambda tx: services.erasure.spendable(tx, user))
        await services.payments.plans.leave(user)
    finally:
        await services.payments.close()


def _known(services: Services, identity: Identity) -> User:
    user = services.db.read(lambda tx: services.people.known(tx, identity))
    if user is None:
        raise NoSuchAccount(identity.issuer, identity.subject)
    return user


def _close(services: Services) -> None:
    services.executor.close()
    services.db.close()


def _export(settings: Settings, chosen: argparse.Namespace) -> int:
    if chosen.check is not None:
        return _check(settings, chosen.check)
    if not chosen.subject:
        return _refuse("whose data? studio-server export SUBJECT, or --check FILE")
    try:
        size = export(settings, _identity(chosen), chosen.to)
    except FileExistsError:
        return _refuse(f"{chosen.to} is there already; name another file with --to")
    except (NoSuchAccount, ValueError) as refused:
        return _refuse(str(refused))
    _say(f"{chosen.to}: {size:,} bytes")
    return 0


def _check(settings: Settings, path: Path) -> int:
    with path.open("rb") as file:
        found = faults(file, takeout_key(settings))
    _say(f"{path}: {'; '.join(found)}" if found else f"{path}: as this server made it")
    return REFUSED if found else 0


def _erase(settings: Settings, chosen: argparse.Namespace) -> int:
    who = f"{chosen.subject} of {chosen.issuer}"
    try:
        if not chosen.yes:
            return _refuse(_warning(who, would_end(settings, _identity(chosen))))
        _say(erase(settings, _identity(chosen)))
    except ErasureRefused as waits:
        because = WAITS_FOR[waits.obstacle].format(count=waits.count)
        return _refuse(f"{who} cannot be erased yet: {because}")
    except (NoSuchAccount, PaymentFailure) as refused:
        return _refuse(str(refused))
    return 0


def _warning(who: str, ending: WouldEnd) -> str:
    return (
        f"this erases {who} ({ending.user_id}) for good. What ends: {ending.credits_left} credits,"
        f" inputs and results of {ending.runs} runs, {ending.uploads} files sent, {ending.secrets} secrets,"
        " every token and name; the books stay. Add --yes to do it"
    )


def _identity(chosen: argparse.Namespace) -> Identity:
    return Identity(chosen.issuer, chosen.subject, chosen.subject, "token")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal


def _refuse(text: str) -> int:
    _say(f"studio-server: {text}")
    return REFUSED
