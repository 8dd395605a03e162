"""Whose browser asks for a page."""

from typing import TYPE_CHECKING, cast

from starlette.requests import Request

from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User

if TYPE_CHECKING:
    from studio_server.services import Services


def services(request: Request) -> "Services":
    """The running server."""
    return cast("Services", request.app.state.services)


def identity_of(request: Request) -> Identity | None:
    """Who the host vouches for, or None."""
    found = request.scope.get("state", {}).get("identity")
    return found if isinstance(found, Identity) else None


async def caller(request: Request) -> User | None:
    """The user behind the request, or None when nobody vouches for one."""
    identity = identity_of(request)
    return None if identity is None else await services(request).user(identity)
