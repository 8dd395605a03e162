"""What is worth acting on in a register."""

from collections.abc import Iterator

from studio_magics.contracts.results import Finding
from studio_magics.tools.cyber.risk_register.measures import Rated
from studio_magics.tools.cyber.risk_register.reading import Reading
from studio_magics.tools.wording import counted

_SEVERITIES = ("critical", "high", "medium", "low", "info")
WORTH_AN_OWNER = 6
"""Level from which a risk needs somebody."""
CONCENTRATED = 0.5
FAR_APART = 2
WIDE = 1_000
LARGE_ERROR = 0.05


def find_all(reading: Reading) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    rules = (
        _appetite,
        _levels,
        _drivers,
        _contradictions,
        _overdue,
        _owners,
        _undecided,
        _controls,
        _wide,
        _error,
    )
    found = [finding for rule in rules for finding in rule(reading)]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def _appetite(reading: Reading) -> Iterator[Finding]:
    appetite = reading.register.appetite
    if appetite is None or reading.now.over_appetite is None or reading.treated.over_appetite is None:
        return
    over, after = reading.now.over_appetite, reading.treated.over_appetite
    if over <= appetite.probability:
        return
    planned = (
        f"With all planned controls: {after:.1%}." if reading.register.controls else "No control is planned."
    )
    yield Finding(
        code="over-appetite",
        severity="critical" if over > 2 * appetite.probability else "high",
        title=(
            f"{over:.1%} of years lose more than {reading.money(appetite.loss)}; "
            f"{appetite.probability:.0%} are accepted"
        ),
        detail=f"Mean of the worst 5 % of years: {reading.money(reading.now.tail_mean)}. {planned}",
        action="Treat what drives bad years first (table of risks), or have the owners raise the appetite.",
    )
    if reading.register.controls and after > appetite.probability:
        yield Finding(
            code="over-appetite-after-treatment",
            severity="high",
            title=f"With all planned controls {after:.1%} of years are still over the appetite",
            detail=(
                f"Expected loss falls from {reading.money(reading.expected)} to "
                f"{reading.money(reading.expected_treated)}."
            ),
            action="The plan does not reach the goal: add controls, transfer, or avoid.",
        )


def _levels(reading: Reading) -> Iterator[Finding]:
    for one in reading.rated:
        if one.severity in {"critical", "high"}:
            money = "" if one.expected is None else f" Expected {reading.money(one.expected)} a year."
            yield Finding(
                code="level",
                severity=one.severity,
                title=(
                    f"'{one.risk.title}' is {one.severity}: likelihood {one.likelihood} x impact {one.impact}"
                ),
                where=one.id,
                detail=f"{one.risk.description[:300]}{money}".strip(),
                action=f"Treatment: {one.risk.treatment.strategy}. {one.risk.treatment.note}".strip(),
            )


def _drivers(reading: Reading) -> Iterator[Finding]:
    if len(reading.simulation.risks) < 3:  # noqa: PLR2004  - of two, one is always the larger half
        return
    first = reading.rated[0]
    if first.share >= CONCENTRATED:
        yield Finding(
            code="concentrated",
            severity="medium",
            title=f"'{first.risk.title}' alone is {first.share:.0%} of the expected loss",
            where=first.id,
            action="Start there; what is done elsewhere matters less.",
        )
    worst = max(reading.rated, key=lambda one: one.tail_share)
    if worst.id != first.id:
        yield Finding(
            code="tail-driver",
            severity="medium",
            title=f"Bad years come from '{worst.risk.title}', not from the largest expected loss",
            where=worst.id,
            detail=(
                f"{worst.tail_share:.0%} of the losses in the worst 5 % of years, {worst.share:.0%} of "
                "the expected loss."
            ),
            action="Rare and large: think of transfer (insurance) or a limit on the single loss.",
        )


def _contradictions(reading: Reading) -> Iterator[Finding]:
    for one in reading.rated:
        if one.from_numbers is None:
            continue
        pairs = (
            (one.risk.likelihood, one.from_numbers[0], "likelihood"),
            (one.risk.impact, one.from_numbers[1], "impact"),
        )
        for said, follows, what in pairs:
            if said is not None and abs(said - follows) >= FAR_APART:
                yield Finding(
                    code="words-against-numbers",
                    severity="medium",
                    title=f"'{one.risk.title}': {what} {said} was given, {follows} follows from the ranges",
                    where=one.id,
                    detail="The rank that was given is used in the heat map, the ranges in the simulation.",
                    action="Ask whoever estimated which of the two is meant.",
                )


