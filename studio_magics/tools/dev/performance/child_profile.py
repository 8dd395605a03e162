"""Runs a script under a profiler, in a process of its own; started by its path, with a JSON file.

It imports nothing of this package. What it writes is read as hostile: the script runs in this very process.
"""

# pyinstrument and memray are typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

INTERVAL_SECONDS = 0.001
MOST_FRAMES = 20_000
MOST_LINES = 60
MOST_POINTS = 240
SELF = "[self]"


class TimeIsUp(BaseException):
    """The script ran as long as it may; what was seen until then counts."""


def main(wanted: dict[str, Any]) -> None:
    """Run, measure, write."""
    os.chdir(wanted["folder"])
    sys.path.insert(0, str(Path(wanted["entry"]).parent))
    sys.argv = [wanted["entry"], *wanted["arguments"]]
    run = {"cpu": _cpu, "memory": _memory}[wanted["kind"]]
    found = run(wanted)
    Path(wanted["result"]).write_text(json.dumps(found), "utf-8")


def _script(wanted: dict[str, Any]) -> dict[str, Any]:
    """Run the script or its function; how it ended."""

    def up(_number: int, _frame: Any) -> None:
        raise TimeIsUp

    signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, wanted["seconds"])
    started, began, queued = time.perf_counter(), time.process_time(), _queued()
    ended = {"stopped": False, "error": ""}
    try:
        if wanted["function"]:
            names = runpy.run_path(wanted["entry"], run_name="profiled")
            names[wanted["function"]]()
        else:
            runpy.run_path(wanted["entry"], run_name="__main__")
    except SystemExit as left:
        ended["error"] = f"it left with {left.code}" if left.code not in {None, 0} else ""
    except TimeIsUp:
        ended["stopped"] = True
    except BaseException as error:  # noqa: BLE001  - whatever a stranger's script raises is part of the answer
        ended["error"] = f"{type(error).__name__}: {error}"[:400]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    took = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - began}
    return {**ended, **took, "queued_seconds": _queued() - queued}


@cache
def _schedule() -> int:
    """The system's account of this process's time, kept open: it is asked at every sample."""
    return os.open("/proc/self/schedstat", os.O_RDONLY | os.O_CLOEXEC)


