"""Cells in kernels: run one and read the JSON it prints."""

import json
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient

CELL_SECONDS = 120


class CellFailed(RuntimeError):
    """The cell raised, or printed nothing."""


def answer_of(client: BlockingKernelClient, source: str) -> Any:
    """Run the cell and give the JSON of the last line it printed.

    Raises:
        CellFailed: It raised, or printed nothing.
    """
    printed: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(source, output_hook=hear, timeout=CELL_SECONDS, allow_stdin=False)
    if reply["content"]["status"] != "ok":
        raise CellFailed("\n".join(reply["content"].get("traceback", [])))
    lines = "".join(printed).strip().splitlines()
    if not lines:
        raise CellFailed("the cell printed nothing")
    return json.loads(lines[-1])
