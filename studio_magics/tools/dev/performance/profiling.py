"""A profile: two passes of the script, and what they say about time and memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Cell, Column, Figure, Finding, Provenance, Table, ToolResult
from studio_magics.tools.dev.documents import as_list, as_text, shown
from studio_magics.tools.dev.performance.child import ScriptFailed, profiled
from studio_magics.tools.dev.performance.tree import (
    Frame,
    HotLine,
    flames,
    hot_functions,
    hot_lines,
    read_frames,
    speedscope,
)
from studio_magics.tools.pictures.curves import Curve, line_chart
from studio_magics.tools.pictures.flame import flame_graph
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.performance.gathering import Gathered
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

MOST_ROWS = 25
HOT = 0.25
"""A line or function with more than this share of the time is worth a finding."""
MUCH_MEMORY = 0.25
LITTLE_BYTES = 5_000_000
WAITING = 0.5
"""A script that waits for more than this share of its time does not work then."""
LEAST_CPU_SECONDS = 0.05
NOT_CHECKED = (
    "Times are those of a machine that others use too; compare shares, and figures of one run.",
    "Sampling sees what lasts a millisecond; functions in C are told by their names alone.",
    "Only the main thread is sampled. The profiler itself costs the script some time, memory tracing more.",
)


@dataclass(frozen=True)
class _Seen:
    cpu: dict[str, Any]
    memory: dict[str, Any]
    frames: tuple[Frame, ...]
    lines: tuple[HotLine, ...] = ()
    failure: str = ""

    @property
    def seconds(self) -> float:
        """Of the sampled frames; never 0."""
        return sum(one.seconds for one in self.frames) or 1e-9

    @property
    def cpu_of_lines(self) -> float:
        """Of the lines that were looked at; never 0."""
        return sum(one.own for one in self.lines) or 1e-9

    @property
    def is_too_short(self) -> bool:
        """Whether there is too little to say which line is hot."""
        return self.cpu_of_lines < LEAST_CPU_SECONDS


def answer(inputs: PerformanceInput, code: Gathered, folder: Path, context: RunContext) -> ToolResult:
    """Both passes and the result, without its provenance."""
    seen = _measured(inputs, code, folder, context)
    context.progress(0.9, "ranking and drawing")
    functions = hot_functions(seen.frames)
    name = code.entry.name
    kept = [
        context.add_artefact(
            "profile.speedscope.json",
            "application/json",
            speedscope(name, seen.frames),
            title="For speedscope",
        ),
        context.add_artefact("profile.json", "application/json", _profile_json(seen), title="Figures"),
    ]
    return ToolResult(
        headline=_headline(name, seen, functions),
        summary={
            "seconds": round(seen.cpu.get("seconds", 0.0), 3),
            "cpu_seconds": round(seen.cpu.get("cpu_seconds", 0.0), 3),
            "peak_bytes": int(seen.memory.get("peak_bytes", 0)),
            "samples": int(seen.cpu.get("samples", 0)),
        },
        findings=tuple(_findings(seen, code)),
        tables=_tables(seen, code, functions),
        figures=tuple(_figures(name, seen)),
        artefacts=tuple(kept),
        not_checked=NOT_CHECKED if inputs.memory else (*NOT_CHECKED, "Memory was not measured."),
        provenance=Provenance(tool_id="", tool_version=""),
    )


def _measured(inputs: PerformanceInput, code: Gathered, folder: Path, context: RunContext) -> _Seen:
    context.progress(0.1, "first pass: time")
    try:
        cpu = profiled("cpu", inputs, code, folder)
        context.progress(0.5, "second pass: memory")
        memory = profiled("memory", inputs, code, folder) if inputs.memory else {}
    except ScriptFailed as failed:
        return _Seen({}, {}, (), (), str(failed) or "it ended without an answer")
    return _Seen(cpu, memory, read_frames(cpu.get("tree")), hot_lines(cpu.get("lines")))


def _memory_lines(seen: _Seen) -> list[tuple[str, int, str, int, int]]:
    found: list[tuple[str, int, str, int, int]] = []
    for row in as_list(seen.memory.get("lines"))[: 2 * MOST_ROWS]:
        file, line, function, size, many = row
        found.append((shown(str(file)), int(line), shown(str(function)), int(size), int(many)))
    return found


def _text_of(code: Gathered, file: str, line: int) -> str:
    lines = code.texts.get(file, [])
    return shown(lines[line - 1].strip(), 100) if 0 < line <= len(lines) else ""


def _findings(seen: _Seen, code: Gathered) -> list[Finding]:
    if seen.failure:
        return [
            Finding(
                code="script-died",
                severity="critical",
                title="The script ended its process before it could be measured",
                where=code.entry.name,
                detail=shown(seen.failure, 400),
                action="Let it run to its end or raise an error",
            )
        ]
    found = [*_of_ending(seen, code), *_of_memory(seen, code)]
    for one in seen.lines:
        share = one.own / seen.cpu_of_lines
        if share >= HOT and not seen.is_too_short:
            found.append(
                Finding(
                    code="hot-line",
                    severity="medium" if share < 2 * HOT else "high",
                    title=f"{one.place} takes {share:.0%} of the time",
                    where=one.place,
                    detail=f"In {one.function}: {_text_of(code, one.file, one.line)}",
                    action="Do it less often, keep what it finds, or take a better suited structure",
                )
            )
    return sorted(found, key=lambda one: ("critical", "high", "medium", "low", "info").index(one.severity))


def _of_ending(seen: _Seen, code: Gathered) -> list[Finding]:
    found: list[Finding] = []
    cpu, name = seen.cpu, code.entry.name
    if cpu.get("error"):
        said = shown(as_text(cpu.get("error")), 300)
        found.append(
            Finding(
                code="script-error",
                severity="high",
                title="The script ended with an error",
                where=name,
                detail=said,
                action="The profile shows what went before",
            )
        )
    if cpu.get("stopped"):
        found.append(
            Finding(
                code="stopped",
                severity="low",
                title=f"The script was stopped after {cpu['seconds']:.0f} s",
                where=name,
                detail="The profile shows what went before.",
                action="Give more 'seconds', or less to do",
            )
        )
    waited = cpu["seconds"] - cpu["cpu_seconds"] - _queued(seen)
    if waited > WAITING * cpu["seconds"] and cpu["seconds"] > HOT:
        share = waited / cpu["seconds"]
        found.append(
            Finding(
                code="waits",
                severity="medium",
                title=f"The script waits {share:.0%} of its time",
                where=name,
                detail=f"{cpu['cpu_seconds']:.2f} s of CPU in {cpu['seconds']:.2f} s, {_queued(seen):.2f} s "
                "in which others had the processor.",
                action="Look for sleeps, files and locks",
            )
        )
    if seen.is_too_short:
        found.append(
            Finding(
                code="too-short",
                severity="info",
                title="Too short for a good profile",
                where=name,
                detail=f"{seen.cpu_of_lines:.3f} s of CPU were seen.",
                action="Let it do its work several times",
            )
        )
    return found


def _queued(seen: _Seen) -> float:
    """How long the script could have worked, and others had the processor."""
    value = seen.cpu.get("queued_seconds")
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0


def _of_memory(seen: _Seen, code: Gathered) -> list[Finding]:
    peak = int(seen.memory.get("peak_bytes", 0))
    return [
        Finding(
            code="large-allocation",
            severity="medium",
            title=f"{file}:{line} holds {size / peak:.0%} of the most memory, {size_text(size)}",
            where=f"{file}:{line}",
            detail=f"{counted(many, 'allocation')} in {function}: {_text_of(code, file, line)}",
            action="Take values one after another instead of keeping all, or hold them smaller",
        )
        for file, line, function, size, many in _memory_lines(seen)
        if size > LITTLE_BYTES and size >= MUCH_MEMORY * peak
    ]


def _headline(name: str, seen: _Seen, functions: list[tuple[Frame, float, float]]) -> str:
    if seen.failure:
        return f"{name} ended before it could be measured"
    hot = _hottest(seen, functions)
    peak = f", at most {size_text(int(seen.memory['peak_bytes']))}" if seen.memory.get("peak_bytes") else ""
    return f"{name}: {seen.cpu['seconds']:.2f} s, {seen.cpu['cpu_seconds']:.2f} s of CPU{peak}{hot}"


def _hottest(seen: _Seen, functions: list[tuple[Frame, float, float]]) -> str:
    """The line that takes the most; where too little was seen of lines, the function."""
    if seen.lines and not seen.is_too_short:
        line = max(seen.lines, key=lambda one: one.own)
        return f"; {line.own / seen.cpu_of_lines:.0%} in {line.place} ({line.function})"
    first = next((one for one in functions if one[0].own), None)
    return f"; {first[0].name} alone takes {first[1] / seen.seconds:.0%}" if first else ""


def _tables(seen: _Seen, code: Gathered, functions: list[tuple[Frame, float, float]]) -> tuple[Table, ...]:
    whole = seen.seconds
    made = (
        _table(
            "Hot functions",
            "function|own seconds|own share|with calls",
            [
                (one.title, round(own, 4), 100 * own / whole, round(all_of_it, 4))
                for one, own, all_of_it in functions
            ],
        ),
        _table(
            "Hot lines",
            "line|CPU seconds|share|with calls|text",
            [
                (
                    one.place,
                    round(one.own, 4),
                    100 * one.own / seen.cpu_of_lines,
                    round(one.whole, 4),
                    _text_of(code, one.file, one.line),
                )
                for one in seen.lines
            ],
        ),
        _table(
            "Memory at its most",
            "line|bytes|allocations|text",
            [
                (f"{file}:{line}", size, many, _text_of(code, file, line))
                for file, line, _, size, many in _memory_lines(seen)
            ],
        ),
    )
    return tuple(one for one in made if one.rows)


KINDS = {
    "own seconds": "number",
    "CPU seconds": "number",
    "seconds": "number",
    "with calls": "number",
    "own share": "percent",
    "share": "percent",
    "bytes": "bytes",
    "allocations": "integer",
}


def _table(title: str, names: str, rows: list[tuple[Cell, ...]]) -> Table:
    columns = [
        Column.model_validate({"name": one, "kind": KINDS.get(one, "text")}) for one in names.split("|")
    ]
    note = f"{len(rows) - MOST_ROWS} more are in the files." if len(rows) > MOST_ROWS else ""
    return Table(title=title, columns=tuple(columns), rows=tuple(rows[:MOST_ROWS]), note=note)


def _figures(name: str, seen: _Seen) -> list[Figure]:
    found: list[Figure] = []
    if seen.frames:
        title = f"Where {name} spends its time"
        svg = flame_graph(
            title, flames(seen.frames, seen.seconds), note="Dark: the script's own; pale: libraries."
        )
        tops = "; ".join(f"{one.name} {one.seconds / seen.seconds:.0%}" for one in seen.frames[:5])
        found.append(Figure(title=title, alt_text=f"{title}, as a flame graph: {tops}.", svg=svg))
    points = tuple((float(at), float(heap) / 1_000_000) for at, heap in as_list(seen.memory.get("curve")))
    if len(points) > 1:
        title = f"Memory of {name} over time"
        svg = line_chart(title, [Curve("memory held", points)], x_title="seconds", y_title="MB")
        most = max(heap for _, heap in points)
        found.append(
            Figure(title=title, alt_text=f"{title}: up to {most:.1f} MB in {points[-1][0]:.1f} s.", svg=svg)
        )
    return found


def _profile_json(seen: _Seen) -> bytes:
    value = {
        "version": 1,
        "time": {key: seen.cpu.get(key) for key in ("seconds", "cpu_seconds", "samples", "stopped", "error")},
        "functions": [
            {"name": one.name, "file": one.file, "line": one.line, "own_seconds": own, "seconds": whole}
            for one, own, whole in hot_functions(seen.frames)
        ],
        "lines": [
            {
                "file": one.file,
                "line": one.line,
                "function": one.function,
                "cpu_seconds": one.own,
                "with_calls": one.whole,
            }
            for one in seen.lines
        ],
        "memory": {
            "peak_bytes": seen.memory.get("peak_bytes"),
            "lines": [
                {"file": file, "line": line, "function": function, "bytes": size, "allocations": many}
                for file, line, function, size, many in _memory_lines(seen)
            ],
        },
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
