"""Wires the Performance Profiler: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.performance.costs import forecast
from studio_magics.tools.dev.performance.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.performance.inputs import PerformanceInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = "%studio run performance --script slow.py"
SLOW = b'''"""Finds pairs the slow way, and keeps more than it needs."""


def squares(many):
    return [number * number for number in range(many)]


def pairs(values, wanted):
    return [(a, b) for a in values for b in values if a + b == wanted]


def main():
    kept = [bytes(1_000) for _ in range(20_000)]
    found = [pairs(squares(400), wanted) for wanted in range(80)]
    print(len(found), len(kept))


if __name__ == "__main__":
    main()
'''
SERVER = b'''"""Answers with a sum."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = str(sum(range(20_000))).encode()
        head = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body)
        self.wfile.write(head + body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
'''


def _run(inputs: PerformanceInput, context: RunContext) -> ToolResult:
    """Profile or push; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.performance.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Performance Profiler",
    places=frozenset({"server"}),
    input_model=PerformanceInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Runs a Python script, or one function of it, in the sandbox and says where time and memory go: "
        "by function and by line, as a flame graph and as a speedscope file (pyinstrument and memray). "
        "Or starts the script as a server and sends it requests from more and more users: p50, p95 and "
        "p99 with their uncertainty, throughput, errors, and where it stops getting faster. The script "
        "reaches nobody but itself. Scripts that wait for typing or start processes are refused."
    ),
    libraries=LIBRARIES,
    examples=(
        Example("a slow script", {"script": ExampleFile("slow.py", SLOW)}),
        Example(
            "a server",
            {
                "script": ExampleFile("server.py", SERVER),
                "mode": "load",
                "most_users": 4,
                "step_seconds": 0.5,
            },
        ),
    ),
    network=("loopback",),
    repeats=False,
)
