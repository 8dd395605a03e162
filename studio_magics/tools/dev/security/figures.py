"""The pictures: the worst files by severity, and what kinds of weakness there are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.security.issue import SEVERITIES
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.security.issue import Issue

MAX_FILES = 16
MAX_KINDS = 12
TONES: dict[str, Tone] = {
    "critical": "bad",
    "high": "poor",
    "medium": "fair",
    "low": "plain",
    "info": "quiet",
}
WEIGHTS = {"critical": 1_000, "high": 100, "medium": 10, "low": 1, "info": 0}


def file_map(issues: Sequence[Issue]) -> Figure:
    """Files by severity, the worst first."""
    counts: dict[str, Counter[str]] = {}
    for one in issues:
        counts.setdefault(one.file, Counter())[one.severity] += 1
    worst = sorted(counts, key=lambda name: (-sum(WEIGHTS[s] * n for s, n in counts[name].items()), name))
    rows = worst[:MAX_FILES]
    shown = [level for level in SEVERITIES if any(counts[name][level] for name in rows)] or ["info"]
    cells = {
        (row, column): MatrixCell(
            (f"{counts[name][level]}",), TONES[level], f"{name}: {counts[name][level]} {level}"
        )
        for row, name in enumerate(rows)
        for column, level in enumerate(shown)
        if counts[name][level]
    }
    left = len(worst) - len(rows)
    title = "Files with findings, the worst first"
    note = f"{counted(left, 'more file')} with lesser findings" if left else ""
    told = "; ".join(f"{name}: {', '.join(f'{n} {s}' for s, n in counts[name].items())}" for name in rows)
    names = [_short(name) for name in rows]
    svg = matrix(
        title,
        names or ["no file"],
        shown,
        cells,
        note=note or ("nothing was found" if not rows else ""),
        width=760,
    )
    return Figure(title=title, alt_text=f"{title}. {told or 'No file has findings'}.", svg=svg)


def _short(name: str) -> str:
    return name if len(name) <= 38 else "…" + name[-37:]  # noqa: PLR2004  - what stands beside the grid


def kind_bars(issues: Sequence[Issue]) -> Figure:
    """How many findings of each rule, by severity."""
    counted_rules = Counter((one.rule, one.said.split(":")[0], one.severity) for one in issues)
    rules: dict[str, list[tuple[str, int]]] = {}
    for (rule, said, severity), count in counted_rules.items():
        rules.setdefault(f"{said} ({rule})", []).append((severity, count))
    order = sorted(
        rules,
        key=lambda name: (
            min(SEVERITIES.index(s) for s, _ in rules[name]),
            -sum(n for _, n in rules[name]),
            name,
        ),
    )  # pyright: ignore[reportArgumentType]  - severities
    bars = [
        Bar(
            name,
            tuple(Segment(float(n), TONES[s]) for s, n in rules[name]),
            str(sum(n for _, n in rules[name])),
        )
        for name in order[:MAX_KINDS]
    ]
    title = "What was found, the gravest first"
    legend: tuple[tuple[str, Tone], ...] = tuple((level, TONES[level]) for level in SEVERITIES[:4])
    left = len(order) - len(bars)
    svg = bar_chart(title, bars, legend=legend, note=f"{left} more kinds" if left > 0 else "", width=760)
    told = "; ".join(f"{bar.name} {bar.figure}" for bar in bars) or "nothing"
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)
