"""The words of ASGI that the bridge speaks, and a call of an app that cannot end the process."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class AppExited(Exception):
    """The app called `sys.exit`, which would have ended the Jupyter server as well."""

    def __init__(self, code: object) -> None:
        super().__init__(f"the app tried to exit with code {code!r}")
        self.code = code


async def call_contained(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call `app`; its failures stay ordinary exceptions of this call.

    Raises:
        AppExited: the app asked the whole process to end.
    """
    try:
        await app(scope, receive, send)
    except SystemExit as exit_request:
        raise AppExited(exit_request.code) from exit_request
