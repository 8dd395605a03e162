"""Users and how they are recognised.

Owns users, identities and the plan a user is on. An account is keyed by issuer and subject, never by a name
that can be chosen. Does not own credits: it asks the ledger for the wallet and the plan's allocation.
"""

from dataclasses import dataclass
from datetime import datetime

from studio_server.accounts import tokens
from studio_server.accounts.identity import Identity
from studio_server.clock import from_microseconds, to_microseconds
from studio_server.ids import IdSource
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet, PlanCaps
from studio_server.ledger.windows import month_window
from studio_server.registry.catalogue import PlanEntry, Registry
from studio_server.storage.tx import Row, Tx

DEFAULT_PLAN = "free"
NAME_LENGTH = 200


@dataclass(frozen=True)
class User:
    """One person with a wallet and a plan."""

    id: str
    wallet_id: str
    plan: PlanEntry
    plan_anchor: datetime
    display_name: str
    issuer: str


class People:
    """Finds and creates users, inside the transactions it is handed."""

    def __init__(
        self, registry: Registry, ledger: Ledger, ids: IdSource, *, free_credits: bool = True
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._ids = ids
        self._free_credits = free_credits

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
        user = self._user(row[:6])
        return Identity(user.issuer, row[6], user.display_name, "token"), user

    def by_id(self, tx: Tx, user_id: str) -> User | None:
        """The user of this id."""
        row = tx.one(f"{SELECT_USER} WHERE u.id = ? ORDER BY i.issuer LIMIT 1", (user_id,))
        return self._user(row) if row else None

    def welcome(self, tx: Tx, identity: Identity) -> User:
        """The user behind an identity; a new one gets a wallet and this month's credits of the free plan."""
        user = self.known(tx, identity)
        if user is None:
            user = self._create(tx, identity)
        self.allocate(tx, user)
        return user

    def allocate(self, tx: Tx, user: User) -> None:
        """Grant the plan's credits for the current month, once; period k starts k months after the anchor."""
        if user.plan.id == DEFAULT_PLAN and not self._free_credits:
            return
        month = month_window(tx.now)
        reference = _period_reference(user, month.start)
        if tx.one("SELECT 1 FROM plan_periods WHERE reference = ?", (reference,)):
            return
        self._ledger.execute(
            tx,
            IssueGrant(
                effect_key=f"plan:{reference}",
                wallet_id=user.wallet_id,
                source=GrantSource.PLAN,
                amount=user.plan.monthly_credits,
                reference=reference,
                ends_at=month.ends_at,
            ),
        )
        tx.execute(
            "INSERT INTO plan_periods (reference, user_id, starts_at) VALUES (?, ?, ?)",
            (reference, user.id, to_microseconds(month.start)),
        )

    def without_allocation(self, tx: Tx, *, limit: int) -> list[User]:
        """Users who have not got this month's credits yet, at most `limit`."""
        start = to_microseconds(month_window(tx.now).start)
        rows = tx.execute(
            f"{SELECT_USER} WHERE NOT EXISTS"  # noqa: S608  - constant text
            " (SELECT 1 FROM plan_periods p WHERE p.user_id = u.id AND p.starts_at >= ?)"
            " GROUP BY u.id LIMIT ?",
            (start, limit),
        )
        return [self._user(row) for row in rows]

    def _create(self, tx: Tx, identity: Identity) -> User:
        plan = self._registry.plans[DEFAULT_PLAN]
        user_id = self._ids.new("user")
        opened = self._ledger.execute(
            tx,
            OpenWallet(
                effect_key=f"wallet:{user_id}",
                owner_id=user_id,
                plan=PlanCaps(daily=plan.daily_cap_credits, monthly_allocation=plan.monthly_credits),
            ),
        )
        anchor = month_window(tx.now).start
        tx.execute(
            "INSERT INTO users (id, plan_id, plan_anchor, wallet_id, created_at) VALUES (?, ?, ?, ?, ?)",
            (user_id, plan.id, to_microseconds(anchor), opened.wallet_id, to_microseconds(tx.now)),
        )
        tx.execute(
            "INSERT INTO identities (issuer, subject, user_id, display_name) VALUES (?, ?, ?, ?)",
            (identity.issuer, identity.subject, user_id, identity.display_name[:NAME_LENGTH]),
        )
        return User(user_id, opened.wallet_id, plan, anchor, identity.display_name, identity.issuer)

    def _user(self, row: Row) -> User:
        user_id, wallet_id, plan_id, anchor, name, issuer = row
        plan = self._registry.plans[plan_id]
        return User(user_id, wallet_id, plan, from_microseconds(anchor), name, issuer)


USER = "u.id, u.wallet_id, u.plan_id, u.plan_anchor, i.display_name, i.issuer"
SELECT_USER = f"SELECT {USER} FROM users u JOIN identities i ON i.user_id = u.id"  # noqa: S608  - constant text
SELECT_BEARER = (
    f"SELECT {USER}, i.subject FROM tokens t"  # noqa: S608  - constant text
    " JOIN users u ON u.id = t.user_id JOIN identities i ON i.user_id = t.user_id"
)


def _period_reference(user: User, start: datetime) -> str:
    period = (start.year - user.plan_anchor.year) * 12 + start.month - user.plan_anchor.month
    return f"{user.plan.id}:{user.id}:{period}"
