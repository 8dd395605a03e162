"""`python -m tests.laws.prove.one LAW COUNT SEED FILE`: one harness in its own process, its tally to FILE."""

from __future__ import annotations

import importlib
import json
import logging
import signal
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.postgres import NoPostgres
from tests.laws.prove.laws import LAWS
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.laws.prove.laws import Law


class HarnessMissing(RuntimeError):
    """A law has no harness to run."""


def tried(law: Law, count: int, seed: int) -> Tally:
    """The harness's tally; whatever goes wrong in it is a finding, with its traceback."""
    started = time.monotonic()
    try:
        harness = _harness(law)
        tally = harness(count, seed, law.engine) if law.engine else harness(count, seed)
    except NoPostgres:
        raise
    except HarnessMissing as missing:
        return Tally(law.name, 0, seed, [str(missing)])
    except Exception:  # noqa: BLE001  - a broken harness is told as a finding of its row
        return Tally(law.name, 0, seed, [traceback.format_exc()], time.monotonic() - started)
    if tally.count < 1 and not tally.findings:
        return Tally(law.name, 0, seed, ["nothing was tried"], tally.seconds, tally.detail)
    return tally


def _harness(law: Law) -> Callable[..., Tally]:
    try:
        module = importlib.import_module(law.harness)
    except ModuleNotFoundError as missing:
        if missing.name and (law.harness == missing.name or law.harness.startswith(f"{missing.name}.")):
            raise HarnessMissing(f"{law.harness} does not exist") from missing
        raise
    run = getattr(module, "run", None)
    if run is None:
        raise HarnessMissing(f"{law.harness} has no run()")
    return run


def main(arguments: list[str]) -> int:
    """Try one law and write its tally; 3 means that this machine has no PostgreSQL."""
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    name, count, seed, file = arguments
    law = next(law for law in LAWS if law.name == name)
    try:
        tally = tried(law, int(count), int(seed))
    except NoPostgres as absent:
        print(absent, flush=True)
        return 3
    Path(file).write_text(json.dumps(asdict(tally)), encoding="utf-8")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
