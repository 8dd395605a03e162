"""Runs over HTTP."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.base import Contract
from studio_magics.contracts.runs import Run, RunRequest
from studio_server.api.downloads import download
from studio_server.api.http import answer, body, number, once, services, signed_in
from studio_server.ledger import HoldRefused
from studio_server.runs.rows import RunRow
from studio_server.storage.tx import Tx

PAGE = 50
MOST_ROWS = 200
LONGEST_WAIT_SECONDS = 20
ACCEPTED = 202


async def start(request: Request) -> Response:
    """Set the ceiling aside and queue the run; the same Idempotency-Key starts it once."""
    server, user = services(request), await signed_in(request)
    said = await body(request, RunRequest)
    tool = f"{request.path_params['studio']}-studio-{request.path_params['tool']}"

    def work(tx: Tx) -> tuple[Contract, RunRow]:
        run = server.runs.place(tx, user, tool, said)
        return server.runs.page_in(tx, user.id, run.id), run

    try:
        response, fresh = await once(request, user, said, ACCEPTED, work)
    except HoldRefused as refused:
        await server.runs.record_refusal(user, tool, refused)
        raise
    if fresh is not None:
        server.runs.enqueue(fresh)
        server.announcer.run_changed(fresh.id)
        server.announcer.money_moved(user.id)
    return response


async def list_runs(request: Request) -> Response:
    """Your runs, newest first."""
    server, user = services(request), await signed_in(request)
    limit = number(request, "limit", default=PAGE, least=1, most=MOST_ROWS)
    return answer(server.runs.list(user.id, before=request.query_params.get("before"), limit=limit))


async def show(request: Request) -> Response:
    """One run; with `since` and `wait_seconds` as soon as it has changed."""
    server, user = services(request), await signed_in(request)
    since = number(request, "since", default=0, least=0, most=2**53 - 1)
    wait = number(request, "wait_seconds", default=0, least=0, most=LONGEST_WAIT_SECONDS)
    return answer(
        await server.runs.follow(user.id, request.path_params["run"], since=since, wait_seconds=wait)
    )


async def cancel(request: Request) -> Response:
    """Stop a run; one that is over stays as it is."""
    server, user = services(request), await signed_in(request)
    page: Run = await server.runs.cancel(user.id, request.path_params["run"])
    return answer(page)


async def artefact(request: Request) -> Response:
    """A file that a run made, or a range of it, always as a download."""
    server, user = services(request), await signed_in(request)
    run_id, name = request.path_params["run"], request.path_params["name"]
    row = await asyncio.to_thread(server.runs.artefact, user.id, run_id, name)
    return download(server.artefacts, row, request.headers)
