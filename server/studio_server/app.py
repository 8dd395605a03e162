"""The Starlette application. `create_app(settings)` builds it; its lifespan owns the services."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.api.openapi import document
from studio_server.api.payments import WEBHOOK_PATH
from studio_server.api.problems import problem_of, response_of
from studio_server.api.rate import Throttle
from studio_server.api.routes import Handler, routes
from studio_server.clock import SystemClock
from studio_server.pages.routes import pages
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.storage.errors import StorageError
from studio_server.wiring import build

log = logging.getLogger(__name__)


def create_app(settings: Settings, *, make_services: Callable[[Settings], Services] = build) -> Starlette:
    """The credit server as an ASGI application; nothing is opened before its lifespan starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        services = await asyncio.to_thread(make_services, settings)
        app.state.services = services
        app.state.openapi = document(services.registry)
        try:
            await _begin(app, services)
            sweeping = asyncio.get_running_loop().create_task(services.sweeper.run(), name="housekeeping")
            recording = asyncio.get_running_loop().create_task(services.recorder.run(), name="audit")
            others = _reconciling(services) + _following(services)
            try:
                yield
            finally:
                for task in (sweeping, *others):
                    task.cancel()
                await asyncio.gather(sweeping, *others, return_exceptions=True)
                services.bus.close()
                await services.scheduler.stop()
                with contextlib.suppress(StorageError):  # others find it gone a minute later
                    await services.db.write(services.replica.leave)
                services.recorder.stop()
                await asyncio.gather(recording, return_exceptions=True)
                await asyncio.to_thread(services.inspection.full)
        finally:
            if services.payments is not None:
                await services.payments.close()
            await asyncio.to_thread(services.db.close)

    table = routes(with_webhook=bool(settings.stripe_secret_key and settings.stripe_webhook_secrets))
    app = Starlette(
        routes=[
            Route(row.path, _guarded(row.endpoint), methods=row.methods, name=row.name)
            for row in (*table, *pages(settings))
        ],
        middleware=_middleware(settings),
        exception_handlers={HTTPException: _http_problem},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


def _reconciling(services: Services) -> list[asyncio.Task[None]]:
    """The comparison with the payment provider and the look after cards, where there is one."""
    if services.payments is None:
        return []
    loop, payments = asyncio.get_running_loop(), services.payments
    comparing = loop.create_task(payments.reconciler.run(), name="payments")
    return [comparing, loop.create_task(payments.recharging.run(), name="cards")]


def _following(services: Services) -> list[asyncio.Task[None]]:
    """The look at what other servers on the same database do, where there can be any."""
    if services.following is None:
        return []
    return [asyncio.get_running_loop().create_task(services.following.run(), name="other servers")]


async def _begin(app: Starlette, services: Services) -> None:
    """Begin; a reason not to is kept for whoever runs the application, because a web server tells none."""
    try:
        await asyncio.to_thread(services.begin)
    except Exception as fault:
        app.state.fault = fault
        raise


def _middleware(settings: Settings) -> list[Middleware]:
    signed = (WEBHOOK_PATH,) if settings.stripe_secret_key and settings.stripe_webhook_secrets else ()
    found = [Middleware(CallerMiddleware, per_second=settings.requests_per_second, uncounted=signed)]
    if settings.allowed_hosts:
        found.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts)))
    return found


class CallerMiddleware:
    """Establishes who is calling, from the host's word or a token, and counts their requests.

    Requests to `uncounted` paths are signed by who sends them, which is checked there: strangers who share an
    address with the payment provider cannot use up what it may send.
    """

    def __init__(self, app: ASGIApp, *, per_second: int, uncounted: tuple[str, ...] = ()) -> None:
        self._app, self._uncounted = app, uncounted
        self._throttle = Throttle(SystemClock(), per_second=per_second)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429 for a flood, else pass the request on; a token that is not valid vouches for nobody."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        try:
            if state.get("identity") is None:
                state |= _by_token(scope)
            if not self._is_uncounted(scope):
                self._throttle.take(_name_of(state.get("identity"), scope))
        except Exception as fault:  # noqa: BLE001  - outermost boundary: becomes a problem answer
            await response_of(problem_of(fault))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_uncounted(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return scope["method"] == "POST" and path.removeprefix(scope.get("root_path", "")) in self._uncounted


def _by_token(scope: Scope) -> dict[str, Identity | User]:
    """What a valid token adds to the state of the request: identity and user, from one read."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if kind.lower() not in ("bearer", "token") or not token:
        return {}
    services: Services = scope["app"].state.services
    found = services.db.read(lambda tx: services.people.bearer(tx, token.strip()))
    return {"identity": found[0], "user": found[1]} if found else {}


def _name_of(caller: Identity | None, scope: Scope) -> str:
    if caller is not None:
        return f"{caller.issuer}\n{caller.subject}"
    client = scope.get("client")
    return f"anonymous\n{client[0] if client else ''}"


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as fault:  # noqa: BLE001  - outermost boundary: becomes a problem answer
            return response_of(problem_of(fault))

    return guarded


async def _http_problem(request: Request, fault: Exception) -> Response:
    del request
    return response_of(problem_of(fault))
