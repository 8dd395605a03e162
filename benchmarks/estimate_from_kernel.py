"""An estimate from a kernel through Jupyter's bridge, next to Jupyter's own trivial handler."""

import os
import tempfile
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient

from benchmarks.books import checked_effects
from benchmarks.history import TABLE
from benchmarks.kernels import answer_of
from benchmarks.processes import ROOT
from benchmarks.results import Plan, Result, Yardstick, of_samples
from scripts.jupyter_api import Address
from scripts.places import RUNTIME
from scripts.server import running

CELL = """
%load_ext studio_magics
import json
from benchmarks.in_kernel import measure
print(json.dumps(measure({url!r}, {token!r}, {table!r}, rounds={rounds}, seconds={seconds})))
"""
NOTE = (
    "A real kernel of a real Jupyter server; Studio runs inside that server. The magic reads and hashes a"
    f" file of {len(TABLE) / 1_000:.0f} kB each time; displays included."
)


def run(plan: Plan) -> Result:
    """Measure inside a kernel that Jupyter has started; the books are checked when Jupyter has ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        books = folder / "books"
        (folder / "orders.csv").write_bytes(TABLE)
        path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
        with running(
            "jupyter_server", root=folder, data=books, log="benchmark", extra={"PYTHONPATH": path}
        ) as jupyter:
            samples = _in_kernel(jupyter.address, plan)
        effects = checked_effects(books)
    figures = tuple(figure for call in samples for figure in of_samples(call, "wall", "ms", samples[call]))
    handler, client, magic = (figures[place].value for place in (0, 2, 4))
    yardsticks = (
        Yardstick(
            "K3", "estimate from a kernel over Jupyter's trivial handler", client / handler, "x", "lower", 3.0
        ),
        Yardstick(
            "K3 magic", "%studio estimate over Jupyter's trivial handler", magic / handler, "x", "lower"
        ),
    )
    return Result("estimate_from_kernel", figures, yardsticks, (NOTE,), violations=0, effects=effects)


def _in_kernel(server: Address, plan: Plan) -> dict[str, list[float]]:
    kernel = server.ask("POST", "api/kernels", {"name": "python3"})
    client = BlockingKernelClient(connection_file=str(RUNTIME / f"kernel-{kernel['id']}.json"))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        cell = CELL.format(
            url=server.url, token=server.token, table="orders.csv", rounds=plan.rounds, seconds=plan.seconds
        )
        return answer_of(client, cell)
    finally:
        client.stop_channels()
