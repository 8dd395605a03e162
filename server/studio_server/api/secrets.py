"""Secrets over HTTP: set, list by name, delete. No answer, refusal or record ever holds a value."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.secrets import SecretValue
from studio_server.api.http import QueryInvalid, answer, body, services, signed_in
from studio_server.runs.service import RunNotFound

NO_CONTENT = 204


async def put(request: Request) -> Response:
    """Keep a secret under a name; it is never shown again."""
    server, user = services(request), await signed_in(request)
    try:
        said = await body(request, SecretValue)
    except ValidationError:
        # What pydantic found would hold the value.
        raise QueryInvalid(
            "value", "left out, or not text", "a JSON object with the member 'value'"
        ) from None
    name, value = request.path_params["name"], said.value.get_secret_value()
    return answer(await server.db.write(lambda tx: server.secrets.put(tx, user.id, name, value)))


async def list_secrets(request: Request) -> Response:
    """The names of your secrets, when each was set, and when a run last used it."""
    server, user = services(request), await signed_in(request)
    return answer(server.db.read(lambda tx: server.secrets.list(tx, user.id)))


async def delete(request: Request) -> Response:
    """Forget a secret of yours."""
    server, user = services(request), await signed_in(request)
    name = request.path_params["name"]
    if not await server.db.write(lambda tx: server.secrets.delete(tx, user.id, name)):
        raise RunNotFound("secret of this name")
    return Response(status_code=NO_CONTENT)
