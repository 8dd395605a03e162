"""CPU and peak memory of a fresh Python process, whatever the size of the process that asks.

The kernel's peak includes the parent's size at the fork, so a small process stands in between.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

LAUNCHER = """
import json, os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def measured(arguments: Sequence[str], **more: object) -> tuple[int, int]:
    """CPU milliseconds and peak bytes of `python ARGUMENTS`."""
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, sys.executable, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert answer.returncode == 0, answer.stderr
    code, seconds, kilobytes = json.loads(answer.stdout.splitlines()[-1])
    assert code == 0, answer.stderr
    return round(1000 * seconds), kilobytes * 1024
