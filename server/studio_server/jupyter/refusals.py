"""What the mount answers by itself, as `application/problem+json`. The only place with its status codes."""

from http import HTTPStatus

from tornado.web import HTTPError

from studio_magics.contracts.problems import Problem


class Refusal(HTTPError):
    """An answer given before, or instead of, the app's."""

    def __init__(
        self, status: HTTPStatus, code: str, *, error: str, reason: str = "", action: str = ""
    ) -> None:
        super().__init__(status.value)
        self.problem = _problem(status, code, error=error, reason=reason, action=action)


class NotSignedIn(Refusal):
    """Neither Jupyter nor the mount's token vouches for the caller."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.FORBIDDEN,
            "not_signed_in",
            error="You are not signed in to this Jupyter server.",
            reason="The request carried no valid Jupyter login and no valid kernel token.",
            action="Sign in to Jupyter; in a kernel that outlived its server, restart the kernel.",
        )


class NotAuthorized(Refusal):
    """Jupyter's authorizer does not let this user do that."""

    def __init__(self, action: str) -> None:
        super().__init__(
            HTTPStatus.FORBIDDEN,
            "not_allowed",
            error="This Jupyter server does not let you do that.",
            reason=f"Its authorizer denies the action '{action}' on 'studio'.",
            action="Ask whoever runs this Jupyter server.",
        )


class ForeignOrigin(Refusal):
    """A page from elsewhere asks in the user's name; answered like Jupyter's own API does."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.NOT_FOUND, "not_found", error="There is nothing here for another website."
        )


class RequestTooLarge(Refusal):
    """The body is over the mount's limit."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "request_too_large",
            error=f"A request may carry at most {limit_bytes} bytes.",
            action="Send less data, or read it in the kernel and run the tool there.",
        )


class StudioUnavailable(Refusal):
    """The app behind the mount is not running."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "server_unavailable",
            error="The Studio server inside Jupyter is not running.",
            reason=reason,
            action="See Jupyter's log, then restart JupyterLab.",
        )


class StudioFailed(Refusal):
    """The app raised; Jupyter goes on."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            error="The Studio server failed while it answered.",
            action="Try again; the details are in Jupyter's log.",
        )


def problem_of(status: int, failure: BaseException | None) -> Problem:
    """The body that explains `failure`, also where Jupyter or Tornado raised it."""
    if isinstance(failure, Refusal) and failure.status_code == status:
        return failure.problem
    known = HTTPStatus(status)
    reason = (failure.get_message() if isinstance(failure, HTTPError) else None) or ""
    return _problem(
        known, f"jupyter_{status}", error=f"Jupyter refused the request: {known.phrase}.", reason=reason
    )


def _problem(status: HTTPStatus, code: str, *, error: str, reason: str = "", action: str = "") -> Problem:
    return Problem(
        type=f"urn:studio:problem:{code}",
        status=status.value,
        code=code,
        error=error,
        reason=reason,
        action=action,
    )
