"""Machine-readable forms: all figures as JSON and as OpenMetrics, and a dashboard that needs no network."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from studio_magics.contracts.results import Figure, Finding
from studio_magics.tools.cyber.metrics.measures import Duration, Spread
from studio_magics.tools.cyber.metrics.reading import Reading
from studio_magics.tools.pictures import escaped

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def figures_json(reading: Reading) -> bytes:
    """All figures, unrounded to a thousandth of an hour."""
    document = {
        "as_of": f"{reading.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "period": reading.period,
        "rows": dict(reading.rows),
        "columns": {kind: dict(used) for kind, used in reading.columns.items()},
        "dates_read_as": {kind: dict(used) for kind, used in reading.read_as.items() if used},
        "durations": {one.measure.key: _duration(one) for one in reading.durations},
        "open": {
            kind: {
                "count": one.open_now,
                "over_target": one.overdue,
                "oldest_hours": round(one.oldest_hours, 3),
                "by_level": dict(one.by_level),
                "history": [
                    {"start": f"{start:%Y-%m-%d}", "opened": opened, "ended": ended, "open": after}
                    for start, opened, ended, after in one.history
                ],
            }
            for kind, one in reading.backlogs.items()
        },
        "came_back": {"count": reading.came_back[0], "of": reading.came_back[1]},
        "coverage": {one.control: {"covered": one.covered, "of": one.count} for one in reading.coverage},
        "targets": reading.targets.model_dump(),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _duration(one: Duration) -> dict[str, Any]:
    chart = one.trend.chart
    return {
        "name": one.measure.short,
        "median_with_open_hours": _rounded(one.median_with_open),
        "levels": {part.level: _spread(part) for part in (one.whole, *one.levels)},
        "trend": [
            {"start": f"{period.start:%Y-%m-%d}", "n": period.count, "median_hours": _rounded(period.median)}
            for period in one.trend.periods
        ],
        "control": None
        if chart is None
        else {
            "low_hours": _rounded(chart.low),
            "centre_hours": _rounded(chart.centre),
            "high_hours": _rounded(chart.high),
            "signals": [
                {"start": f"{one.trend.periods[signal.place].start:%Y-%m-%d}", "rule": signal.rule}
                for signal in chart.signals
            ],
        },
    }


def _spread(part: Spread) -> dict[str, Any]:
    return {
        "n": part.count, "mean_hours": _rounded(part.mean), "median_hours": _rounded(part.median),
        "p90_hours": _rounded(part.p90), "target_hours": _rounded(part.target), "met": part.met,
        "judged": part.judged,
        "still_open": part.still_open,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def open_metrics(reading: Reading) -> bytes:
    """The figures as OpenMetrics text, for a system that collects them."""
    lines = [
        *_family("studio_security_duration_hours", "Durations of security cases", "hours", _samples(reading))
    ]
    cases = [
        ({"measure": one.measure.key, "level": part.level}, part.count)
        for one in reading.durations
        for part in one.levels
    ]
    lines += _family("studio_security_cases", "Ended cases behind the durations", "", cases)
    met = [
        ({"measure": one.measure.key, "level": part.level}, part.met_share)
        for one in reading.durations
        for part in one.levels
        if part.met_share is not None
    ]
    lines += _family("studio_security_target_met_ratio", "Share of judged cases within target", "ratio", met)
    opened = [({"what": kind}, one.open_now) for kind, one in reading.backlogs.items()]
    lines += _family("studio_security_open", "Open cases", "", opened)
    covered = [({"control": one.control}, one.share) for one in reading.coverage]
    lines += _family("studio_security_coverage_ratio", "Share covered", "ratio", covered)
    return ("\n".join([*lines, "# EOF"]) + "\n").encode()


def _samples(reading: Reading) -> list[tuple[dict[str, str], float]]:
    found: list[tuple[dict[str, str], float]] = []
    for one in reading.durations:
        for part in (one.whole, *one.levels):
            for name, value in (("mean", part.mean), ("median", part.median), ("p90", part.p90)):
                if value is not None:
                    found.append(
                        ({"measure": one.measure.key, "level": part.level, "statistic": name}, value)
                    )
    return found


def _family(
    name: str, told: str, unit: str, samples: Sequence[tuple[dict[str, str], float]]
) -> Iterator[str]:
    if not samples:
        return
    yield f"# TYPE {name} gauge"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {told}"
    for labels, value in samples:
        written = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
        yield f"{name}{{{written}}} {round(float(value), 6)!r}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def dashboard_html(
    reading: Reading, headline: str, figures: Sequence[Figure], findings: Sequence[Finding]
) -> bytes:
    """One page with all pictures; it loads nothing and runs nothing."""
    rows = "".join(
        f"<tr><td>{escaped(one.severity)}</td><td>{escaped(one.title)}</td><td>{escaped(one.action)}</td></tr>"
        for one in findings
    )
    pictures = "".join(f"<section>{figure.svg}</section>" for figure in figures)
    style = (
        "body{font-family:system-ui,sans-serif;margin:24px;color:#1b2430;background:#fff}"
        "main{display:flex;flex-wrap:wrap;gap:16px}table{border-collapse:collapse;margin-top:20px}"
        "td,th{border-bottom:1px solid #d5dae1;padding:4px 10px;text-align:left}"
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Security metrics</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(POLICY)}">'
        f"<style>{style}</style></head>"
        f"<body><h1>Security metrics</h1><p>{escaped(headline)}</p><main>{pictures}</main>"
        "<table><thead><tr><th>severity</th><th>what</th><th>what to "
        f"do</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<p>As of {reading.as_of:%Y-%m-%d %H:%M} UTC</p></body></html>"
    )
    return page.encode()
