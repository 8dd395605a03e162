"""The only table from errors to HTTP: what was refused, why, and the cheapest next step."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from studio_magics.contracts.problems import FieldProblem, Problem
from studio_server.accounts.archive import ArchiveTooLarge
from studio_server.accounts.erasure import ErasureRefused
from studio_server.api.card_problems import CARDS
from studio_server.api.file_problems import FILES
from studio_server.api.http import BodyTooLarge, NotSignedIn, QueryInvalid
from studio_server.api.payment_problems import PAYMENTS
from studio_server.api.rate import TooFast
from studio_server.api.wording import problem as _problem
from studio_server.events.bus import TooManyStreams
from studio_server.ledger import HoldRefused, LimitAbovePlan
from studio_server.notices.rows import NoticeNotFound
from studio_server.pricing.burn import CeilingBelowMinimum
from studio_server.pricing.quote import QuoteRefused
from studio_server.registry.catalogue import ToolComingSoon, ToolNotFound, ToolRunsElsewhere
from studio_server.runs.inputs import InputInvalid, field_problems
from studio_server.runs.offers import InputTooLarge
from studio_server.runs.service import RunNotFound
from studio_server.runs.standing import LIMIT_NAMES, next_step
from studio_server.storage.errors import (
    CommitFailed,
    DiskFailed,
    OutcomeUnknown,
    StoreBusy,
    StoreUnreachable,
    WritesStopped,
)
from studio_server.storage.idempotency import KeyReused

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
MINIMUM_CREDITS = 3
RETRY_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
UNITS = {"cpu_ms": (1_000, "s of CPU"), "wall_ms": (1_000, "s"), "memory_bytes": (10**6, "MB of memory")}


def problem_of(fault: Exception) -> Problem:
    """What a failure means to the caller; what is not in the table is our fault, and logged."""
    for kind in type(fault).__mro__:
        make = TABLE.get(kind)
        if make is not None:
            return make(fault)
    log.error("unexpected failure", exc_info=fault)
    return _problem(
        500,
        "server_fault",
        "The server failed.",
        "nothing was charged",
        "try again; if it stays, %studio doctor",
    )


def response_of(problem: Problem) -> Response:
    """A problem as an HTTP answer."""
    headers = {"Cache-Control": "no-store"}
    if problem.status in RETRY_LATER:
        headers["Retry-After"] = "1"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    text = problem.model_dump_json(exclude_none=True)
    return Response(text, problem.status, media_type=MEDIA_TYPE, headers=headers)


def _tool_not_found(fault: ToolNotFound) -> Problem:
    near = fault.suggestions
    action = f"did you mean {' or '.join(near)}?" if near else "%studio tools lists them"
    return _problem(
        404, "unknown_tool", f"There is no tool '{fault.name[:80]}'.", "", action, suggestions=near
    )


def _coming_soon(fault: ToolComingSoon) -> Problem:
    return _problem(
        409,
        "coming_soon",
        f"{fault.entry.title} is not available yet.",
        "it is in the catalogue, its code is not",
        "%studio tools shows what can run today",
    )


def _elsewhere(fault: ToolRunsElsewhere) -> Problem:
    action = f"%studio run {fault.entry.short_name} without --on server"
    return _problem(
        409, "runs_in_kernel", f"{fault.entry.title} runs in your kernel, for 0 credits.", "", action
    )


def _hold_refused(fault: HoldRefused) -> Problem:
    name = LIMIT_NAMES.get(fault.limit, fault.limit)
    code = "insufficient_credits" if fault.limit == "balance" else f"{fault.limit}_limit"
    used = f", {fault.used} used" if fault.limit in ("daily", "monthly") else ""
    cap = f" of {fault.cap}" if fault.cap is not None else ""
    held = f", {fault.held} held" if fault.held else ""
    return _problem(
        429 if fault.limit == "open_holds" else 402,
        code,
        f"The {name} does not allow this run: {fault.needed} needed,"
        f" {fault.available}{cap} available{used}{held}.",
        f"{name}: {fault.needed} needed, {fault.available} available",
        next_step(fault, minimum=MINIMUM_CREDITS),
        limit=fault.limit,
        used=fault.used,
        held=fault.held,
        needed=fault.needed,
        available=fault.available,
        cap=fault.cap,
        resets_at=fault.resets_at,
    )


def _ceiling(fault: CeilingBelowMinimum) -> Problem:
    return _problem(
        402,
        "ceiling_below_minimum",
        f"A run needs a ceiling of at least {fault.minimum} credits; --max-credits is {fault.ceiling}.",
        "",
        f"--max-credits {fault.minimum}",
        limit="per_run",
        needed=fault.minimum,
        available=fault.ceiling,
    )


def _too_large_input(fault: InputTooLarge) -> Problem:
    scale, unit = UNITS[fault.above.what]
    needed, allowed = -(-fault.above.needed // scale), fault.above.allowed // scale
    local = fault.entry.mode == "hybrid"
    return _problem(
        413,
        "input_too_large",
        f"This input needs about {needed} {unit}; a metered run of {fault.entry.title} has {allowed}.",
        "",
        "run it in the kernel for 0 credits: --on kernel"
        if local
        else "use a sample of the rows, or Parquet",
    )


def _input(fault: InputInvalid) -> Problem:
    first = fault.fields[0]
    return _problem(
        422,
        "input_refused",
        f"{fault.title} cannot use the input '{first.field}': found {first.found}.",
        f"allowed: {first.allowed}",
        first.action or _correct(first),
        fields=fault.fields,
    )


def _body(fault: ValidationError) -> Problem:
    fields = tuple(field_problems(fault))
    if any(error["type"] == "json_invalid" for error in fault.errors(include_url=False, include_input=False)):
        return _problem(
            400, "not_json", "The request body is not JSON.", fields[0].allowed, "send JSON in UTF-8"
        )
    first = fields[0]
    return _problem(
        422,
        "invalid_request",
        f"The request member '{first.field}' cannot be used: found {first.found}.",
        f"allowed: {first.allowed}",
        _correct(first),
        fields=fields,
    )


def _query(fault: QueryInvalid) -> Problem:
    wrong = FieldProblem(field=fault.name, found=fault.found, allowed=fault.allowed)
    return _problem(
        422,
        "invalid_request",
        f"'{fault.name}' cannot be {fault.found}.",
        "",
        _correct(wrong),
        fields=(wrong,),
    )


def _correct(wrong: FieldProblem) -> str:
    return f"correct '{wrong.field}': {wrong.allowed}"


def _http(fault: HTTPException) -> Problem:
    codes = {404: "not_found", 405: "method_not_allowed"}
    return _problem(
        fault.status_code,
        codes.get(fault.status_code, "refused"),
        f"{fault.detail}.",
        "",
        "GET /openapi.json lists the routes",
    )


def _plan_limit(fault: LimitAbovePlan) -> Problem:
    return _problem(
        422,
        "limit_above_plan",
        f"The {fault.limit} limit can be at most {fault.allowed} credits; {fault.asked} was asked for.",
        "a limit of your own is never above the plan's",
        f"choose {fault.allowed} or less",
        available=fault.allowed,
        needed=fault.asked,
    )


def _busy(_: Exception) -> Problem:
    return _problem(
        503, "busy", "The server is busy.", "nothing was done", "try again in a moment, with the same key"
    )


def _stopped(_: Exception) -> Problem:
    return _problem(
        503,
        "writes_stopped",
        "The server does not take changes at the moment.",
        "it protects the books after a failure and tries to go on by itself",
        "try again in a minute; if it stays, ask the operator to run studio-server verify",
    )


ERASURE_WAITS: dict[str, tuple[str, str, str]] = {
    "run": ("has runs that are not over", "runs not over: {count}", "cancel them or wait: %studio runs"),
    "hold": ("has credits set aside", "open holds: {count}", "they end by themselves; try again in an hour"),
    "debt": ("has a debt", "{count} credits are owed", "cover the debt, or ask the operator"),
    "plan": ("has a plan that is paid", "plans renewed: {count}", "cancel the plan first: %studio plan free"),
    "dispute": ("is frozen", "a payment is disputed or being looked at", "ask the operator"),
}


def _erasure_refused(fault: ErasureRefused) -> Problem:
    what, reason, action = ERASURE_WAITS[fault.obstacle]
    return _problem(
        409,
        f"erasure_waits_for_{fault.obstacle}",
        f"The account cannot be erased while it {what}.",
        reason.format(count=fault.count),
        action,
    )


TABLE: dict[type[BaseException], Callable[[Any], Problem]] = {
    **FILES,
    **PAYMENTS,
    **CARDS,
    NotSignedIn: lambda _: _problem(
        401,
        "not_signed_in",
        "You are not signed in.",
        "no valid token came with the request",
        "start JupyterLab with Studio, or studio.connect(url, token)",
    ),
    BodyTooLarge: lambda fault: _problem(
        413,
        "body_too_large",
        f"A request body may have at most {fault.allowed_bytes:,} bytes.",
        "",
        "send data as an upload",
    ),
    ValidationError: _body,
    QueryInvalid: _query,
    ToolNotFound: _tool_not_found,
    ToolComingSoon: _coming_soon,
    ToolRunsElsewhere: _elsewhere,
    InputInvalid: _input,
    InputTooLarge: _too_large_input,
    CeilingBelowMinimum: _ceiling,
    HoldRefused: _hold_refused,
    LimitAbovePlan: _plan_limit,
    QuoteRefused: lambda fault: _problem(
        409, "quote_refused", f"The quote {fault.why}.", "", "ask for a new estimate"
    ),
    KeyReused: lambda _: _problem(
        409,
        "key_reused",
        "The Idempotency-Key was used for another request.",
        "",
        "use a new key for a new request",
    ),
    RunNotFound: lambda fault: _problem(
        404, "not_found", f"There is no {fault.wanted}.", "", "%studio runs lists yours"
    ),
    NoticeNotFound: lambda fault: _problem(
        404, "not_found", f"There is no notice {fault.notice_id[:80]}.", "", "%studio notices lists yours"
    ),
    ErasureRefused: _erasure_refused,
    ArchiveTooLarge: lambda fault: _problem(
        413,
        "export_too_large",
        f"An export may have at most {fault.allowed_bytes // 10**6:,} MB; yours would have more.",
        "nothing was left out silently",
        "ask the operator for: studio-server export",
    ),
    TooManyStreams: lambda fault: _problem(
        429, "too_many_streams", f"{fault.allowed} event streams are open already.", "", "close one"
    ),
    TooFast: lambda _: _problem(429, "too_fast", "Too many requests in a short time.", "", "wait a second"),
    StoreBusy: _busy,
    StoreUnreachable: _busy,
    OutcomeUnknown: _busy,
    WritesStopped: _stopped,
    CommitFailed: _stopped,
    DiskFailed: _stopped,
    HTTPException: _http,
}
