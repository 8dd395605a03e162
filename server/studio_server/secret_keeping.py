"""What an operator does about secrets: `secret` sets (from standard input) or deletes one of a user."""

import argparse
import sys
from typing import Any

from studio_server.accounts.identity import Identity
from studio_server.operating import on_books
from studio_server.runs.user_secrets import SecretRefused
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.storage.tx import Tx

REFUSED = 1


def add_verbs(commands: "argparse._SubParsersAction[Any]") -> None:  # pyright: ignore[reportPrivateUsage]  - argparse names no other type
    """Add `secret` to the command."""
    keeping = commands.add_parser("secret", help="set a user's secret from standard input, or delete it")
    keeping.add_argument("subject", help="the user's name at the issuer")
    keeping.add_argument("name", help="what inputs call it: secret:NAME")
    keeping.add_argument("--issuer", default="local")
    keeping.add_argument("--delete", action="store_true")
    keeping.set_defaults(run=_secret)


def keep(settings: Settings, identity: Identity, name: str, value: str | None) -> str:
    """Keep the value (None: delete it) for this user, while no server runs; tells what was done.

    Raises:
        SecretRefused: Nothing was stored.
        DatabaseInUse, BooksBroken: The books cannot be used now.
    """

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, identity)
        if value is not None:
            services.secrets.put(tx, user.id, name, value)
            return f"secret:{name} of {identity.subject} is set"
        there = services.secrets.delete(tx, user.id, name)
        return f"secret:{name} of {identity.subject} {'is deleted' if there else 'was not there'}"

    return on_books(settings, work)


def _secret(settings: Settings, chosen: argparse.Namespace) -> int:
    value = None if chosen.delete else sys.stdin.readline().rstrip("\n")
    identity = Identity(chosen.issuer, chosen.subject, chosen.subject, "token")
    try:
        print(keep(settings, identity, chosen.name, value), flush=True)  # noqa: T201  - a command talks to its terminal
    except SecretRefused as refused:
        print(f"studio-server: {refused}", flush=True)  # noqa: T201  - a command talks to its terminal
        return REFUSED
    return 0
