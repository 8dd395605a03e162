"""Turns an answer that is not a success into the matching refusal."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from studio_magics.client.refusals import (
    Conflict,
    Forbidden,
    InputRefused,
    InsufficientCredits,
    LimitReached,
    NotSignedIn,
    PaymentRefused,
    ServerFault,
    ServerRefusal,
    TooFast,
    TooLarge,
    Unknown,
    either,
)

if TYPE_CHECKING:
    import httpx

    from studio_magics.contracts.problems import FieldProblem, Problem

BY_STATUS: dict[int, type[ServerRefusal]] = {
    400: InputRefused,
    401: NotSignedIn,
    402: InsufficientCredits,
    403: Forbidden,
    404: Unknown,
    409: Conflict,
    410: Unknown,
    413: TooLarge,
    415: InputRefused,
    422: InputRefused,
    429: TooFast,
}
SERVER_FAULT = 500
NOT_PAID = frozenset({"authentication_required", "card_declined", "card_removed", "not_needed"})
BALANCE_LIMITS = (None, "", "balance", "wallet")
"""Values of `Problem.limit` that mean the balance itself and not one of the spend controls."""


def refusal(response: "httpx.Response") -> ServerRefusal:
    """The exception that says what this answer refused."""
    problem = _problem(response)
    if problem is None:
        return _without_problem(response)
    return from_problem(problem, retry_after=response.headers.get("Retry-After"))


def from_problem(problem: "Problem", *, retry_after: str | None = None) -> ServerRefusal:
    """The exception for a problem, wherever it came from."""
    kind = _kind(problem)
    more: dict[str, Any] = {
        "action": next_step(problem),
        "problem": problem,
        "suggestions": problem.suggestions,
    }
    if kind is TooFast:
        more["retry_after_seconds"] = int(retry_after) if retry_after and retry_after.isdigit() else None
    return kind(what(problem), **more)


def refused_input(
    title: str, fields: "Sequence[FieldProblem]", *, suggestions: Sequence[str] = ()
) -> InputRefused:
    """The refusal of an input that was found wrong in the kernel, in the server's own terms."""
    from studio_magics.contracts.problems import Problem

    problem = Problem(
        type="urn:studio:problem:input_refused",
        status=422,
        code="input_refused",
        error=f"The input of {title} was refused.",
        fields=tuple(fields),
        suggestions=tuple(suggestions),
    )
    return InputRefused(what(problem), action=next_step(problem), problem=problem, suggestions=suggestions)


def what(problem: "Problem") -> str:
    """What was refused, with the figures, in one line."""
    parts = [problem.error]
    if problem.fields:
        parts.append(_fields_after(problem.error, problem.fields))
    elif problem.reason and problem.reason not in problem.error:
        parts.append(problem.reason)
    if not any(sign.isdigit() for sign in "".join(parts)):
        parts.append(_figures(problem))
    return " ".join(_sentence(part) for part in parts if part)


def next_step(problem: "Problem") -> str:
    """What to do about it: the server's own words, else what the wrong field or the suggestions say."""
    if problem.action:
        return problem.action
    for field in problem.fields:
        if field.action:
            return field.action
    return f"did you mean {either(problem.suggestions)}?" if problem.suggestions else ""


def fields_line(fields: "tuple[FieldProblem, ...]") -> str:
    """The wrong fields: name, found, allowed; three of them at most."""
    shown = [f"{field.field}: found {field.found}; allowed: {field.allowed}" for field in fields[:3]]
    left = len(fields) - len(shown)
    return ". ".join(shown) + (f". And {left} more" if left > 0 else "")


def _fields_after(error: str, fields: "tuple[FieldProblem, ...]") -> str:
    """The wrong fields, without what the sentence before has named already."""
    only = fields[0]
    if len(fields) > 1 or f"'{only.field}'" not in error:
        return fields_line(fields)
    return (
        f"allowed: {only.allowed}" if only.found in error else f"found {only.found}; allowed: {only.allowed}"
    )


def _kind(problem: "Problem") -> type[ServerRefusal]:
    if problem.status >= SERVER_FAULT:
        return ServerFault
    if problem.code in NOT_PAID:
        return PaymentRefused
    kind = BY_STATUS.get(problem.status, ServerRefusal)
    if kind is InsufficientCredits and problem.limit not in BALANCE_LIMITS:
        return LimitReached
    return kind


def _figures(problem: "Problem") -> str:
    known = [
        f"{name} {value:,}"
        for name in ("needed", "available", "held", "used", "cap")
        if (value := getattr(problem, name)) is not None
    ]
    return f"({', '.join(known)})" if known else ""


def _sentence(reason: str) -> str:
    """A reason as a sentence of its own; the name of a field keeps its spelling."""
    first = reason.split(" ", 1)[0]
    is_name = first.endswith(":") and first not in {"found:", "allowed:"}
    return _ended(reason if is_name else reason[:1].upper() + reason[1:])


def _ended(text: str) -> str:
    is_aside = text.startswith("(") and text.endswith(")")
    return text if is_aside or text.endswith((".", "!", "?")) else f"{text}."


def _problem(response: "httpx.Response") -> "Problem | None":
    from pydantic import ValidationError

    from studio_magics.contracts.problems import Problem

    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _without_problem(response: "httpx.Response") -> ServerRefusal:
    status = response.status_code
    place = f"{response.url.scheme}://{response.url.netloc.decode()}"
    if status in (301, 302, 303, 307, 308, 401, 403):
        said = f"The server at {place} did not accept the sign-in of this kernel (answer {status})."
        return NotSignedIn(
            said, action="restart the kernel, so that it gets a fresh token; then %studio doctor"
        )
    said = f"The server at {place} gave an answer that is not Studio's ({status} {_phrase(status)})."
    kind = BY_STATUS.get(status, ServerFault)
    return kind(said, action="%studio doctor shows which server was found and how")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unknown status"
