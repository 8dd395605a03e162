"""Run a notebook in a kernel that a running Jupyter server starts, as it does for a browser.

Runs inside the environment (nbclient, nbformat), started by `scripts.lab`; server and token come from
JUPYTER_URL and JUPYTER_TOKEN. The kernel is asked for over the REST API, so its environment is the one that
Jupyter and its extensions give to kernels; the cells travel over its own connection file.
"""

# nbformat comes without types:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from scripts.jupyter_api import Address
from scripts.places import RUNTIME

CELL_SECONDS = 120
"""Longest a cell may take."""
DRAWN = {"estimate": "application/vnd.studio.estimate+json", "receipt": "application/vnd.studio.receipt+json"}
"""Displays that travel as data; a balance is the output of a cell with the bare line `%studio`."""

Bundle = dict[str, Any]


def main(path: Path) -> int:
    """Execute the notebook in place and print its money lines; 0 only if all is there and adds up."""
    started = time.monotonic()
    notebook: Any = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    failed = execute(notebook, path.name)
    nbformat.write(notebook, path)
    bundles = list(money_bundles(notebook.cells))
    for name, bundle in bundles:
        print(f"{name}\n{indented(bundle.get('text/plain', ''))}\n", flush=True)
    problems = [failed, *shortcomings(bundles)] if failed else shortcomings(bundles)
    for problem in problems:
        print(f"✘ {problem}", file=sys.stderr)
    if not problems:
        print(f"✔ {path.name} in {time.monotonic() - started:.1f} s, charged no more than quoted")
    return 1 if problems else 0


class ServersKernel(AsyncKernelManager):
    """A kernel that the Jupyter server has started and will stop."""

    @property
    def has_kernel(self) -> bool:
        """It runs already; nbclient must not start another."""
        return True


def execute(notebook: Any, name: str) -> str:
    """Execute all cells in a kernel of the server; what failed, or an empty text."""
    kernel = ServersKernel(connection_file=str(start_kernel(name)), owns_kernel=False)
    kernel.load_connection_file()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # what an earlier execution said must not be taken for this one
    try:
        NotebookClient(notebook, km=kernel, timeout=CELL_SECONDS).execute()
    except (CellExecutionError, CellTimeoutError) as failure:
        return str(failure)
    return ""


def start_kernel(name: str) -> Path:
    """Open a session for the notebook, as JupyterLab does; the connection file of its kernel."""
    server = Address(os.environ["JUPYTER_URL"], os.environ["JUPYTER_TOKEN"])
    wanted = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
    session = server.ask("POST", "api/sessions", wanted)
    return RUNTIME / f"kernel-{session['kernel']['id']}.json"


def money_bundles(cells: list[Any]) -> Iterator[tuple[str, Bundle]]:
    """Name and bundle of each balance, estimate and receipt, in order."""
    for cell in cells:
        asks_balance = "%studio" in map(str.strip, cell.source.splitlines())
        for output in cell.get("outputs", []):
            bundle: Bundle = output.get("data", {})
            drawn = [name for name, media_type in DRAWN.items() if media_type in bundle]
            if drawn or (asks_balance and "text/plain" in bundle):
                yield (drawn or ["balance"])[0], bundle


def shortcomings(bundles: list[tuple[str, Bundle]]) -> list[str]:
    """What is missing: an estimate, a charged receipt within its quote, and the balance after it."""
    order = [name for name, _ in bundles]
    problems = [f"the notebook shows no {name}" for name in ("estimate", "receipt") if name not in order]
    if "balance" not in order[order.index("receipt") if "receipt" in order else 0 :]:
        problems.append("the notebook shows no balance after its receipt")
    receipts = [bundle[DRAWN["receipt"]] for name, bundle in bundles if name == "receipt"]
    if receipts and not any(receipt["charged_credits"] for receipt in receipts):
        problems.append("no receipt carries a charge")
    for receipt in receipts:
        charged, quoted = receipt["charged_credits"], receipt["max_credits"]
        if charged > quoted:
            problems.append(f"{receipt['id']} charged {charged} credits, quoted at most {quoted}")
    return problems


def indented(text: str) -> str:
    """Text moved right by two, as a block under its title."""
    return "\n".join(f"  {line}" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
