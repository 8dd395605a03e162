"""A server that kills itself with signal 9 at a named point: `victim.py FOLDER FAKE_URL POINT`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from studio_server.payments.at_stripe.cards import StripeCards
from studio_server.payments.converge import Converger
from studio_server.payments.inbox import Inbox
from studio_server.payments.plans.converge import PlanConverger
from studio_server.payments.saved_cards.charging import Charging
from studio_server.settings import Settings
from studio_server.standalone import LOOPBACK, StandaloneServer, listen

SECRET = "whsec_of_the_victims_server"  # noqa: S105  - of the fake


def die() -> None:
    """No handler, no flush, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Die where `point` says: before our commit, before the answer, or before a charge is ended."""
    commit, take, charge = Converger._commit, Inbox.take, Charging.charge

    def before(self: Converger, *args: Any, **named: Any) -> Any:
        die()
        return commit(self, *args, **named)

    async def after(self: Inbox, event: Any) -> bool:
        done = await take(self, event)
        die()
        return done

    async def charged(self: Charging, order: Any, *more: Any) -> Any:
        done = await charge(self, order, *more)
        die()
        return done

    async def open_still(self: StripeCards, intent_id: str) -> None:
        die()

    if point == "after_charge":
        Charging.charge = charged
    if point == "before_giving_up":
        StripeCards.give_up = open_still
    if point == "before_commit":
        Converger._commit = before
        PlanConverger._commit = before
    if point == "after_commit":
        Inbox.take = after


def settings(folder: Path, fake: str) -> Settings:
    """A server that sells through the fake."""
    sells = {
        "stripe_secret_key": "sk_test_fake",
        "stripe_webhook_secrets": (SECRET,),
        "stripe_api_base": fake,
    }
    return Settings.for_local(data_dir=folder, owner="ada", workers=1, **sells)


if __name__ == "__main__":
    arm(sys.argv[3])
    server = StandaloneServer(
        settings(Path(sys.argv[1]), sys.argv[2]),
        listen(LOOPBACK, 0),
        lambda address: print(address.url, flush=True),
    )
    server.run_here()
