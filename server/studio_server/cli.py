"""The command `studio-server`: serve, verify, and the few things an operator does by hand."""

import argparse
import contextlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import apsw

from studio_server import (
    __version__,
    auditing,
    departing,
    examining,
    reconciling,
    safekeeping,
    secret_keeping,
    subscribing,
)
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import NAME_LENGTH
from studio_server.announcement import Address, announced, runtime_file, serving_file
from studio_server.ledger import LedgerRefusal
from studio_server.ledger.anchor import AnchorDisagrees, AnchorUnreadable
from studio_server.ledger.verify import verify
from studio_server.operating import give, new_token
from studio_server.payments.opening import PaymentsMisconfigured
from studio_server.registry import catalogue
from studio_server.runs.executor.cluster.choosing import described
from studio_server.runs.executor.protocol import ExecutorUnsupported
from studio_server.runs.inspection import BooksBroken
from studio_server.settings import Settings
from studio_server.standalone import LOOPBACK, StandaloneServer, listen
from studio_server.storage.errors import StorageError
from studio_server.toolcheck import command as toolcheck

FAILED = 1
REFUSALS = (
    StorageError,
    LedgerRefusal,
    BooksBroken,
    AnchorDisagrees,
    AnchorUnreadable,
    catalogue.RegistryInvalid,
    ExecutorUnsupported,
    PaymentsMisconfigured,
    apsw.Error,
    OSError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    found = Settings.from_environment()
    settings = replace(found, data_dir=chosen.data_dir or found.data_dir, owner=chosen.owner or found.owner)
    try:
        return chosen.run(settings, chosen)
    except REFUSALS as refused:
        print(f"studio-server: {_told(refused)}", file=sys.stderr)  # noqa: T201  - a command talks to its terminal
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _told(refused: BaseException) -> str:
    """The refusal in words; one of the operating system without its number."""
    if isinstance(refused, OSError) and refused.strerror:
        return f"{refused.filename}: {refused.strerror}" if refused.filename else refused.strerror
    return str(refused)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="studio-server", description="The Studio credit server.")
    parser.add_argument("--version", action="version", version=f"studio-server {__version__}")
    parser.add_argument("--data-dir", type=Path, help="where the books are (default: the user's data folder)")
    parser.add_argument("--owner", help="the account of a local server (default: the system user)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="serve on a port of its own")
    serving.add_argument("--host", default=LOOPBACK, help="address to bind (default: loopback)")
    serving.add_argument("--port", type=int, default=0, help="port to bind (default: a free one)")
    serving.set_defaults(run=_serve)

    verifying = commands.add_parser(
        "verify", help="check the books; exit codes 0 intact, 1 tampered, 2 old, 3 unchecked"
    )
    verifying.set_defaults(run=_verify)

    auditing.add_verbs(commands)
    safekeeping.add_verbs(commands)
    departing.add_verbs(commands)
    subscribing.add_verbs(commands)
    reconciling.add_verbs(commands)
    secret_keeping.add_verbs(commands)
    toolcheck.add_verbs(commands)

    granting = commands.add_parser("grant", help="give credits to the owner of a local server")
    granting.add_argument("credits", type=int)
    granting.add_argument(
        "--reference", required=True, help="why, unique for ever: the same reference gives once"
    )
    granting.set_defaults(run=_grant)

    naming = commands.add_parser("token", help="make an access token for a user, shown once")
    naming.add_argument("subject", type=_name, help="the user's name at the issuer")
    naming.add_argument("--issuer", type=_name, default="local")
    naming.add_argument(
        "--name", type=_name, default="command line", help="what the token is for; a new one replaces it"
    )
    naming.set_defaults(run=_token)

    examining.add_verb(commands)
    return parser


def _name(text: str) -> str:
    if not 1 <= len(text) <= NAME_LENGTH:
        raise argparse.ArgumentTypeError(f"a name has 1 to {NAME_LENGTH} characters, not {len(text)}")
    return text


def _serve(settings: Settings, chosen: argparse.Namespace) -> int:
    with contextlib.ExitStack() as kept:

        def on_ready(address: Address) -> None:
            for path in (runtime_file(), serving_file(settings)):
                kept.enter_context(announced(address, path))
            _say(f"Studio answers at {address.url}; clients on this machine find it by {runtime_file()}")
            _say(f"Runs are carried out by {described(settings)}")

        examining.warn_in_background(settings)
        server = StandaloneServer(settings, listen(chosen.host, chosen.port), on_ready)
        server.run_here()
    return 0


def _verify(settings: Settings, chosen: argparse.Namespace) -> int:
    del chosen
    report = verify(settings.database_path, anchor=settings.anchor_path, url=settings.database_url)
    _say(str(report))
    return int(report.verdict)


def _grant(settings: Settings, chosen: argparse.Namespace) -> int:
    _say(give(settings, chosen.credits, reference=chosen.reference))
    return 0


def _token(settings: Settings, chosen: argparse.Namespace) -> int:
    identity = Identity(chosen.issuer, chosen.subject, chosen.subject, "token")
    _say(new_token(settings, identity, name=chosen.name))
    return 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  - a command talks to its terminal


if __name__ == "__main__":
    sys.exit(main())
