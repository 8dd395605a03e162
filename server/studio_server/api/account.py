"""Identity and spend controls over HTTP."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.account import SpendControls, SpendControlsChange
from studio_server.accounts import alerts
from studio_server.accounts.people import User
from studio_server.api.http import answer, body, identity, once, services, signed_in
from studio_server.ledger import OwnLimits, SetLimits
from studio_server.services import Services
from studio_server.storage.tx import Tx


async def account(request: Request) -> Response:
    """Who the server takes you for."""
    server, user = services(request), await signed_in(request)
    who = identity(request)
    return answer(server.db.read(lambda tx: server.accounts.account(tx, user, who)))


async def controls(request: Request) -> Response:
    """Your limits in force, and how far they may be raised."""
    server, user = services(request), await signed_in(request)
    return answer(server.db.read(lambda tx: server.accounts.controls(tx, user)))


async def change_controls(request: Request) -> Response:
    """Set your limits; never above the plan's."""
    server, user = services(request), await signed_in(request)
    said = await body(request, SpendControlsChange)

    def work(tx: Tx) -> tuple[SpendControls, bool]:
        _apply(server, tx, user, said)
        return server.accounts.controls(tx, user), True

    response, fresh = await once(request, user, said, 200, work)
    if fresh:
        server.announcer.money_moved(user.id)
    return response


def _apply(server: Services, tx: Tx, user: User, said: SpendControlsChange) -> None:
    own = server.ledger.wallet_view(tx, user.wallet_id).own
    named = said.model_fields_set
    wanted = OwnLimits(
        daily=said.daily_limit_credits if "daily_limit_credits" in named else own.daily,
        monthly=said.monthly_limit_credits if "monthly_limit_credits" in named else own.monthly,
        per_run=said.per_run_limit_credits if "per_run_limit_credits" in named else own.per_run,
    )
    if wanted != own:
        key = server.ids.new("limits")
        server.ledger.execute(
            tx, SetLimits(effect_key=key, wallet_id=user.wallet_id, own=wanted), actor=user.id
        )
    if said.alert_percents is not None:
        alerts.choose(tx, user.id, said.alert_percents)