def _overdue(reading: Reading) -> Iterator[Finding]:
    for one in reading.rated:
        due = one.risk.treatment.due
        if due is not None and due < reading.today:
            yield Finding(
                code="treatment-overdue",
                severity="high" if one.level >= WORTH_AN_OWNER else "medium",
                title=f"The treatment of '{one.risk.title}' was due on {due.isoformat()}",
                where=one.id,
                action="Finish it, or set a new date and say why.",
            )


def _named(rated: list[Rated]) -> str:
    return ", ".join(one.id for one in rated)[:300]


def _owners(reading: Reading) -> Iterator[Finding]:
    without = [one for one in reading.rated if not one.risk.owner.strip() and one.level >= WORTH_AN_OWNER]
    if without:
        yield Finding(
            code="no-owner",
            severity="medium",
            title=f"Without an owner: {counted(len(without), 'risk')} of medium level or more",
            where=_named(without),
            action="Name one person each; a risk of everybody is treated by nobody.",
            count=len(without),
        )


def _undecided(reading: Reading) -> Iterator[Finding]:
    undecided = [
        one
        for one in reading.rated
        if one.risk.treatment.strategy == "undecided" and one.level >= WORTH_AN_OWNER
    ]
    if undecided:
        yield Finding(
            code="no-decision",
            severity="medium",
            title=f"Nothing was decided for {counted(len(undecided), 'risk')} of medium level or more",
            where=_named(undecided),
            action="Mitigate, transfer, avoid or accept, with a date.",
            count=len(undecided),
        )
    accepted = [
        one
        for one in reading.rated
        if one.risk.treatment.strategy == "accept" and one.severity in {"critical", "high"}
    ]
    if accepted:
        yield Finding(
            code="accepted-high",
            severity="medium",
            title=f"Accepted although high or critical: {counted(len(accepted), 'risk')}",
            where=_named(accepted),
            action="Have the acceptance signed by who may lose that much, for a limited time.",
            count=len(accepted),
        )


def _controls(reading: Reading) -> Iterator[Finding]:
    for one in reading.worths:
        if one.net < 0 and reading.has_money:
            yield Finding(
                code="control-costs-more",
                severity="low",
                title=f"'{one.control.name}' costs more than it saves on average",
                where=", ".join(one.risks)[:300],
                detail=(
                    f"Saves {reading.money(one.saved)} and costs "
                    f"{reading.money(one.control.cost_per_year)} a year."
                ),
                action="Keep it only for what is not in the figures: bad years, law, trust.",
            )
    best = reading.worths[0] if reading.worths else None
    if best is not None and best.net > 0:
        yield Finding(
            code="best-control",
            severity="info",
            title=f"'{best.control.name}' saves most: {reading.money(best.net)} a year after its cost",
            where=", ".join(best.risks)[:300],
            detail=(
                f"Saves {reading.money(best.saved)}, costs {reading.money(best.control.cost_per_year)} "
                "a year, taken alone."
            ),
        )


def _wide(reading: Reading) -> Iterator[Finding]:
    for one in reading.rated:
        loss = one.risk.loss
        if loss is not None and loss.high / loss.low > WIDE:
            yield Finding(
                code="wide-range",
                severity="low",
                title=f"The loss of '{one.risk.title}' ranges over a factor of {loss.high / loss.low:,.0f}",
                where=one.id,
                action="Split it into a small and a large case; each gets a narrower range.",
            )


def _error(reading: Reading) -> Iterator[Finding]:
    if reading.now.mean and reading.now.error / reading.now.mean > LARGE_ERROR:
        yield Finding(
            code="simulation-error",
            severity="info",
            title=f"Another seed would change the mean by about {reading.now.error / reading.now.mean:.0%}",
            detail=(
                "Losses vary so much that the mean rests on few years; the exact expectation is in the table."
            ),
            action="Raise iterations.",
        )
