"""What has to be settled before an account can be erased; until then nothing of it changes."""

from collections.abc import Callable

import httpx
import pytest
from fakes.toy_server import ToyServer
from studio_server.accounts.people import User
from studio_server.ledger import PlaceHold, Release, Reverse, Settle, SetWalletState, VoidGrant, WalletState
from studio_server.ledger.checker import check
from studio_server.storage.tx import Tx

from studio_magics.client.problems import from_problem
from studio_magics.contracts.problems import Problem
from tests.leaving.canaries import CANARY

WRITTEN_BY_REFUSALS = {"audit", "audit_recorded"}


class Books:
    """The books of one user, changed directly: what a gateway, a payment and an operator do."""

    def __init__(self, server: ToyServer, user: User) -> None:
        self._services = server.services
        self.user = user

    async def do(self, command: object) -> object:
        ledger = self._services.ledger
        return await self._services.db.write(lambda tx: ledger.execute(tx, command))

    async def hold(self, ceiling: int) -> str:
        prices = self._services.registry.price_version
        return (await self.do(PlaceHold("hold", self.user.wallet_id, "model", ceiling, prices, 600))).hold_id

    async def with_a_hold(self) -> Callable[[], object]:
        hold_id = await self.hold(5)
        return lambda: self.do(Release(hold_id, "cancelled"))

    async def with_a_debt(self) -> Callable[[], object]:
        await self.do(Settle(await self.hold(5), 5, self._services.registry.price_version))
        grant = self._services.db.read(
            lambda tx: tx.one("SELECT grant_id FROM grants WHERE wallet_id = ?", (self.user.wallet_id,))
        )
        await self.do(VoidGrant("void", grant[0], "refund"))
        return lambda: self.do(Reverse("key:void", "mistake"))

    async def frozen(self) -> Callable[[], object]:
        await self.do(SetWalletState("freeze", self.user.wallet_id, WalletState.FROZEN, "disputed"))
        return lambda: self.do(SetWalletState("thaw", self.user.wallet_id, WalletState.OPEN, "settled"))


@pytest.mark.parametrize(
    ("obstructed", "code", "told"),
    [
        (Books.with_a_hold, "hold", ("has credits set aside. Open holds: 1.", "try again in an hour")),
        (Books.with_a_debt, "debt", ("has a debt. 5 credits are owed.", "cover the debt")),
        (Books.frozen, "dispute", ("is frozen. A payment is disputed", "ask the operator")),
    ],
)
async def test_what_is_not_settled_refuses_the_erasure_in_two_lines_and_changes_nothing(
    server: ToyServer, canary: httpx.AsyncClient, obstructed: Callable, code: str, told: tuple[str, str]
) -> None:
    user_id = (await canary.get("/api/account")).json()["user_id"]
    services = server.services
    books = Books(server, services.db.read(lambda tx: services.people.known(tx, CANARY)))
    settle = await obstructed(books)
    before = services.db.read(everything)
    answer = await canary.delete("/api/account", params={"confirm": user_id})
    assert (answer.status_code, answer.json()["code"]) == (409, f"erasure_waits_for_{code}")
    first, second = from_problem(Problem.model_validate(answer.json())).lines()
    assert told[0] in first
    assert told[1] in second
    assert services.db.read(everything) == before
    await settle()
    assert (await canary.delete("/api/account", params={"confirm": user_id})).status_code == 200
    assert services.db.read(everything) != before
    assert services.db.read(check) == []


def everything(tx: Tx) -> dict[str, list]:
    """Every row of every table, but for the record that somebody was refused."""
    tables = [name for (name,) in tx.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: sorted(tx.execute(f"SELECT * FROM {name}"), key=repr)
        for name in tables
        if name not in WRITTEN_BY_REFUSALS
    }
