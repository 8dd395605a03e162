"""What may go wrong with this app on these targets, gravest first, each with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.deployment.facts import STALE_DAYS
from studio_magics.tools.dev.deployment.pricing import peak_instances
from studio_magics.tools.dev.deployment.sizes import given_size
from studio_magics.tools.dev.deployment.vercel import MOST_SECONDS
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.dev.deployment.app import App
    from studio_magics.tools.dev.deployment.checking import Check
    from studio_magics.tools.dev.deployment.facts import Facts
    from studio_magics.tools.dev.deployment.pricing import Bill

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
DEVELOPMENT = re.compile(
    r"\bflask run\b|\bmanage\.py runserver\b|--reload\b|\bnpm run dev\b|\bnodemon\b|\bvite\b|\bnext dev\b"
    r"|\bFLASK_DEBUG=1"
)
LOCAL_ONLY = re.compile(r"127\.0\.0\.1|\blocalhost\b")
SAID_PORT = re.compile(r"(?:--port[= ]|--bind[= ]\S*:|-b \S*:|0\.0\.0\.0:)(\d{2,5})\b")
PRIVILEGED = 1_024
TITLES = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "vercel": "Vercel"}


def risks(app: App, facts: Facts, bills: tuple[Bill, ...], *, own_image: str, today: date) -> list[Finding]:
    """Everything there is to say, ranked."""
    found = [
        *_start(app),
        *_network(app),
        *_load(app),
        *_targets(app, facts),
        *_state(app),
        *_image(app, own_image),
        *_prices(facts, bills, today),
    ]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.code))


def _finding(  # noqa: PLR0917  - the words of a finding in the order they are read
    code: str, severity: Severity, title: str, detail: str, action: str, where: str = "app"
) -> Finding:
    return Finding(code=code, severity=severity, title=title, where=where, detail=detail, action=action)


def _start(app: App) -> Iterator[Finding]:
    if DEVELOPMENT.search(app.start):
        yield _finding(
            "development-server",
            "high",
            f"'{shown(app.start)}' starts a server for development",
            "Such servers take one request at a time, show sources on errors, and watch files.",
            "Start a server for production, for example gunicorn, uvicorn without --reload, or node",
        )
    if LOCAL_ONLY.search(app.start):
        yield _finding(
            "listens-to-itself",
            "high",
            "The start command binds to the machine itself",
            "In a container nobody else reaches 127.0.0.1: every health check fails, and the rollout with "
            "it.",
            "Bind to 0.0.0.0",
        )
    said = SAID_PORT.search(app.start)
    if said and int(said[1]) != app.port:
        yield _finding(
            "another-port",
            "high",
            f"The app starts on port {said[1]} and is asked on {app.port}",
            "Health checks will find nobody.",
            f"Use one port in both places, for example $PORT or {app.port}",
        )
    if not app.health and app.in_containers:
        yield _finding(
            "no-health-check",
            "medium",
            "No health path is named, so '/' is asked",
            "'/' may answer while the database does not, or redirect, which counts as ill on some providers.",
            "Give 'health', a path that answers 200 only when the app can work",
        )
    if app.port < PRIVILEGED and app.in_containers and app.language != "static":
        yield _finding(
            "privileged-port",
            "medium",
            f"Port {app.port} is kept for root on many systems",
            "The image runs as an ordinary user.",
            "Listen on a port above 1023, for example 8080",
        )


def _network(app: App) -> Iterator[Finding]:
    if "aws" in app.targets and not app.domain:
        yield _finding(
            "not-encrypted",
            "high",
            "On AWS the app answers without encryption",
            "A load balancer needs a certificate, and that needs a domain of yours.",
            "Give 'domain', and create its certificate in AWS Certificate Manager",
            "aws",
        )
    if "aws" in app.targets:
        yield _finding(
            "public-subnets",
            "low",
            "On AWS the tasks have public addresses",
            "Only the load balancer may reach them; private subnets would cost a NAT gateway for each zone.",
            "Move them to private subnets with endpoints where your rules ask for it",
            "aws",
        )


def _load(app: App) -> Iterator[Finding]:
    if not app.in_containers:
        return
    peak = peak_instances(app)
    if peak > app.most:
        yield _finding(
            "too-few-instances",
            "high",
            f"The busiest hour needs about {peak} instances, at most {app.most} are allowed",
            f"{app.traffic.requests_per_day:,} requests a day of {app.traffic.milliseconds} ms, three times "
            "as many in "
            f"the busiest hour, {app.traffic.concurrency} at once in an instance.",
            f"Raise 'instances.max' to {peak + max(peak // 3, 1)}, or answer faster",
        )
    if app.least < 2:  # noqa: PLR2004  - one can fail while another answers
        yield _finding(
            "no-spare-instance",
            "low" if app.least == 0 else "medium",
            "One instance at most is sure to run",
            "When it dies or its zone fails, nobody answers until another is up.",
            "Set 'instances.min' to 2 where minutes without an answer matter",
        )
    cold = [TITLES[one] for one in app.in_containers if one in {"gcp", "azure"}]
    if app.least == 0 and cold:
        yield _finding(
            "cold-start",
            "low",
            f"After a pause the first visitor on {' and '.join(cold)} waits for a start",
            "Nothing runs between requests, which is also why it costs nothing then.",
            "Set 'instances.min' to 1",
        )
    if app.least == 0 and "aws" in app.targets:
        yield _finding(
            "not-to-zero",
            "info",
            "On AWS one task always runs",
            "Fargate behind a load balancer does not scale to zero.",
            "Take AWS Lambda where hours without traffic are common",
            "aws",
        )
    if app.traffic.is_assumed:
        yield _finding(
            "traffic-assumed",
            "info",
            "Cost and load rest on assumed traffic",
            f"{app.traffic.requests_per_day:,} requests a day of {app.traffic.milliseconds} ms.",
            "Give 'traffic'",
        )


def _targets(app: App, facts: Facts) -> Iterator[Finding]:
    for provider in app.in_containers:
        cpu, memory = given_size(provider, app.cpu, app.memory_mb)
        if cpu > app.cpu or memory * 1_024 > app.memory_mb:
            yield _finding(
                "larger-size",
                "info",
                f"{TITLES[provider]} gives {cpu:g} vCPU with {memory:g} GiB",
                f"Asked were {app.cpu:g} vCPU and {app.memory_mb} MiB; this is its smallest size that holds "
                "both.",
                "Ask for the larger size everywhere, or accept the difference",
                provider,
            )
    places = {facts.regions[provider][region] for provider, region in app.targets.items()}
    if len(places) > 1:
        yield _finding(
            "several-jurisdictions",
            "medium",
            f"The app runs in {', '.join(sorted(places))}",
            "Personal data then falls under several laws, and moving it between them needs a ground.",
            "Keep to regions of one jurisdiction, or write down the ground of each transfer",
        )
    if (
        "vercel" in app.targets
        and app.language != "static"
        and app.traffic.milliseconds > MOST_SECONDS * 1_000
    ):
        yield _finding(
            "function-time",
            "high",
            f"A request takes longer than the {MOST_SECONDS} s a function gets here",
            "It is cut off.",
            "Move long work to a queue, or to a provider that runs containers",
            "vercel",
        )
    if app.language == "static" and app.in_containers:
        yield _finding(
            "static-in-container",
            "info",
            "Files alone are served from a running container",
            "A bucket with a delivery network costs less and is nearer to visitors.",
            "Prefer it for static sites",
        )


def _state(app: App) -> Iterator[Finding]:
    if app.keeps_files:
        yield _finding(
            "files-are-lost",
            "high",
            "Files that the app writes are gone at every restart and rollout",
            "Instances share no disk, on any of these targets.",
            "Keep files in an object store or a database",
        )
    if app.migrate:
        yield _finding(
            "schema-goes-first",
            "medium",
            "The old version runs on the new schema for a while, and after going back too",
            "A rollback brings back the code, not the database.",
            "Add before you remove: make each migration one that the version before can work with",
        )
    if app.secrets:
        yield _finding(
            "secrets-to-create",
            "info",
            f"{counted(len(app.secrets), 'secret')} must be there before the first rollout",
            f"{', '.join(app.secrets[:10])}: only names are in these files.",
            "Create them as the plan says",
        )


def _image(app: App, own: str) -> Iterator[Finding]:
    if own and not re.search(r"^\s*USER\s+(?!root\b|0\b)\S", own, re.MULTILINE | re.IGNORECASE):
        yield _finding(
            "image-runs-as-root",
            "medium",
            "The repository's Dockerfile names no user: the app runs as root",
            "A fault in the app then owns the container.",
            "Add a USER with a number above 0",
            "Dockerfile",
        )
    loose = [
        one
        for one in re.findall(r"^\s*FROM\s+(?:--\S+\s+)?(\S+)", own, re.MULTILINE | re.IGNORECASE)
        if one != "scratch"
        and "@" not in one
        and (":" not in one.rsplit("/", 1)[-1] or one.endswith(":latest"))
    ]
    stages = re.findall(r"\bAS\s+(\S+)", own, re.IGNORECASE)
    loose = [one for one in loose if one not in stages]
    if loose:
        yield _finding(
            "image-without-version",
            "medium",
            f"The image '{shown(loose[0])}' is taken in whatever version there is",
            "Tomorrow's build is another one.",
            "Name a version, better a digest",
            "Dockerfile",
        )
    if app.image and "@" not in app.image:
        yield _finding(
            "image-without-digest",
            "low",
            f"'{shown(app.image)}' may mean another image tomorrow",
            "A rollback needs the very image that ran before.",
            "Deploy by digest, as the plan does",
        )


def _prices(facts: Facts, bills: tuple[Bill, ...], today: date) -> Iterator[Finding]:
    unknown = [f"{TITLES[one.provider]} {one.region}" for one in bills if not one.is_known]
    if unknown:
        yield _finding(
            "no-price",
            "info",
            f"No price is known for {', '.join(unknown)}",
            "The cost of these is not zero.",
            "Give newer 'facts', or ask the provider's calculator",
            "cost",
        )
    age = (today - facts.as_of).days
    if age > STALE_DAYS and any(one.is_known for one in bills):
        yield _finding(
            "prices-old",
            "low",
            f"Prices are those of {facts.as_of.isoformat()}, {age} days ago",
            "Providers change them without notice.",
            "Give newer 'facts'",
            "cost",
        )


def faults(checks: tuple[Check, ...]) -> list[Finding]:
    """A file that its checker does not take; better told than hidden."""
    return [
        _finding(
            "file-not-valid",
            "critical",
            f"{one.file} does not pass {one.checker}",
            "; ".join(one.faults)[:600],
            "Do not deploy it; change the description at the named place",
            one.file,
        )
        for one in checks
        if one.faults
    ]
