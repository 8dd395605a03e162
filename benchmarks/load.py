"""Load on one route: wrk where it is installed, else plain sockets; never an HTTP library of Python.

Such a library costs more than the server (a client of httpx is over 30 times slower at 32 connections), so it
would measure itself.
"""

import json
import math
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import sockets
from benchmarks.processes import ServerProcess
from benchmarks.results import Plan

CONNECTIONS = 32
UNITS = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


@dataclass(frozen=True)
class Target:
    """One route of one server, as the load generator asks it."""

    name: str
    server: ServerProcess
    method: str
    path: str
    body: object = None
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Sent with every request."""
        typed = {} if self.body is None else {"Content-Type": "application/json"}
        return typed | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    @property
    def content(self) -> str:
        """The body as it is sent."""
        return "" if self.body is None else json.dumps(self.body)


@dataclass(frozen=True)
class Load:
    """What one stretch of load gave."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float = field(default=0.0)
    """Processor time of the server per request."""


class WrongAnswers(RuntimeError):
    """The route answered with something else than success: the figures would mean nothing."""


def load(target: Target, plan: Plan) -> Load:
    """Keep 32 connections busy for the seconds of the plan.

    Raises:
        WrongAnswers: At least one answer was no success.
    """
    use_wrk = plan.generator == "wrk" or (plan.generator == "auto" and shutil.which("wrk") is not None)
    before = target.server.cpu_seconds
    measured = _by_wrk(target, plan.seconds) if use_wrk else _by_sockets(target, plan.seconds)
    used = target.server.cpu_seconds - before
    cpu_us = used / measured.requests * 1_000_000
    return Load(measured.requests, measured.per_second, measured.p50_ms, measured.p99_ms, cpu_us)


def _by_wrk(target: Target, seconds: float) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(_script(target), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds)}s", "--latency", "-s"]
        url = f"{target.server.url}{target.path}"
        told = subprocess.run([*command, str(script), url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise WrongAnswers(f"{target.name}: {told}")
    return told_by_wrk(told)


def told_by_wrk(told: str) -> Load:
    """The figures in what wrk printed."""
    return Load(
        int(_found(r"(\d+) requests in", told)),
        float(_found(r"Requests/sec:\s+([\d.]+)", told)),
        _milliseconds(_found(r"\n\s+50%\s+(\S+)", told)),
        _milliseconds(_found(r"\n\s+99%\s+(\S+)", told)),
    )


def _script(target: Target) -> str:
    lines = [f'wrk.method = "{target.method}"', f"wrk.body = [[{target.content}]]"]
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in target.headers.items()]
    return "\n".join(lines)


def _found(pattern: str, told: str) -> str:
    match = re.search(pattern, told)
    if match is None:
        raise WrongAnswers(told)
    return match[1]


def _milliseconds(text: str) -> float:
    number = text.rstrip("mus")
    return float(number) * UNITS[text.removeprefix(number)]


def _by_sockets(target: Target, seconds: float) -> Load:
    head = f"{target.method} {target.path} HTTP/1.1\r\nHost: {target.server.address}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
    body = target.content.encode()
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    answered = sockets.ask_again_and_again(
        target.server.address, request, connections=CONNECTIONS, seconds=seconds
    )
    if answered.refused:
        raise WrongAnswers(f"{target.name}: {answered.refused} answers were no success")
    return Load(len(answered.latencies_ms), answered.per_second, answered.p50_ms, answered.p99_ms)
