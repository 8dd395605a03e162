"""A standalone server on the toy catalogue, for tests that kill it: prints its address as one JSON line."""

import json
import sys
from pathlib import Path

from fakes.toy_server import TOYS, toy_registry
from studio_server import standalone
from studio_server.runs.executor.local import LocalExecutor
from studio_server.settings import Settings
from studio_server.wiring import build


def main(folder: str, workers: int = 2, at_once: int = 1, database_url: str | None = None) -> None:
    registry = toy_registry(daily_cap=10_000, monthly=10_000, at_once=at_once)
    settings = Settings.for_local(
        data_dir=Path(folder), owner="ada", reuse_results_seconds=0, database_url=database_url
    )

    def make(chosen: Settings) -> object:
        return build(chosen, executor=LocalExecutor(capacity=workers, extra_path=TOYS), registry=registry)

    standalone.build = make

    def on_ready(address: standalone.Address) -> None:
        print(json.dumps({"url": address.url, "token": address.token}), flush=True)

    server = standalone.StandaloneServer(settings, standalone.listen(standalone.LOOPBACK, 0), on_ready)
    server.run_here()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]), *sys.argv[4:5])