def _queued() -> float:
    """How long this process was ready while others had the processor; 0 where the system does not tell."""
    try:
        return int(os.pread(_schedule(), 100, 0).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def without_queueing(profiler: Any) -> Any:
    """Let its samples leave out the time in which others had the processor, whose frame it was by chance.

    Source: pyinstrument hands every sample to `_sampler_saw_call_stack(stack, seconds, async_state)`.
    """
    keep, before = profiler._sampler_saw_call_stack, [_queued()]  # noqa: SLF001  - it has no public place for this

    def unhindered(stack: list[str], seconds: float, state: Any) -> None:
        now = _queued()
        keep(stack, max(seconds - (now - before[0]), 0.0), state)
        before[0] = now

    profiler._sampler_saw_call_stack = unhindered  # noqa: SLF001  - as above
    return profiler


class _LineClock:
    """Looks at the running line while the script uses the processor; pyinstrument sees calls alone."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._before = 0.0
        self.lines: dict[tuple[str, int, str], list[float]] = {}

    def start(self) -> None:
        """Begin to look."""
        self._before = time.process_time()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)

    def stop(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _number: int, frame: Any) -> None:
        now = time.process_time()
        spent, self._before = now - self._before, now
        seen: set[tuple[str, int, str]] = set()
        while frame is not None:
            own, file = _short(frame.f_code.co_filename, self._folder)
            place = (file, frame.f_lineno, frame.f_code.co_name)
            if own and place[:2] not in {one[:2] for one in seen}:
                known = self.lines.setdefault(place, [0.0, 0.0])
                known[0] += 0.0 if seen else spent
                known[1] += spent
                seen.add(place)
            frame = frame.f_back


def _cpu(wanted: dict[str, Any]) -> dict[str, Any]:
    from pyinstrument import Profiler

    clock = _LineClock(wanted["folder"])
    profiler = without_queueing(Profiler(interval=INTERVAL_SECONDS, async_mode="disabled"))
    profiler.start()
    clock.start()
    ended = _script(wanted)
    clock.stop()
    session = profiler.stop()
    return {
        **ended,
        "samples": session.sample_count,
        "tree": _tree(session.root_frame(), wanted["folder"]),
        "lines": [[*place, *seconds] for place, seconds in clock.lines.items()],
    }


def _tree(root: Any, folder: str) -> list[dict[str, Any]]:
    """The frames of the script and below, those of one function under one parent put together."""
    top: dict[str, Any] = {"children": {}}
    count = 0
    stack = [(root, top)] if root is not None else []
    while stack and count < MOST_FRAMES:
        frame, above = stack.pop()
        count += 1
        if frame.function == SELF:
            above["self"] = above.get("self", 0.0) + frame.time
            continue
        here = above if _is_ours(frame) else _joined(above, frame, folder)
        stack += [(child, here) for child in reversed(frame.children)]
        if not frame.children and here is not above:
            here["self"] += frame.time
    return [_plain(one) for one in top["children"].values()]


def _is_ours(frame: Any) -> bool:
    path = frame.file_path or ""
    return path in {__file__, "<frozen runpy>"} or frame.function == "[root]"


def _joined(above: dict[str, Any], frame: Any, folder: str) -> dict[str, Any]:
    own, file = _short(frame.file_path or "", folder)
    key = f"{frame.function}\x00{file}\x00{frame.line_no}"
    new = {
        "name": frame.function,
        "file": file,
        "line": frame.line_no or 0,
        "own": own,
        "time": 0.0,
        "self": 0.0,
        "children": {},
    }
    here = above["children"].setdefault(key, new)
    here["time"] += frame.time
    return here


@cache
def _short(path: str, folder: str) -> tuple[bool, str]:
    """Whether a file is the script's own, and a name that tells nothing of the machine."""
    if path.startswith(f"{folder}/"):
        return True, path[len(folder) + 1 :]
    parts = Path(path).parts
    for mark in ("site-packages", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
        if mark in parts:
            return False, "/".join(parts[parts.index(mark) + 1 :])
    return False, parts[-1] if parts else ""


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "children": [_plain(child) for child in one["children"].values()]}


def _memory(wanted: dict[str, Any]) -> dict[str, Any]:
    import memray

    ended: dict[str, Any] = {}
    kept = f"{wanted['result']}.memray"
    with memray.Tracker(kept):
        ended = _script(wanted)
    reader = memray.FileReader(kept)
    lines: dict[tuple[str, int, str], list[int]] = {}
    called: dict[tuple[str, int], tuple[str, int, str]] = {}
    for record in reader.get_high_watermark_allocation_records(merge_threads=True):
        place = _place(record.stack_trace(max_stacks=60), wanted["folder"])
        size = lines.setdefault(called.setdefault(place[:2], place), [0, 0])
        size[0] += record.size
        size[1] += record.n_allocations
    ranked = sorted(lines.items(), key=lambda item: (-item[1][0], item[0]))[:MOST_LINES]
    return {
        **ended,
        "peak_bytes": reader.metadata.peak_memory,
        "allocations": reader.metadata.total_allocations,
        "lines": [[*place, *size] for place, size in ranked],
        "curve": _curve(reader),
    }


def _place(trace: Any, folder: str) -> tuple[str, int, str]:
    """The innermost line of the script's own; else where it was outside."""
    for function, path, line in trace:
        own, file = _short(path, folder)
        if own:
            return file, line, function
    if not trace:
        return "interpreter", 0, ""
    return _short(trace[0][1], folder)[1], trace[0][2], trace[0][0]


def _curve(reader: Any) -> list[list[float]]:
    points = [[one.time, one.heap] for one in reader.get_memory_snapshots()]
    step = max(len(points) // MOST_POINTS, 1)
    first = points[0][0] if points else 0
    return [[(at - first) / 1_000, heap] for at, heap in points[::step]]


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
