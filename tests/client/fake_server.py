"""A small credit server over real HTTP on a loopback port: speaks the contracts, keeps what was asked."""

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from studio_magics.contracts.account import Account, Balance, SpendControls, SpendControlsChange
from studio_magics.contracts.billing import Estimate, EstimateRequest, Forecast, Standing
from studio_magics.contracts.catalogue import Availability, Catalogue
from studio_magics.contracts.inputs import UploadInfo
from studio_magics.contracts.leaving import AccountErased
from studio_magics.contracts.notices import Notice
from studio_magics.contracts.payments import PackList
from studio_magics.contracts.problems import Problem
from studio_magics.contracts.runs import Run, RunList, RunRequest, RunSummary
from studio_magics.contracts.secrets import SecretInfo, SecretList
from tests.client.samples import (
    CONTENT,
    LIMITS,
    LINES,
    NOW,
    PACK,
    PLAN,
    a_receipt,
    a_result,
    a_run,
    a_statement,
    a_window,
    an_archive,
    paying,
    some_notices,
    summary,
    tool_page,
)

TOKEN = "secret-token-of-the-test"  # noqa: S105  - of a server that exists for one test


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeServer:
    """State and switches; `url` and `token` are what a client needs."""

    url: str = ""
    token: str = TOKEN
    asked: list[Asked] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    """Idempotency key → run."""
    runs: dict[str, Run] = field(default_factory=dict)
    available: int = 300
    daily: int = 30
    outcome: str = "succeeded"
    polls_until_over: int = 2
    refusals: list[tuple[str, Problem]] = field(default_factory=list)
    """(path prefix, problem): the next request with this prefix is refused so."""
    drops: dict[str, int] = field(default_factory=dict)
    """Path prefix → how many requests lose their connection before anything is done."""
    drops_after: dict[str, int] = field(default_factory=dict)
    """The same, but after the effect: the answer is lost."""
    raw: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    """Path prefix → status, media type, text of an answer that is not Studio's."""
    availability: Availability = "available"
    refused_by: str | None = None
    stored: str | None = None
    """The run whose result answers every start that is not fresh."""
    notices_read_at: datetime | None = None
    secrets: dict[str, SecretInfo] = field(default_factory=dict)
    archive: bytes = field(default_factory=an_archive)
    erased: bool = False

    def paths(self, method: str) -> list[str]:
        return [one.path for one in self.asked if one.method == method]

    # -- what a server answers -------------------------------------------------------------------------

    def account(self) -> Account:
        return Account(
            user_id="user_ada",
            display_name="ada",
            issuer="local",
            signed_in_via="token",
            plan=PLAN,
            mode="local",
            server_version="0.1.0",
        )

    def balance(self) -> Balance:
        spent = 300 - self.available
        return Balance(
            user="ada",
            plan=PLAN,
            available_credits=self.available,
            held_credits=0,
            spendable_credits=self.available,
            day=a_window("day", self.daily, spent),
            month=a_window("month", 300, spent),
            per_run_limit_credits=None,
            lots=(),
            alert_percent=None,
            level="ok",
            mode="local",
            revision=1,
        )

    def erase(self, confirm: str) -> AccountErased | None:
        if self.erased or confirm != "user_ada":
            return None
        self.erased = True
        return AccountErased(
            user_id="user_ada",
            erased_at=NOW,
            forfeited_credits=self.available,
            free_credits_from=NOW,
            kept="The books stay.",
            files_removed_within_seconds=120,
        )

    def read_notices(self) -> Notice:
        self.notices_read_at = NOW
        return some_notices(NOW).notices[0]

    def controls(self) -> SpendControls:
        return SpendControls(
            daily_limit_credits=self.daily,
            monthly_limit_credits=300,
            per_run_limit_credits=None,
            daily_cap_credits=30,
            monthly_cap_credits=300,
            alert_percents=(50, 75, 100),
        )

    def catalogue(self, words: str) -> Catalogue:
        tools = (
            summary("data-studio-remote", "Remote Checker"),
            summary("dev-studio-security", "Security Scanner"),
        )
        return Catalogue(
            tools=tuple(t for t in tools if words in f"{t.id} {t.title}".lower()), price_version="p1"
        )

    def estimate(self, request: EstimateRequest) -> Estimate:
        most = request.max_credits or 8
        return Estimate(
            tool_id="data-studio-remote",
            tool_title="Remote Checker",
            tool_version="1.0.0",
            place="server",
            price_version="p1",
            min_credits=3,
            typical_credits=3,
            max_credits=most,
            lines=LINES,
            limits=LIMITS,
            forecast=Forecast(cpu_ms=1200, wall_ms=2000, peak_bytes=100_000_000),
            measured_runs=0,
            standing=Standing(
                available_credits=self.available,
                after_typical_credits=self.available - 3,
                day_used_credits=300 - self.available,
                day_cap_credits=self.daily,
                refused_by=self.refused_by,
                action="wait until tomorrow" if self.refused_by else "",
            ),
            quote="quote-1",
            quote_expires_at=NOW,
            stored_run_id=self.stored,
        )

    def start(self, key: str, request: RunRequest) -> Run:
        if key not in self.started:
            run_id = f"run_{len(self.runs) + 1}"
            self.started[key] = run_id
            self.runs[run_id] = a_run(run_id, most=request.max_credits or 8)
            if self.stored is not None and not request.fresh:
                self.runs[run_id] = self.answered(self.runs[run_id], self.stored)
        return self.runs[self.started[key]]

    def poll(self, run_id: str) -> Run | None:
        run = self.runs.get(run_id)
        if run is None or run.state not in {"running", "queued"}:
            return run
        step = run.revision + 1
        if step > self.polls_until_over:
            run = self.ended(run, self.outcome)
        else:
            percent = 100 * step // (self.polls_until_over + 1)
            run = run.model_copy(
                update={"state": "running", "revision": step, "progress_percent": percent, "stage": "reading"}
            )
        self.runs[run_id] = run
        return run

    def answered(self, run: Run, source: str) -> Run:
        over = self.ended(run.model_copy(update={"max_credits": 0}), "lost")
        receipt = over.receipt.model_copy(
            update={"outcome": "succeeded", "answered_from": source, "max_credits": 0, "returned_credits": 0}
        )
        more = {"state": "succeeded", "answered_from": source, "receipt": receipt, "result": a_result()}
        return over.model_copy(update=more)

    def ended(self, run: Run, outcome: str) -> Run:
        charged = {"succeeded": 3, "failed": 3, "cancelled": 2, "timed_out": 8, "lost": 0}[outcome]
        self.available -= charged
        receipt = a_receipt(run, outcome, charged, self.available)
        failure = Problem(
            status=422, code="tool_failed", error="The file has no rows.", action="give a table with rows"
        )
        return run.model_copy(
            update={
                "state": outcome,
                "progress_percent": 100,
                "revision": run.revision + 1,
                "charged_credits": charged,
                "receipt_id": receipt.id,
                "ended_at": NOW,
                "receipt": receipt,
                "result": a_result() if outcome == "succeeded" else None,
                "failure": failure if outcome == "failed" else None,
            }
        )


