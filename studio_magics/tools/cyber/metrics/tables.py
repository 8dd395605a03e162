"""The tables of a dashboard."""

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.cyber.metrics.measures import Duration, Spread
from studio_magics.tools.cyber.metrics.reading import Reading

MAX_PERIODS = 36


def all_tables(reading: Reading) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    tables = (
        _durations(reading),
        _trends(reading),
        _backlogs(reading),
        _coverage(reading),
        _columns_used(reading),
    )
    return tuple(table for table in tables if table.rows)


def _columns(*wanted: tuple[str, ColumnKind, str]) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind=kind, unit=unit) for name, kind, unit in wanted)


def _hours(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _durations(reading: Reading) -> Table:
    rows = [_spread(one, part) for one in reading.durations for part in (one.whole, *one.levels)]
    return Table(
        title="Durations",
        columns=_columns(
            ("measure", "text", ""), ("level", "text", ""), ("n", "integer", ""), ("mean", "number", "h"),
            ("median", "number", "h"), ("9 of 10 within", "number", "h"), ("longest", "number", "h"),
            ("target", "number", "h"), ("met", "percent", "%"), ("judged", "integer", ""),
            ("still open", "integer", ""),
            ("median with open", "number", "h"),
        ),
        rows=tuple(rows),
        note=(
            "n: ended cases; no mean of fewer than 5, no ninth decile of fewer than 10. 'judged': "
            "ended, or open and over "
            "the target. 'median with open': Kaplan-Meier"
        ),
    )  # fmt: skip


def _spread(one: Duration, part: Spread) -> tuple[Cell, ...]:
    is_whole = part is one.whole
    return (
        f"{one.measure.short}: {one.measure.title.lower()}", part.level, part.count, _hours(part.mean),
        _hours(part.median), _hours(part.p90), round(part.most, 2), _hours(part.target),
        None if part.met_share is None else round(100 * part.met_share, 1), part.judged, part.still_open,
        _hours(one.median_with_open) if is_whole else None,
    )  # fmt: skip


def _trends(reading: Reading) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one in reading.durations:
        chart = one.trend.chart
        signals = {} if chart is None else {signal.place: signal.rule for signal in chart.signals}
        first = max(len(one.trend.periods) - MAX_PERIODS, 0)
        for place, period in enumerate(one.trend.periods[first:], first):
            limits = (None, None, None) if chart is None else (chart.low, chart.centre, chart.high)
            rows.append(
                (
                    one.measure.short, period.start.date().isoformat(), period.count, round(period.median, 2),
                    *(_hours(limit) for limit in limits), signals.get(place, ""),
                )
            )  # fmt: skip
    return Table(
        title="Trends",
        columns=_columns(
            ("measure", "text", ""), ("from", "text", ""), ("n", "integer", ""), ("median", "number", "h"),
            ("lower limit", "number", "h"), ("centre", "number", "h"), ("upper limit", "number", "h"),
            ("signal", "text", ""),
        ),
        rows=tuple(rows),
        note=f"medians by {reading.period}, of 3 cases or more; limits (XmR) from 8 periods on",
    )  # fmt: skip


def _backlogs(reading: Reading) -> Table:
    rows = [
        (
            kind, one.open_now, one.overdue, round(one.oldest_hours / 24, 1),
            round(one.median_age_hours / 24, 1),
            ", ".join(f"{level} {count}" for level, count in one.by_level.items()),
        )
        for kind, one in reading.backlogs.items()
    ]  # fmt: skip
    return Table(
        title="Open",
        columns=_columns(
            ("what", "text", ""), ("open", "integer", ""), ("over target", "integer", ""),
            ("oldest", "number", "d"),
            ("median age", "number", "d"), ("by level", "text", ""),
        ),
        rows=tuple(rows),
        note=f"as of {reading.as_of:%Y-%m-%d %H:%M} UTC",
    )  # fmt: skip


def _coverage(reading: Reading) -> Table:
    rows = [
        (
            one.control, one.covered, one.count, round(100 * one.share, 1), round(100 * one.interval[0], 1),
            round(100 * one.interval[1], 1), 100 * one.share >= reading.targets.coverage_percent,
        )
        for one in reading.coverage
    ]  # fmt: skip
    return Table(
        title="Coverage",
        columns=_columns(
            ("control", "text", ""), ("covered", "integer", ""), ("of", "integer", ""),
            ("share", "percent", "%"),
            ("at least", "percent", "%"), ("at most", "percent", "%"), ("target met", "flag", ""),
        ),
        rows=tuple(rows),
        note=(
            f"target {reading.targets.coverage_percent:g} %; 'at least' and 'at most' if these are a "
            "sample (Wilson, 95 %)"
        ),
    )  # fmt: skip


def _columns_used(reading: Reading) -> Table:
    rows = [
        (kind, meaning, name, reading.read_as.get(kind, {}).get(meaning, ""))
        for kind, used in reading.columns.items()
        for meaning, name in used.items()
    ]
    return Table(
        title="Columns that were used",
        columns=_columns(
            ("table", "text", ""), ("as", "text", ""), ("column", "text", ""), ("dates read as", "text", "")
        ),
        rows=tuple(rows),
        note="columns= says it otherwise, and date_order= which of day and month stands first",
    )
