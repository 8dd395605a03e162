"""The score and docs/mutation.md: how many mutants were noticed, and why each survivor may live."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.laws.prove.records import commit
from tests.mutation.targets import GOAL_PERCENT, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutation.sites import Site
    from tests.mutation.targets import Target
    from tests.mutation.warm import Verdict

PAGE = ROOT / "docs" / "mutation.md"
EXPLAINED = Path(__file__).parent / "explained.toml"
HEAD = f"""# Mutation testing

Written by `make mutation`; do not edit. A mutant is the product's own source with one small change: a
comparison shifted or reversed, a number one higher or lower, plus for minus, a condition negated or dropped,
a statement removed, None returned, `min` for `max`, a field not set. The tests run against each mutant;
it is *noticed* when one of them fails, or when it takes over five times as long. At least {GOAL_PERCENT} %
must be noticed, and every survivor needs a reason here. Nothing is subtracted for mutants nobody can see.
"""


@dataclass(frozen=True)
class Score:
    """The verdicts on all mutants of one target."""

    target: Target
    verdicts: list[Verdict]

    @property
    def survivors(self) -> list[Site]:
        """Mutants that no test noticed."""
        return [verdict.site for verdict in self.verdicts if not verdict.noticed]

    @property
    def percent(self) -> float:
        """Noticed mutants of all."""
        return 100 * (1 - len(self.survivors) / len(self.verdicts))

    @property
    def good(self) -> bool:
        """Enough were noticed, and each survivor is explained."""
        return self.percent >= GOAL_PERCENT and all(map(_reason, self.survivors))

    def told(self) -> Iterator[str]:
        """Lines for a terminal."""
        noticed = len(self.verdicts) - len(self.survivors)
        yield f"   {self.target.name}: {noticed} of {len(self.verdicts)} noticed, {self.percent:.1f} %"
        for site in self.survivors:
            yield f"   line {site.line}  {key(site)}{'' if _reason(site) else '   NOT EXPLAINED'}"


def key(site: Site) -> str:
    """What a reason is found by: it does not move when lines do."""
    return f"{site.module}:{site.function or 'module'}: {site.described()}"


def _reason(site: Site) -> str:
    return str(tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get(key(site), ""))


def write(scores: Sequence[Score], seconds: float) -> None:
    """Write docs/mutation.md."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}, {seconds / 60:.0f} min."
    columns, rule = (
        "| target | module | mutants | noticed | survivors | |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    )
    parts = [HEAD, made, "", columns, rule]
    parts += [row for score in scores for row in _rows(score)]
    parts += ["", "## Survivors", "", "| mutant | why it may live |", "| --- | --- |"]
    survivors = [site for score in scores for site in score.survivors]
    parts += [f"| {_cell(key(site))} | {_cell(_reason(site) or 'NOT EXPLAINED')} |" for site in survivors]
    PAGE.write_text("\n".join([*parts, ""]), encoding="utf-8")


def _rows(score: Score) -> Iterator[str]:
    for module in (*score.target.modules, ""):
        verdicts = [one for one in score.verdicts if module in {"", one.site.module}]
        if verdicts:
            lived = sum(not one.noticed for one in verdicts)
            share = 100 * (1 - lived / len(verdicts))
            name = f"{module}.py" if module else "**all**"
            numbers = f"{len(verdicts)} | {len(verdicts) - lived} | {lived}"
            yield f"| {score.target.name} | {name} | {numbers} | {share:.1f} % |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
