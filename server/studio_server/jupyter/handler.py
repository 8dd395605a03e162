"""The mount's handler: Jupyter's authentication, XSRF and origin rules in front of the bridge."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import User
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from studio_server.jupyter.bridge import Bridge, BridgeHandler
from studio_server.jupyter.identity import Accounts
from studio_server.jupyter.refusals import ForeignOrigin, NotAuthorized, NotSignedIn, problem_of
from studio_server.jupyter.token import MountToken


class StudioHandler(BridgeHandler, JupyterHandler):  # pyright: ignore[reportIncompatibleMethodOverride]  - `prepare`: a private keyword
    """Every request below `<base_url>/studio`. Unknown callers never reach the app."""

    auth_resource = "studio"

    def initialize(  # pyright: ignore[reportIncompatibleMethodOverride]  - Tornado: each handler has its own
        self, bridge: Bridge, accounts: Accounts, token: MountToken
    ) -> None:
        """Tornado's constructor for handlers."""
        super().initialize(bridge)
        self._accounts, self._token = accounts, token

    async def admit(self) -> Mapping[str, Any] | None:
        """Let in kernels by the mount's token and users by Jupyter's rules."""
        if self._token.is_carried_by(self.request.headers.get("Authorization")):
            return self._admit_kernel()
        await self._ask_jupyter()
        if self._finished:  # sent to the login page
            return None
        return await self._admit_user(self.current_user)

    def begin_response(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """As the bridge does; a page also gets the XSRF cookie its own POSTs will need."""
        super().begin_response(status, headers)
        if self._headers.get("Content-Type", "").startswith("text/html"):
            _ = self.xsrf_token

    def get_login_url(self) -> str:
        """Where to send a person; a machine is refused instead.

        Raises:
            NotSignedIn: the client did not ask for a page.
        """
        if not self._wants_page:
            raise NotSignedIn
        return super().get_login_url()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page for people, a problem for machines."""
        if self._wants_page:
            super().write_error(status_code, **kwargs)
            return
        problem = problem_of(status_code, self.refusal or (kwargs.get("exc_info") or (None, None))[1])
        self.set_header("Content-Type", "application/problem+json")
        self.write(json.dumps(problem.model_dump_wire()))  # pyright: ignore[reportUnknownMemberType]  - `dict`

    @web.authenticated
    def redirect_to_login(self) -> None:
        """Send an unknown person to the login page, and back afterwards; refuse an unknown machine."""

    @web.authenticated
    async def get(self) -> None:
        """Forward; reading never changes anything."""
        await self.forward()

    @web.authenticated
    async def head(self) -> None:
        """Forward; the body stays here."""
        await self.forward()

    @web.authenticated
    async def options(self) -> None:
        """Forward."""
        await self.forward()

    @web.authenticated
    async def post(self) -> None:
        """Forward; needs the XSRF header or a token."""
        await self.forward()

    @web.authenticated
    async def put(self) -> None:
        """Forward; needs the XSRF header or a token."""
        await self.forward()

    @web.authenticated
    async def patch(self) -> None:
        """Forward; needs the XSRF header or a token."""
        await self.forward()

    @web.authenticated
    async def delete(self) -> None:
        """Forward; needs the XSRF header or a token."""
        await self.forward()

    @property
    def _wants_page(self) -> bool:
        return "text/html" in self.request.headers.get("Accept", "")

    def _admit_kernel(self) -> Mapping[str, Any]:
        """The token proves more than a cookie, so no XSRF; the host check guards against rebinding."""
        if not self.check_host():
            raise NotSignedIn
        identity = self._accounts.of_kernel()
        self.current_user = User(identity.subject)
        return {"identity": identity}

    async def _ask_jupyter(self) -> None:
        """Jupyter's own preparation: host, user, XSRF, origin.

        It complains about XSRF first; what helps an unknown caller is to hear that nobody knows it.
        """
        try:
            await JupyterHandler.prepare(self)
        except web.HTTPError as refusal:
            if self.current_user is None and refusal.status_code == HTTPStatus.FORBIDDEN:
                raise NotSignedIn from refusal
            raise

    async def _admit_user(self, user: User | None) -> Mapping[str, Any] | None:
        if user is None:
            return self._turn_away()
        if not self.check_origin():
            raise ForeignOrigin
        action = HTTP_METHOD_TO_AUTH_ACTION[self.request.method or "GET"]
        if not await ensure_async(self.authorizer.is_authorized(self, user, action, self.auth_resource)):
            raise NotAuthorized(action)
        if self.request.path == self.bridge.root_path and action == "read":
            self.redirect(f"{self.request.path}/?{self.request.query}".rstrip("?"))
            return None
        return {"identity": self._accounts.of_user(user)}

    def _turn_away(self) -> None:
        if self.request.method not in {"GET", "HEAD"}:
            raise NotSignedIn
        self.redirect_to_login()
