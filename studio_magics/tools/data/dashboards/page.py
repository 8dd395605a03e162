"""The dashboard as one HTML page: its own small script, no network, every text escaped.

The policy of the page allows this one script (by its hash) and nothing else.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.dashboards.vega import filter_values
from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Figure, Finding
    from studio_magics.tools.data.dashboards.counting import ChartData
    from studio_magics.tools.data.dashboards.tiles import FigureTile

STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{margin:0;background:#f4f6f9;color:#1b2430;font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:76rem;margin:0 auto;padding:1.2rem 1rem 3rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1rem;margin:0 0 .4rem}
.quiet{color:#4d5967;font-size:.85rem;margin:.2rem 0}
.bar{display:flex;flex-wrap:wrap;gap:.8rem;align-items:center;margin:.8rem 0}
select{font:inherit;padding:.25rem .5rem;border:1px solid #6b7785;border-radius:6px;background:#fff}
.tiles{display:flex;flex-wrap:wrap;gap:.8rem}
.tile{background:#fff;border:1px solid #d5dae1;border-radius:8px;padding:.6rem 1rem;min-width:9rem}
.tile b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:.9rem;margin-top:.9rem}
.card{background:#fff;border:1px solid #d5dae1;border-radius:8px;padding:.8rem 1rem;min-width:0}
.card.whole{opacity:.55}details{font-size:.85rem}summary{cursor:pointer;color:#1d5fbf}
.numbers{max-height:14rem;overflow:auto}table{border-collapse:collapse}
th,td{padding:.15rem .6rem;text-align:left;border-bottom:1px solid #e9edf2}
li{margin:.25rem 0}@media print{.bar{display:none}.card{break-inside:avoid}}
"""


def page(
    title: str,
    charts: Sequence[ChartData],
    figures: Sequence[Figure],
    tiles: Sequence[FigureTile],
    findings: Sequence[Finding],
    *,
    filter_name: str,
    facts: str,
) -> str:
    """The whole page; without scripts the pictures stand in for the charts."""
    script = files("studio_magics.tools.data.dashboards").joinpath("dashboard.js").read_text("utf-8")
    choices = filter_values(charts)
    told = {
        "choices": choices,
        "charts": [_told(one, number, filter_name) for number, one in enumerate(charts)],
    }
    written = json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    body = [
        f"<h1>{escaped(title)}</h1>",
        f'<p class="quiet">{escaped(facts)}</p>',
        '<div class="tiles">' + "".join(_tile(one) for one in tiles) + "</div>",
        _picker(filter_name, choices),
        '<div class="charts">',
        *(
            _card(one, figure, number)
            for number, (one, figure) in enumerate(zip(charts, figures, strict=True))
        ),
        "</div>",
        _findings(findings),
        f'<script type="application/json" id="figures">{written}</script><script>{script}</script>',
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def _told(data: ChartData, number: int, filter_name: str) -> dict[str, Any]:
    plan = data.plan
    return {
        "id": f"chart-{number}",
        "kind": plan.kind,
        "aggregate": plan.measure.aggregate,
        "measure": plan.measure.title,
        "x_name": plan.x.name,
        "second_name": plan.second.name if plan.second else "",
        "x": list(data.x_values),
        "second": list(data.second_values),
        "x_step": data.x_step,
        "fills": data.fills_gaps,
        "filtered": data.is_filtered,
        "picks": data.is_filtered and plan.kind == "bar" and plan.x.name == filter_name,
        "rows": [list(row) for row in data.rows],
    }


def _tile(one: FigureTile) -> str:
    more = f'<span class="quiet">{escaped(one.more)}</span>' if one.more else ""
    return f'<div class="tile">{escaped(one.title)}<b>{escaped(one.shown)}</b>{more}</div>'


def _picker(name: str, choices: Sequence[str]) -> str:
    if not choices:
        return ""
    options = "".join(f'<option value="{escaped(one)}">{escaped(one)}</option>' for one in choices)
    return (
        f'<div class="bar"><label for="filter">{escaped(name)}</label>'
        f'<select id="filter"><option value="">all</option>{options}</select></div>'
    )


def _card(data: ChartData, figure: Figure, number: int) -> str:
    notes = "; ".join(data.notes)
    return (
        f'<section class="card" id="chart-{number}"><h2>{escaped(data.plan.title)}</h2>'
        f'<div class="stage">{figure.svg}</div><p class="quiet">{escaped(notes)}</p>'
        '<details><summary>Figures</summary><div class="numbers"></div></details></section>'
    )


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    lines = "".join(
        f"<li><b>{escaped(one.title)}.</b> {escaped(one.detail)} {escaped(one.action)}</li>"
        for one in findings
    )
    return f"<h2>What to know</h2><ul>{lines}</ul>"
