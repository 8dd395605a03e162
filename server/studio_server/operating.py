"""What an operator does by hand, on the books themselves while no server runs."""

from collections.abc import Callable

from studio_server.accounts import tokens
from studio_server.accounts.identity import Identity
from studio_server.audit.events import OPERATOR, TokenMade, record
from studio_server.ledger import GrantSource, IssueGrant
from studio_server.ledger.anchor import write_anchor
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.storage.tx import Tx
from studio_server.wiring import build

Work = Callable[[Services, Tx], str]


def give(settings: Settings, amount: int, *, reference: str) -> str:
    """Give credits to the owner of a local server; the same reference gives once."""
    identity = Identity("local", settings.owner, settings.owner, "token")

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, identity)
        command = IssueGrant(
            effect_key=f"operator:{reference}",
            wallet_id=user.wallet_id,
            source=GrantSource.ADJUSTMENT,
            amount=amount,
            reference=reference,
        )
        services.ledger.execute(tx, command, actor=OPERATOR)
        return f"{services.ledger.wallet_view(tx, user.wallet_id).available} credits available"

    return on_books(settings, work)


def new_token(settings: Settings, identity: Identity, *, name: str) -> str:
    """A token for this user under this name; the former one ends."""

    def work(services: Services, tx: Tx) -> str:
        user = services.people.welcome(tx, identity)
        tokens.revoke(tx, user.id, name)
        record(tx, OPERATOR, TokenMade(user.id))
        return tokens.issue(tx, user.id, name)

    return on_books(settings, work)


def on_books(settings: Settings, work: Work) -> str:
    """Open the books, do the work in one transaction, close them.

    Raises:
        DatabaseInUse: A server has them open.
        BooksBroken: They do not balance.
    """
    services = build(settings)
    try:
        services.begin()
        told = services.db.write_blocking(lambda tx: work(services, tx))
        write_anchor(services.db, settings.anchor_path)
    finally:
        services.executor.close()
        services.db.close()
    return told
