"""What the child measured of time, as frames, functions, lines and the speedscope format."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map, as_text, shown
from studio_magics.tools.pictures.flame import FlameFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
MOST_DEPTH = 200
MOST_NAME = 80


@dataclass(frozen=True)
class Frame:
    """One function under one caller, calls put together."""

    name: str
    file: str
    line: int
    own: bool
    """Whether it is the script's, not a library's."""
    seconds: float
    self_seconds: float
    children: tuple[Frame, ...]

    @property
    def title(self) -> str:
        """The function and where it is."""
        return f"{self.name} ({self.file}:{self.line})" if self.line else self.name

    def walk(self, above: tuple[Frame, ...] = ()) -> Iterator[tuple[Frame, ...]]:
        """Every frame below, as the path that leads to it."""
        path = (*above, self)
        yield path
        for child in self.children:
            yield from child.walk(path)


def read_frames(value: Any, depth: int = 0) -> tuple[Frame, ...]:
    """The frames of an answer; what is not as it should be is passed over."""
    found: list[Frame] = []
    for one in as_list(value) if depth < MOST_DEPTH else []:
        part = as_map(one)
        found.append(
            Frame(
                shown(as_text(part.get("name")), MOST_NAME),
                shown(as_text(part.get("file")), MOST_NAME),
                int(_number(part.get("line"))),
                part.get("own") is True,
                _number(part.get("time")),
                _number(part.get("self")),
                read_frames(part.get("children"), depth + 1),
            )
        )
    return tuple(found)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0  # noqa: PLR2004  - a bound against nonsense


def hot_functions(frames: tuple[Frame, ...]) -> list[tuple[Frame, float, float]]:
    """Each function with its own and its whole time, recursion counted once; most own time first."""
    own: dict[tuple[str, str, int], float] = defaultdict(float)
    whole: dict[tuple[str, str, int], float] = defaultdict(float)
    known: dict[tuple[str, str, int], Frame] = {}
    for path in (path for frame in frames for path in frame.walk()):
        key = _key(path[-1])
        known.setdefault(key, path[-1])
        own[key] += path[-1].self_seconds
        if key not in map(_key, path[:-1]):
            whole[key] += path[-1].seconds
    ranked = sorted(known, key=lambda key: (-own[key], -whole[key], key))
    return [(known[key], own[key], whole[key]) for key in ranked]


@dataclass(frozen=True)
class HotLine:
    """One line of the script's own: CPU seconds on it, and with all that it calls of the script's own."""

    file: str
    line: int
    function: str
    own: float
    whole: float

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def hot_lines(value: Any) -> tuple[HotLine, ...]:
    """The lines of an answer, most time of their own first; what is not as it should be is passed over."""
    found: dict[tuple[str, int], HotLine] = {}
    for row in as_list(value):
        parts = [*as_list(row), None, None, None, None, None][:5]
        file, line = shown(as_text(parts[0]), MOST_NAME), int(_number(parts[1]))
        before = found.get((file, line), HotLine(file, line, shown(as_text(parts[2]), MOST_NAME), 0.0, 0.0))
        found[file, line] = HotLine(
            file, line, before.function, before.own + _number(parts[3]), before.whole + _number(parts[4])
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.own, -one.whole, one.file, one.line)))


def _key(frame: Frame) -> tuple[str, str, int]:
    return frame.name, frame.file, frame.line


def flames(frames: tuple[Frame, ...], total: float) -> tuple[FlameFrame, ...]:
    """The frames as the picture takes them, longest first."""
    return tuple(
        FlameFrame(
            frame.title if frame.own else frame.name,
            frame.seconds,
            f"{frame.seconds:.3f} s, {frame.seconds / (total or 1.0):.0%} ({frame.file}:{frame.line})",
            frame.own,
            flames(frame.children, total),
        )
        for frame in sorted(frames, key=lambda one: (-one.seconds, one.name))
    )


def speedscope(name: str, frames: tuple[Frame, ...]) -> bytes:
    """A 'sampled' profile: one sample for each path with time of its own, weighted in seconds."""
    numbers: dict[tuple[str, str, int], int] = {}
    samples: list[list[int]] = []
    weights: list[float] = []
    for path in (path for frame in frames for path in frame.walk()):
        stack = [numbers.setdefault(_key(frame), len(numbers)) for frame in path]
        if path[-1].self_seconds > 0:
            samples.append(stack)
            weights.append(round(path[-1].self_seconds, 6))
    document = {
        "$schema": SCHEMA,
        "name": name,
        "exporter": "Performance Profiler",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": key[0], "file": key[1], "line": key[2]} for key in numbers]},
        "profiles": [
            {
                "type": "sampled", "name": name, "unit": "seconds", "startValue": 0,
                "endValue": round(sum(weights), 6), "samples": samples, "weights": weights,
            }
        ],
    }  # fmt: skip
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()
