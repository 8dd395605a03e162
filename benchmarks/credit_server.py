"""A standalone credit server with a history, for one benchmark: prints its address as one JSON line.

`python -m benchmarks.credit_server FOLDER`; the books stay in the folder, for the checker. Rate limit lifted,
all else as `studio-server serve` has it.
"""

import json
import sys
from pathlib import Path

from studio_server import standalone
from studio_server.runs.executor.local import LocalExecutor
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from benchmarks.catalogue import TOYS, with_trivial_tool
from benchmarks.history import write_history

NO_LIMIT = 1_000_000_000


def main(folder: str) -> None:
    """Serve until a signal ends it."""
    registry = with_trivial_tool()
    settings = Settings.for_local(
        data_dir=Path(folder), owner="ada", requests_per_second=NO_LIMIT, reuse_results_seconds=0
    )

    def make(chosen: Settings) -> Services:
        executor = LocalExecutor(capacity=chosen.workers, extra_path=TOYS)
        return build(chosen, executor=executor, registry=registry)

    def on_ready(address: standalone.Address) -> None:
        print(json.dumps({"url": address.url, "token": address.token}), flush=True)

    write_history(make(settings))
    standalone.build = make
    server = standalone.StandaloneServer(settings, standalone.listen(standalone.LOOPBACK, 0), on_ready)
    server.run_here()


if __name__ == "__main__":
    main(sys.argv[1])