class Handler(BaseHTTPRequestHandler):
    """Routes requests to the fake server of its HTTP server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *parts) -> None:
        """Keep the test output quiet."""

    def _handle(self) -> None:
        fake: FakeServer = self.server.fake
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/base")
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        fake.asked.append(Asked(self.command, path, query, dict(self.headers), body))
        if _take(fake.drops, path):
            self._drop()
            return
        for prefix, (status, kind, text) in fake.raw.items():
            if path.startswith(prefix):
                self._send(status, kind, text.encode())
                return
        for entry in fake.refusals:
            if path.startswith(entry[0]):
                fake.refusals.remove(entry)
                self._problem(entry[1])
                return
        if self.headers.get("Authorization") != f"Bearer {fake.token}" and path != "/api/billing/estimate":
            self._problem(
                Problem(status=401, code="not_signed_in", error="The server does not know this token.")
            )
            return
        answer = self._answer(fake, path, query, body)
        if _take(fake.drops_after, path):
            self._drop()
            return
        if answer is None:
            known = ("remote",) if path.startswith("/api/tools") else ()
            error = f"There is no {path.rsplit('/', 1)[-1]!r}."
            self._problem(Problem(status=404, code="unknown", error=error, suggestions=known))
        elif isinstance(answer, bytes):
            self._send(200, "application/octet-stream", answer)
        else:
            status = 202 if path.endswith("/run") else 200
            self._send(status, "application/json", answer.model_dump_json().encode())

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815  - names that http.server looks for

    def _answer(self, fake: FakeServer, path: str, query: dict[str, str], body: bytes):  # noqa: PLR0911  - one return per route
        simple = {
            ("GET", "/api/account"): fake.account,
            ("GET", "/api/account/export"): lambda: fake.archive,
            ("DELETE", "/api/account"): lambda: fake.erase(query.get("confirm", "")),
            ("GET", "/api/credits/balance"): fake.balance,
            ("GET", "/api/tools"): lambda: fake.catalogue(query.get("q", "")),
            ("GET", "/api/tools/remote"): lambda: tool_page(fake.availability),
            ("GET", "/api/tools/data-studio-remote"): lambda: tool_page(fake.availability),
            ("GET", "/api/runs"): lambda: RunList(runs=_summaries(fake), next_before=None),
            ("GET", "/api/account/settings/credits"): fake.controls,
            ("GET", "/api/credits/statement"): a_statement,
            ("GET", "/api/secrets"): lambda: SecretList(secrets=tuple(fake.secrets.values())),
            ("GET", "/api/billing/packs"): lambda: PackList(packs=(PACK,)),
            **paying(body),
            ("GET", "/api/notices"): lambda: some_notices(fake.notices_read_at),
            ("POST", "/api/notices/notice_1/read"): fake.read_notices,
        }
        if (self.command, path) in simple:
            return simple[self.command, path]()
        if (self.command, path) == ("PUT", "/api/account/settings/credits"):
            change = SpendControlsChange.model_validate_json(body)
            if "daily_limit_credits" in change.model_fields_set:
                fake.daily = 30 if change.daily_limit_credits is None else change.daily_limit_credits
            return fake.controls()
        if path.startswith("/api/secrets/"):
            return self._secret(fake, path.removeprefix("/api/secrets/"))
        if path == "/api/billing/estimate":
            return fake.estimate(EstimateRequest.model_validate_json(body))
        if path.startswith("/api/uploads/"):
            return self._upload(fake, path.removeprefix("/api/uploads/"), body)
        if path == "/api/data/remote/run":
            return fake.start(self.headers["Idempotency-Key"], RunRequest.model_validate_json(body))
        if path.startswith("/api/runs/"):
            return self._run(fake, path.removeprefix("/api/runs/"))
        if path.startswith("/api/receipts/"):
            wanted = path.removeprefix("/api/receipts/")
            return next((run.receipt for run in fake.runs.values() if run.receipt_id == wanted), None)
        return None

    def _secret(self, fake: FakeServer, name: str):
        if self.command == "DELETE":
            return fake.secrets.pop(name, None)
        fake.secrets[name] = SecretInfo(name=name, created_at=NOW, used_at=None)
        return fake.secrets[name]

    def _upload(self, fake: FakeServer, digest: str, body: bytes):
        if self.command == "PUT":
            fake.uploads[digest] = body
        if digest not in fake.uploads:
            return None
        return UploadInfo(digest=digest, size_bytes=len(fake.uploads[digest]), created=self.command == "PUT")

    def _run(self, fake: FakeServer, rest: str):
        run_id, _, what = rest.partition("/")
        if what == "cancel":
            fake.runs[run_id] = fake.ended(fake.runs[run_id], "cancelled")
            return fake.runs[run_id]
        if what.startswith("artefacts/"):
            return CONTENT
        return fake.poll(run_id)

    def _problem(self, problem: Problem) -> None:
        body = json.dumps(problem.model_dump_wire()).encode()
        self._send(problem.status, "application/problem+json", body)

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()


def _summaries(fake: FakeServer) -> tuple:
    whole = set(Run.model_fields) - set(RunSummary.model_fields)
    return tuple(
        RunSummary.model_validate(run.model_dump(exclude=whole)) for run in reversed(list(fake.runs.values()))
    )


def _take(counts: dict[str, int], path: str) -> bool:
    for prefix, left in counts.items():
        if left > 0 and path.startswith(prefix):
            counts[prefix] = left - 1
            return True
    return False


class Serving:
    """Runs a fake server in a thread for the length of a `with` block."""

    def __enter__(self) -> FakeServer:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        fake = FakeServer(url=f"http://127.0.0.1:{self._http.server_address[1]}/base")
        self._http.fake = fake
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return fake

    def __exit__(self, *failure) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
