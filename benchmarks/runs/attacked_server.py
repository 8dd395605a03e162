"""The server of `under_attack`: as `benchmarks.credit_server`, with a hostile tool for all workers at once.

`python -m benchmarks.runs.attacked_server FOLDER` prints its address as one JSON line.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from studio_server import standalone
from studio_server.pricing.burn import burnt_credits
from studio_server.pricing.limits import Limits
from studio_server.registry.catalogue import Registry, ToolEntry
from studio_server.runs.executor.local import LocalExecutor, all_but_one
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from benchmarks.catalogue import TOYS, with_trivial_tool
from benchmarks.credit_server import NO_LIMIT
from benchmarks.history import write_history
from studio_magics.tools import catalog

ATTACK = "bench-studio-attack"
LIMITS = Limits(cpu_ms=2_000, wall_ms=6_000, memory_bytes=256_000_000, output_bytes=1_000_000)
AT_ONCE = 64


def main(folder: str) -> None:
    """Serve until a signal ends it."""
    registry = with_hostile_tool()
    settings = Settings.for_local(
        data_dir=Path(folder), owner="ada", requests_per_second=NO_LIMIT, reuse_results_seconds=0
    )

    def make(chosen: Settings) -> Services:
        executor = LocalExecutor(
            capacity=chosen.workers, processors=chosen.run_processors or all_but_one(), extra_path=TOYS
        )
        return build(chosen, executor=executor, registry=registry)

    def on_ready(address: standalone.Address) -> None:
        print(json.dumps({"url": address.url, "token": address.token}), flush=True)

    write_history(make(settings))
    standalone.build = make
    server = standalone.StandaloneServer(settings, standalone.listen(standalone.LOOPBACK, 0), on_ready)
    server.run_here()


def with_hostile_tool() -> Registry:
    """The catalogue of the benchmarks and the hostile tool; nobody's plan keeps a worker free of it."""
    known = with_trivial_tool()
    catalog.BUILT_IN[ATTACK] = "studio_attack"
    catalog.sources.cache_clear()
    hostile = ToolEntry(
        id=ATTACK,
        title="Attack",
        summary="takes what it can get",
        mode="server",
        risk="high",
        maximum_credits=burnt_credits(known.burn, LIMITS.usage),
        limits=LIMITS,
        availability="available",
        runs_at_once_per_user=AT_ONCE,
    )
    plans = {name: replace(plan, runs_at_once=AT_ONCE) for name, plan in known.plans.items()}
    return replace(known, tools={**known.tools, ATTACK: hostile}, plans=plans)


if __name__ == "__main__":
    main(sys.argv[1])
