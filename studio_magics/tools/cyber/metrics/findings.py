"""What the figures say: targets missed, changes that are no accident, open too long, not covered."""

from collections.abc import Iterator

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.cyber.metrics.measures import LEAST_CASES, RETURN_DAYS, Duration
from studio_magics.tools.cyber.metrics.reading import Reading, told_hours

_SEVERITIES = ("critical", "high", "medium", "low", "info")
MET_ENOUGH = 0.9
MET_BADLY = 0.5
RETURNS = 0.1
RECENT = 6
"""Periods back within which a signal is told."""
MUCH_OPEN = 0.2
RULES = {
    "above": "is above the upper limit: far slower than its ordinary spread",
    "below": "is below the lower limit: far faster than its ordinary spread",
    "run-above": "ends eight in a row above the centre: it has become slower",
    "run-below": "ends eight in a row below the centre: it has become faster",
}


def find_all(reading: Reading) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    rules = (_targets, _signals, _backlog, _censored, _returns, _coverage, _few, _wrong, _far_ahead)
    found = [finding for rule in rules for finding in rule(reading)]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def _targets(reading: Reading) -> Iterator[Finding]:
    for one in reading.durations:
        for level in one.levels:
            share = level.met_share
            if share is None or level.target is None or level.judged < LEAST_CASES or share >= MET_ENOUGH:
                continue
            urgent = level.level in {"critical", "high"}
            severity: Severity = "high" if urgent and share < MET_BADLY else "medium" if urgent else "low"
            yield Finding(
                code="target-missed",
                severity=severity,
                title=f"{one.measure.title} ({level.level}): {share:.0%} within {told_hours(level.target)}",
                where=one.measure.short,
                detail=f"{level.judged - level.met:,} of {level.judged:,} judged cases missed it."
                + (f" Median {told_hours(level.median)}." if level.median is not None else ""),
                action="Look at the slowest cases for what they waited for.",
                count=level.judged - level.met,
            )


def _signals(reading: Reading) -> Iterator[Finding]:
    for one in reading.durations:
        chart = one.trend.chart
        if chart is None:
            continue
        last = len(one.trend.periods) - RECENT
        for signal in chart.signals:
            if signal.place < last:
                continue
            period = one.trend.periods[signal.place]
            slower = signal.rule in {"above", "run-above"}
            yield Finding(
                code=f"control-{signal.rule}",
                severity="high" if slower else "info",
                title=f"{one.measure.title}: {_period(reading, period.start)} {RULES[signal.rule]}",
                where=one.measure.short,
                detail=(
                    f"Median {told_hours(period.median)} of {period.count} cases; centre "
                    f"{told_hours(chart.centre)}, "
                    f"limits {told_hours(chart.low)} to {told_hours(chart.high)}."
                ),
                action="Something changed: find what, before it is called a trend."
                if slower
                else "Keep what changed.",
            )


def _period(reading: Reading, start: object) -> str:
    text = str(start)[:10]
    return text[:7] if reading.period == "month" else text


def _backlog(reading: Reading) -> Iterator[Finding]:
    for kind, one in reading.backlogs.items():
        if one.overdue:
            urgent = one.by_level.get("critical", 0) + one.by_level.get("high", 0)
            yield Finding(
                code="open-over-target",
                severity="high" if urgent else "medium",
                title=f"{one.overdue:,} of {one.open_now:,} open {kind} are older than their target",
                where=kind,
                detail=(
                    f"Oldest {told_hours(one.oldest_hours)}, median age {told_hours(one.median_age_hours)}."
                ),
                action="Close, or decide and record an exception for each.",
                count=one.overdue,
            )
        past = [after for _, _, _, after in one.history[-4:]]
        if len(past) == 4 and past == sorted(set(past)):  # noqa: PLR2004  - three rises in a row
            yield Finding(
                code="backlog-grows",
                severity="medium",
                title=(
                    f"Open {kind} have grown three {reading.period}s in a row, from {past[0]:,} to "
                    f"{past[-1]:,}"
                ),
                where=kind,
                action="More comes in than is ended: add people, or let less in.",
            )


def _censored(reading: Reading) -> Iterator[Finding]:
    for one in reading.durations:
        whole, seen = one.whole, one.median_with_open
        share = whole.still_open / (whole.still_open + whole.count)
        if whole.median is None or share < MUCH_OPEN:
            continue
        told = "not known yet, fewer than half have ended" if seen is None else told_hours(seen)
        yield Finding(
            code="median-flatters",
            severity="medium",
            title=(
                f"{one.measure.title}: {share:.0%} are still open, so the median of the ended ones flatters"
            ),
            where=one.measure.short,
            detail=(
                f"Median of the ended {told_hours(whole.median)}; with the open ones {told} (Kaplan-Meier)."
            ),
            action="Report the second figure.",
        )


def _returns(reading: Reading) -> Iterator[Finding]:
    back, count = reading.came_back
    if count >= LEAST_CASES and back / count >= RETURNS:
        yield Finding(
            code="comes-back",
            severity="medium",
            title=(
                f"{back:,} of {count:,} incidents are the same kind on the same asset within "
                f"{RETURN_DAYS} days"
            ),
            action="Their cause was not removed: ask for it before a case is closed.",
            count=back,
        )


def _coverage(reading: Reading) -> Iterator[Finding]:
    for one in reading.coverage:
        if 100 * one.share < reading.targets.coverage_percent:
            low, high = one.interval
            yield Finding(
                code="not-covered",
                severity="high" if one.share < MET_BADLY else "medium",
                title=f"{one.control}: {one.covered:,} of {one.count:,} covered ({one.share:.0%})",
                where=one.control,
                detail=(
                    f"Target {reading.targets.coverage_percent:g} %. As a sample: {low:.0%} to {high:.0%}."
                ),
                action="List what is missing and close it, newest assets first.",
                count=one.count - one.covered,
            )


def _few(reading: Reading) -> Iterator[Finding]:
    few = [one for one in reading.durations if one.whole.count < LEAST_CASES]
    if few:
        yield Finding(
            code="too-few-cases",
            severity="info",
            title=f"Fewer than {LEAST_CASES} cases: no mean, median or percentile is given",
            where=", ".join(one.measure.short for one in few),
        )


def _wrong(reading: Reading) -> Iterator[Finding]:
    for kind, count in reading.wrong.items():
        if count:
            yield Finding(
                code="end-before-start",
                severity="medium",
                title=f"{count:,} times in {kind} end before they start; these times were left out",
                where=kind,
                action="Correct them where they are written.",
                count=count,
            )


def _far_ahead(reading: Reading) -> Iterator[Finding]:
    for kind, count in reading.far_ahead.items():
        if count:
            yield Finding(
                code="far-ahead",
                severity="medium",
                title=f"{count:,} times in {kind} lie over a year ahead; they were taken as empty",
                where=kind,
                action="Leave the cell empty while a case is open; correct the others.",
                count=count,
            )


def label_of(one: Duration) -> str:
    """'MTTR (time to resolve)'."""
    return f"{one.measure.short} ({one.measure.title.lower()})"
