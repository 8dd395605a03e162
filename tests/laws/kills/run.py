"""Starts the loop of kills in a process of its own: only one that has no threads can fork its victims."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

from tests.laws.tally import Tally

Engine = Literal["sqlite", "postgresql"]
ROOT = Path(__file__).parents[3]
LONGEST_SECONDS_A_KILL = 30


def run(count: int, seed: int, engine: Engine = "sqlite", *, twin: str = "") -> Tally:
    """Kill `count` processes; with a `twin` one guard is off in the victims, and there must be findings."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.laws.kills.loop", str(count), str(seed), engine, twin],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60 + count * LONGEST_SECONDS_A_KILL,
    )
    return Tally(**json.loads(ran.stdout.splitlines()[-1]))
