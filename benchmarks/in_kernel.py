"""The part of `estimate_from_kernel` that runs inside a kernel of a Jupyter server."""

import contextlib
import hashlib
import io
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from IPython.core.getipython import get_ipython
from pydantic import JsonValue

from benchmarks.results import Plan
from benchmarks.sampling import Sample, alternate
from studio_magics.client.discovery import find
from studio_magics.client.studio_client import StudioClient
from studio_magics.contracts.billing import EstimateRequest

REST_SECONDS = 0.03
"""Before each call, so that the server's limit on requests per second is not what is measured."""
HANDLER, CLIENT, MAGIC = "Jupyter's GET /api", "client, estimate", "%studio estimate"


def measure(
    jupyter_url: str, token: str, table: str, *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Milliseconds of every call: a trivial handler of Jupyter, the client, and the whole magic."""
    headers = {"Authorization": f"token {token}"}
    with httpx.Client(base_url=jupyter_url, headers=headers, trust_env=False) as http:
        studio = StudioClient(find())
        asked = EstimateRequest(tool="quality", inputs={"data": _described(table)})
        candidates = {
            HANDLER: _timed(lambda: http.get("api").raise_for_status()),
            CLIENT: _timed(lambda: studio.estimate(asked)),
            MAGIC: _timed(lambda: _magic(table)),
        }
        for sample in candidates.values():
            sample()
        return alternate(Plan(rounds, seconds), candidates)


def _timed(call: Callable[[], object]) -> Sample:
    def sample() -> float:
        time.sleep(REST_SECONDS)
        started = time.perf_counter()
        call()
        return (time.perf_counter() - started) * 1_000

    return sample


def _described(table: str) -> dict[str, JsonValue]:
    content = Path(table).read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"digest": digest, "name": Path(table).name, "size_bytes": len(content)}


def _magic(table: str) -> None:
    shell = get_ipython()
    if shell is None:
        raise RuntimeError("there is no IPython shell here")
    with contextlib.redirect_stdout(io.StringIO()):
        shell.run_line_magic("studio", f"estimate quality --data {table}")
