"""The report as one HTML page that needs nothing else: no script, no network, print-ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Cell, Column, Figure, Finding, Table

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1b2430;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
.lead{font-size:1.05rem;margin:.2rem 0 1rem}.quiet{color:#4d5967;font-size:.88rem}
.figures{display:flex;flex-wrap:wrap;gap:.8rem}.figures>*{flex:1 1 28rem;max-width:40rem}
figure{margin:0}svg{display:block}
.finding{background:#fff;border:1px solid #d5dae1;border-left-width:5px;border-radius:6px}
.finding{padding:.6rem .9rem;margin:.5rem 0}
.finding p{margin:.15rem 0}.finding strong{overflow-wrap:anywhere}
.critical{border-left-color:#b91c1c}.high{border-left-color:#c2410c}.medium{border-left-color:#a16207}
.low{border-left-color:#1d5fbf}.info{border-left-color:#6b7785}
.tag{display:inline-block;min-width:4.6rem;font-size:.78rem;font-weight:600;text-transform:uppercase}
.critical .tag{color:#b91c1c}.high .tag{color:#c2410c}.medium .tag{color:#a16207}
.low .tag{color:#1d5fbf}.info .tag{color:#4d5967}
.scroll{overflow-x:auto;background:#fff;border:1px solid #d5dae1;border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:.86rem}
th,td{padding:.35rem .6rem;text-align:left;border-bottom:1px solid #e9edf2;vertical-align:top}
td{overflow-wrap:break-word}
th{background:#f4f6f9;white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
@media print{body{background:#fff}.finding{break-inside:avoid}}
"""


def page(
    *,
    title: str,
    headline: str,
    facts: str,
    figures: Sequence[Figure],
    findings: Sequence[Finding],
    tables: Sequence[Table],
    notes: Sequence[str],
    not_checked: Sequence[str],
) -> str:
    """The whole page; every text is escaped, the figures are SVG written by this product."""
    body = [
        f"<h1>{escaped(title)}</h1>",
        f'<p class="lead">{escaped(headline)}</p>',
        f'<p class="quiet">{escaped(facts)}</p>',
        '<div class="figures">' + "".join(f"<figure>{figure.svg}</figure>" for figure in figures) + "</div>",
        f"<h2>Findings ({len(findings)})</h2>",
        "".join(_finding(finding) for finding in findings) or "<p>Nothing was found.</p>",
        *(_table(table) for table in tables),
        _list("Not checked", not_checked),
        _list("About reading the file", notes),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )


def _finding(finding: Finding) -> str:
    lines = [f'<p><span class="tag">{finding.severity}</span> <strong>{escaped(finding.title)}</strong></p>']
    if finding.detail:
        lines.append(f"<p>{escaped(finding.detail)}</p>")
    if finding.action:
        lines.append(f'<p class="quiet">Next: {escaped(finding.action)}</p>')
    return f'<section class="finding {finding.severity}">{"".join(lines)}</section>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escaped(column.name)}</th>' for column in table.columns)
    rows = "".join(
        f"<tr>{''.join(_cell(cell, column) for cell, column in zip(row, table.columns, strict=True))}</tr>"
        for row in table.rows
    )
    note = f'<p class="quiet">{escaped(table.note)}</p>' if table.note else ""
    return (
        f'<h2>{escaped(table.title)}</h2><div class="scroll" tabindex="0" role="region"'
        f' aria-label="{escaped(table.title)}"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}"
    )


def _cell(cell: Cell, column: Column) -> str:
    if cell is None:
        return '<td class="n">–</td>'
    if isinstance(cell, bool):
        return f"<td>{'yes' if cell else 'no'}</td>"
    if isinstance(cell, int | float):
        suffix = " %" if column.kind == "percent" else ""
        return (
            f'<td class="n">{cell:,g}{suffix}</td>'
            if isinstance(cell, float)
            else f'<td class="n">{cell:,}{suffix}</td>'
        )
    return f"<td>{escaped(cell)}</td>"


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<h2>{escaped(title)}</h2><ul>{''.join(f'<li>{escaped(line)}</li>' for line in lines)}</ul>"
