"""A server reduced to its executor: starts one run and waits. `small_server.py FOLDER LIFELINE [fork]`."""

import os
import sys
import threading
import warnings
from pathlib import Path

from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Job

from studio_magics.contracts.catalogue import RunLimits

sys.path.append(str(Path(__file__).parent))
from conftest import NOW, TOOLS

folder, lifeline = Path(sys.argv[1]), sys.argv[2]
limits = RunLimits(cpu_ms=60_000, wall_ms=60_000, memory_bytes=1 << 29, output_bytes=1 << 20)
job = Job(
    run_id="run_1",
    tool_id="test-studio-wait",
    inputs={"fifo": lifeline},
    files={},
    limits=limits,
    now=NOW,
    workdir=folder / "run",
    tool_reference="sample_tools:WAIT",
)
at_work = threading.Event()
running = LocalExecutor(extra_path=TOOLS).start(job, lambda _progress: at_work.set())
if "fork" in sys.argv:
    at_work.wait()
    warnings.simplefilter("ignore")
    pid = os.fork()
    if pid == 0:
        threading.Event().wait()
    print(pid, flush=True)
running.wait()
