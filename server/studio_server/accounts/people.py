"""Users and how they are recognised.

Owns users and identities. An account is keyed by issuer and subject, never by a name that can be chosen. Does
not own credits: it asks the ledger for the wallet and `Plans` for the free plan.
"""

from dataclasses import dataclass

from studio_server.accounts import tokens
from studio_server.accounts.identity import Identity
from studio_server.accounts.plans import Plans, caps
from studio_server.accounts.returning import Returning
from studio_server.clock import to_microseconds
from studio_server.ids import IdSource
from studio_server.ledger import Ledger, OpenWallet
from studio_server.registry.catalogue import DEFAULT_PLAN, PlanEntry, Registry
from studio_server.storage.tx import Row, Tx

NAME_LENGTH = 200


@dataclass(frozen=True)
class User:
    """One person with a wallet and a plan."""

    id: str
    wallet_id: str
    plan: PlanEntry
    display_name: str
    issuer: str


class People:
    """Finds and creates users, inside the transactions it is handed."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        ids: IdSource,
        plans: Plans,
        *,
        returning: Returning | None = None,
    ) -> None:
        """`returning` None recognises nobody who left: for tests of plans alone."""
        self._registry = registry
        self._ledger = ledger
        self._ids = ids
        self._plans = plans
        self._returning = returning

    def known(self, tx: Tx, identity: Identity) -> User | None:
        """The user behind an identity, or None when it was never seen."""
        row = tx.one(
            f"{SELECT_USER} WHERE i.issuer = ? AND i.subject = ?", (identity.issuer, identity.subject)
        )
        return self._user(row) if row else None

    def bearer(self, tx: Tx, token: str) -> tuple[Identity, User] | None:
        """The identity and user a token stands for, or None when it is unknown or revoked."""
        row = tx.one(
            f"{SELECT_BEARER} WHERE t.digest = ? AND t.revoked_at IS NULL ORDER BY i.issuer LIMIT 1",
            (tokens.digest(token),),
        )
        if row is None:
            return None
        user = self._user(row[:5])
        return Identity(user.issuer, row[5], user.display_name, "token"), user

    def by_id(self, tx: Tx, user_id: str) -> User | None:
        """The user of this id."""
        row = tx.one(f"{SELECT_USER} WHERE u.id = ? ORDER BY i.issuer LIMIT 1", (user_id,))
        return self._user(row) if row else None

    def welcome(self, tx: Tx, identity: Identity) -> User:
        """The user behind an identity; a new one gets a wallet and this month's credits of the free plan."""
        user = self.known(tx, identity)
        if user is None:
            return self._create(tx, identity)
        self.allocate(tx, user)
        return user

    def allocate(self, tx: Tx, user: User) -> None:
        """Begin the plan's period that runs now, if the last one has ended."""
        self._plans.renew(tx, user.id)

    def _create(self, tx: Tx, identity: Identity) -> User:
        plan = self._registry.plans[DEFAULT_PLAN]
        user_id = self._ids.new("user")
        opened = self._ledger.execute(
            tx,
            OpenWallet(
                effect_key=f"wallet:{user_id}",
                owner_id=user_id,
                plan=caps(plan),
            ),
        )
        tx.execute(
            "INSERT INTO users (id, wallet_id, created_at) VALUES (?, ?, ?)",
            (user_id, opened.wallet_id, to_microseconds(tx.now)),
        )
        tx.execute(
            "INSERT INTO identities (issuer, subject, user_id, display_name) VALUES (?, ?, ?, ?)",
            (identity.issuer, identity.subject, user_id, identity.display_name[:NAME_LENGTH]),
        )
        if self._returning is not None:
            self._returning.greet(tx, user_id, identity)
        self._plans.join(tx, user_id, opened.wallet_id)
        return User(user_id, opened.wallet_id, plan, identity.display_name, identity.issuer)

    def _user(self, row: Row) -> User:
        user_id, wallet_id, plan_id, name, issuer = row
        return User(user_id, wallet_id, self._registry.plans[plan_id], name, issuer)


USER = "u.id, u.wallet_id, s.plan_id, i.display_name, i.issuer"
SELECT_USER = (
    f"SELECT {USER} FROM users u JOIN identities i ON i.user_id = u.id"  # noqa: S608  - constant text
    " JOIN subscriptions s ON s.user_id = u.id"
)
SELECT_BEARER = (
    f"SELECT {USER}, i.subject FROM tokens t"  # noqa: S608  - constant text
    " JOIN users u ON u.id = t.user_id JOIN identities i ON i.user_id = t.user_id"
    " JOIN subscriptions s ON s.user_id = u.id"
)
