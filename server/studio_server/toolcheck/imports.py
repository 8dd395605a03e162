"""What importing the tool's module brings with it, seen in a fresh interpreter."""

import json
import re
import subprocess
import sys

from studio_server.toolcheck.report import Check, failed, judged
from studio_server.toolcheck.subject import Subject

FORBIDDEN = frozenset({"IPython", "ipywidgets", "httpx", "starlette", "stripe", "anywidget", "studio_server"})
"""Front ends, networks and money: a tool knows none of them."""
HEAVY = re.compile(
    r"^(duckdb|pyarrow|pandas|numpy|polars|sqlalchemy|matplotlib|scipy|statsmodels|sklearn|torch|tensorflow"
    r"|networkx|sympy|PIL|cv2|lxml|requests|aiohttp|boto3|dask|distributed)$"
)
"""What takes so long to import that it belongs inside a function."""
MOST_MS = 400
PATIENCE_SECONDS = 60
PROGRAM = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import studio_magics.tools.base
before = set(sys.modules)
started = time.process_time()
__import__(sys.argv[2])
spent = time.process_time() - started
new = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print("\\n" + json.dumps({"ms": round(spent * 1000), "packages": new}))
"""


def check(subject: Subject) -> Check:
    """How heavy the import is, and what it must not bring along."""
    name = "import"
    module = subject.reference.partition(":")[0]
    command = [sys.executable, "-c", PROGRAM, str(subject.folder), module]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as broken:
        said = str(getattr(broken, "stderr", "") or broken).strip().splitlines()
        return failed(
            name, f"a fresh interpreter cannot import it: {said[-1] if said else broken}", "see above"
        )
    found = json.loads(answer.stdout.strip().splitlines()[-1])
    packages, spent_ms = set[str](found["packages"]), int(found["ms"])
    faults = [f"it imports {name}, which a tool must not know" for name in sorted(packages & FORBIDDEN)]
    faults += [f"it imports {name} at once" for name in sorted(packages) if HEAVY.match(name)]
    if spent_ms > MOST_MS:
        faults.append(f"it takes {spent_ms} ms, at most {MOST_MS} are allowed")
    return judged(
        name, faults, good=f"{spent_ms} ms, nothing heavy", todo="import heavy libraries inside run()"
    )
