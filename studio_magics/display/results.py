"""Draws what a tool found: the answer first, then findings by severity, figures, tables and files."""

from base64 import b64encode
from collections.abc import Sequence

from studio_magics.contracts.quantities import number_text
from studio_magics.contracts.results import Artefact, Cell, Column, Figure, Finding, Table, ToolResult
from studio_magics.display import wording
from studio_magics.display.bundle import Display
from studio_magics.display.markup import MUTED, Html, card, element, empty, join, line, strong, table

SEVERITIES = ("critical", "high", "medium", "low", "info")
GROUNDS = {"critical": "#7f1d1d", "high": "#9a3412", "medium": "#854d0e", "low": "#1e40af", "info": "#374151"}
MOST_FINDINGS = 200
MOST_ROWS = 200
MOST_ROWS_IN_TEXT = 20
FOLDED_ABOVE = 15
ROWS_BEFORE_THE_FOLD = 10
WIDEST_CELL = 60
MAX_SVG_CHARACTERS = 2_000_000
NUMERIC = frozenset({"integer", "number", "percent", "bytes", "money"})


def result(found: ToolResult, *, hint: str = "") -> Display:
    """The whole result; `hint` tells how to get the files."""
    return Display(_text(found, hint), _html(found, hint))


def _text(found: ToolResult, hint: str) -> str:
    lines = [_headline(found)]
    lines += [f"  {_finding_line(finding)}" for finding in _sorted(found.findings)[:MOST_FINDINGS]]
    lines += _left(len(found.findings), MOST_FINDINGS, "finding")
    for part in found.tables:
        lines += _table_text(part)
    lines += [f"  figure: {figure.title} – {figure.alt_text}" for figure in found.figures]
    lines += [f"  file: {_artefact_line(artefact)}" for artefact in found.artefacts]
    if found.artefacts and hint:
        lines.append(f"  {hint}")
    lines += [f"  not checked: {sentence}" for sentence in found.not_checked]
    return "\n".join(lines)


def _headline(found: ToolResult) -> str:
    score = f"{found.score} of 100"
    if found.score is None or score in found.headline:
        return found.headline
    return f"{found.headline} · score {score}"


