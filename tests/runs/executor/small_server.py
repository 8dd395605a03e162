"""A server reduced to its executor: runs one tool. `small_server.py FOLDER LIFELINE TOOL [fork]`."""

import os
import sys
import threading
import warnings
from pathlib import Path

from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Job

from studio_magics.contracts.catalogue import RunLimits

sys.path.append(str(Path(__file__).parent))
from conftest import NOW, TOOLS, with_lifeline

folder, lifeline, name = Path(sys.argv[1]), *sys.argv[2:4]
limits = RunLimits(cpu_ms=60_000, wall_ms=60_000, memory_bytes=1 << 29, output_bytes=1 << 20)
job = Job(
    run_id="run_1",
    tool_id=f"test-studio-{name.lower()}",
    inputs=with_lifeline({"fifo": lifeline}, folder / "run"),
    files={},
    limits=limits,
    now=NOW,
    workdir=folder / "run",
    tool_reference=f"sample_tools:{name}",
)
at_work = threading.Event()
running = LocalExecutor(extra_path=TOOLS).start(job, lambda _progress: at_work.set())
at_work.wait()
print(running.launcher_pid, running.meter_pid, flush=True)
if "fork" in sys.argv:
    warnings.simplefilter("ignore")
    pid = os.fork()
    if pid == 0:
        threading.Event().wait()
    print(pid, flush=True)
print(running.wait().kind, flush=True)
