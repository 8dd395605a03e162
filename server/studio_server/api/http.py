"""Reading requests and writing answers: the same few steps for every resource."""

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.base import Contract
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.storage.idempotency import Asked, Scope, StoredAnswer, remember, remembered
from studio_server.storage.tx import Tx

if TYPE_CHECKING:
    from studio_server.services import Services

C = TypeVar("C", bound=Contract)
Extra = TypeVar("Extra")
KEY_LENGTH = 255


class NotSignedIn(Exception):
    """The request does not say who is asking, or says it with a token that is not valid."""


class BodyTooLarge(ValueError):
    """The request body is larger than allowed."""

    def __init__(self, allowed_bytes: int) -> None:
        super().__init__(f"at most {allowed_bytes} bytes are allowed")
        self.allowed_bytes = allowed_bytes


class QueryInvalid(ValueError):
    """A query or header value is not what the route takes."""

    def __init__(self, name: str, found: str, allowed: str) -> None:
        super().__init__(f"{name}: {found}; allowed: {allowed}")
        self.name, self.found, self.allowed = name, found, allowed


def services(request: Request) -> "Services":
    """The server behind this request."""
    return cast("Services", request.app.state.services)


def identity(request: Request) -> Identity:
    """Who is asking, as the host or a valid token says.

    Raises:
        NotSignedIn: Nobody vouches for the caller.
    """
    found = request.scope.get("state", {}).get("identity")
    if not isinstance(found, Identity):
        raise NotSignedIn
    return found


def is_identified(request: Request) -> bool:
    """Whether anybody vouches for the caller."""
    return isinstance(request.scope.get("state", {}).get("identity"), Identity)


async def signed_in(request: Request) -> User:
    """The user who is asking.

    Raises:
        NotSignedIn: Nobody vouches for the caller.
    """
    known = request.scope.get("state", {}).get("user")
    return known if isinstance(known, User) else await services(request).user(identity(request))


async def body(request: Request, model: type[C]) -> C:
    """The JSON body as a contract.

    Raises:
        BodyTooLarge: It is larger than allowed.
        ValidationError: It is not JSON, or not this contract.
    """
    allowed = services(request).settings.max_json_bytes
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > allowed:
            raise BodyTooLarge(allowed)
    return model.model_validate_json(bytes(received))


def answer(contract: Contract, status: int = 200) -> Response:
    """A contract as JSON."""
    return json_text(contract.model_dump_json(), status)


def json_text(text: str, status: int = 200) -> Response:
    """JSON that is text already."""
    return Response(text, status, media_type="application/json", headers={"Cache-Control": "no-store"})


def number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    """A whole number from the query.

    Raises:
        QueryInvalid: It is none, or out of range.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if (
        not text.isascii()
        or not text.isdigit()
        or len(text) > len(str(most))
        or not least <= int(text) <= most
    ):
        raise QueryInvalid(name, text[:40], f"a whole number from {least} to {most}")
    return int(text)


async def once(
    request: Request,
    user: User,
    said: Contract,
    status: int,
    work: Callable[[Tx], tuple[Contract, Extra]],
) -> tuple[Response, Extra | None]:
    """Do `work` and keep its answer under the caller's Idempotency-Key, in one transaction.

    Asked again under the same key, the first answer is given and nothing is done (the second value is None).

    Raises:
        KeyReused: The key stands for another request.
    """
    asked = asked_for(request, user, said)

    def in_one(tx: Tx) -> tuple[StoredAnswer | str, Extra | None]:
        earlier = remembered(tx, asked.scope, asked.digest) if asked else None
        if earlier is not None:
            return earlier, None
        contract, extra = work(tx)
        text = contract.model_dump_json()
        if asked:
            remember(tx, asked.scope, asked.digest, status, text)
        return text, extra

    kept, extra = await services(request).db.write(in_one)
    if isinstance(kept, StoredAnswer):
        return json_text(kept.answer_json, kept.status), None
    return json_text(kept, status), extra


def asked_for(request: Request, user: User, said: Contract) -> Asked | None:
    """Under which key this is asked for, or None without an Idempotency-Key.

    Raises:
        QueryInvalid: The key is none.
    """
    scope = _scope(request, user)
    text = json.dumps(said.model_dump(mode="json"), sort_keys=True)
    return None if scope is None else Asked(scope, hashlib.sha256(text.encode()).digest())


def _scope(request: Request, user: User) -> Scope | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise QueryInvalid(
            "Idempotency-Key", f"{len(key)} characters", f"1 to {KEY_LENGTH} printable ASCII characters"
        )
    return Scope(user.id, request.method, request.url.path, key)