def _sorted(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _finding_line(finding: Finding) -> str:
    where = f" [{finding.where}]" if finding.where else ""
    action = f" → {finding.action}" if finding.action else ""
    return f"{finding.severity}: {finding.title}{where}{action}"


def _left(total: int, shown: int, noun: str) -> list[str]:
    return [f"  and {wording.plural(total - shown, f'more {noun}')}"] if total > shown else []


def _table_text(part: Table) -> list[str]:
    heads = [_head(column) for column in part.columns]
    rows = [[_cut(text) for text in _cells(part.columns, row)] for row in part.rows[:MOST_ROWS_IN_TEXT]]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [f"  {part.title}"]
    for row in [heads, *rows]:
        padded = [
            cell.rjust(width) if column.kind in NUMERIC else cell.ljust(width)
            for cell, width, column in zip(row, widths, part.columns, strict=True)
        ]
        lines.append(("    " + "  ".join(padded)).rstrip())
    lines += _left(len(part.rows), MOST_ROWS_IN_TEXT, "row")
    return [*lines, f"    {part.note}"] if part.note else lines


def _head(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.unit else column.name


def _cells(columns: Sequence[Column], row: Sequence[Cell]) -> list[str]:
    return [cell_text(value, column.kind) for value, column in zip(row, columns, strict=False)] + [""] * (
        len(columns) - len(row)
    )


def cell_text(value: Cell, kind: str) -> str:
    """One cell as people read it, by the kind of its column."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _number_text(value, kind)


def _number_text(value: float, kind: str) -> str:
    if kind == "bytes":
        return wording.size_text(int(value))
    if kind == "percent":
        return f"{value:,.1f} %"
    if kind == "money":
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else number_text(value)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= WIDEST_CELL else flat[: WIDEST_CELL - 1] + "…"


def _artefact_line(artefact: Artefact) -> str:
    title = f" – {artefact.title}" if artefact.title else ""
    return f"{artefact.name} ({wording.size_text(artefact.size_bytes)}){title}"


def _html(found: ToolResult, hint: str) -> Html:
    parts: list[Html] = [line(strong(_headline(found)))]
    if found.findings:
        parts.append(_findings(found.findings))
    parts += [_figure(figure) for figure in found.figures]
    parts += [_table_html(part) for part in found.tables]
    if found.artefacts:
        files = [element("li", _artefact_line(artefact)) for artefact in found.artefacts]
        parts.append(element("ul", *files, style="margin:6px 0;padding-left:1.4em"))
        parts.append(line(hint, muted=True))
    parts += [line(f"not checked: {sentence}", muted=True) for sentence in found.not_checked]
    return card(*parts, label=f"Result: {found.headline}")


def _findings(findings: Sequence[Finding]) -> Html:
    rows = [
        (_badge(finding), join([finding.title, _detail(finding.detail)]), finding.where, finding.action)
        for finding in _sorted(findings)[:MOST_FINDINGS]
    ]
    caption = _findings_caption(findings)
    return _folded(caption, ("severity", "finding", "where", "what to do"), rows, noun="finding")


def _findings_caption(findings: Sequence[Finding]) -> str:
    counts = [(name, sum(finding.severity == name for finding in findings)) for name in SEVERITIES]
    told = ", ".join(f"{count:,} {name}" for name, count in counts if count)
    return f"{wording.plural(len(findings), 'finding')}: {told}"


def _badge(finding: Finding) -> Html:
    look = "padding:0 7px;border-radius:9px;color:#fff;font-size:11px;white-space:nowrap"
    return element("span", finding.severity, style=f"{look};background:{GROUNDS[finding.severity]}")


def _detail(detail: str) -> Html:
    return element("div", detail, style=f"{MUTED};font-size:12px") if detail else Html("")


def _table_html(part: Table) -> Html:
    heads = [_head(column) for column in part.columns]
    rows = [_cells(part.columns, row) for row in part.rows[:MOST_ROWS]]
    numbers = [i for i, column in enumerate(part.columns) if column.kind in NUMERIC]
    notes = [*_left(len(part.rows), MOST_ROWS, "row"), *([part.note] if part.note else [])]
    return join(
        [_folded(part.title, heads, rows, numbers=numbers), *(line(note, muted=True) for note in notes)]
    )


def _folded(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    noun: str = "row",
) -> Html:
    """A table; of a long one the beginning, and the rest behind a line that unfolds it."""
    if len(rows) <= FOLDED_ABOVE:
        return table(caption, heads, rows, numbers=numbers)
    rest = rows[ROWS_BEFORE_THE_FOLD:]
    more = element("summary", f"{len(rest):,} more {noun}s", style="cursor:pointer")
    unfolded = table(f"{caption}, continued", heads, rest, numbers=numbers)
    return join(
        [
            table(caption, heads, rows[:ROWS_BEFORE_THE_FOLD], numbers=numbers),
            element("details", more, unfolded),
        ]
    )


def _figure(figure: Figure) -> Html:
    """The picture as an image: what a script or a link in it might do cannot happen inside `<img>`."""
    caption = element("figcaption", figure.title, style="font-weight:600;margin-bottom:4px")
    if len(figure.svg) > MAX_SVG_CHARACTERS:
        return element("figure", caption, line(f"too large to show here: {figure.alt_text}"))
    source = "data:image/svg+xml;base64," + b64encode(figure.svg.encode()).decode()
    look = "max-width:100%;height:auto;background:#fff;border-radius:4px;padding:4px"
    image = empty("img", src=source, alt=figure.alt_text, style=look)
    return element("figure", caption, image, style="margin:8px 0")
