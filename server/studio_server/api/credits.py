"""Balance, statement and receipts over HTTP."""

from starlette.requests import Request
from starlette.responses import Response

from studio_server.api.http import answer, json_text, number, services, signed_in

PAGE = 50
MOST_LINES = 500


async def balance(request: Request) -> Response:
    """What you can spend now, and what limits it."""
    server, user = services(request), await signed_in(request)
    return answer(server.db.read(lambda tx: server.accounts.balance(tx, user)))


async def statement(request: Request) -> Response:
    """Ledger lines of your wallet, newest first."""
    server, user = services(request), await signed_in(request)
    limit = number(request, "limit", default=PAGE, least=1, most=MOST_LINES)
    before = number(request, "before", default=2**53 - 1, least=1, most=2**53 - 1)
    return answer(server.db.read(lambda tx: server.accounts.statement(tx, user, before=before, limit=limit)))


async def receipt(request: Request) -> Response:
    """One receipt by its id or its run's; `latest` is the newest."""
    server, user = services(request), await signed_in(request)
    wanted = request.path_params["receipt"]
    return json_text(server.runs.receipt(user.id, None if wanted == "latest" else wanted))
