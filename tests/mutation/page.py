"""The score and docs/mutation.md: how many mutants were noticed, and why each survivor may live."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.laws.prove.records import commit
from tests.mutation.targets import GOAL_PERCENT, ROOT, TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutation.sites import Site
    from tests.mutation.warm import Verdict

PAGE = ROOT / "docs" / "mutation.md"
SCORES = ROOT / ".build" / "mutation"
"""One file per module, so that modules can be tried one after the other."""
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
    """What became of the mutants of one module; `survivors` are told by their keys."""

    target: str
    module: str
    mutants: int
    survivors: tuple[str, ...]
    commit: str
    at: str

    @property
    def unexplained(self) -> list[str]:
        """Survivors without a reason."""
        reasons = _reasons()
        return [survivor for survivor in self.survivors if survivor not in reasons]

    def told(self) -> str:
        """Lines for a terminal."""
        noticed = self.mutants - len(self.survivors)
        lines = [f"   {self.target}/{self.module}: {noticed} of {self.mutants} noticed"]
        return "\n".join([*lines, *(f"     not explained: {one}" for one in self.unexplained)])


def key(site: Site) -> str:
    """What a reason is found by: it does not move when lines do."""
    return f"{site.module}:{site.function or 'module'}: {site.described()}"


def scored(target: str, module: str, verdicts: Sequence[Verdict]) -> Score:
    """The score of one module, kept for the page."""
    survivors = tuple(key(one.site) for one in verdicts if not one.noticed)
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    return Score(target, module, len(verdicts), survivors, commit(), at)


def kept(score: Score, folder: Path = SCORES) -> None:
    """Store a score in place of an earlier one of the same module."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{score.target}.{score.module}.json"
    file.write_text(json.dumps(asdict(score), indent=1) + "\n", encoding="utf-8")


def all_kept(folder: Path = SCORES) -> list[Score]:
    """The latest score of every module that has one."""
    stored = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return [Score(**{**one, "survivors": tuple(one["survivors"])}) for one in stored]


def percent(scores: Sequence[Score]) -> float:
    """Noticed mutants of all."""
    mutants = sum(score.mutants for score in scores)
    return 100 * (1 - sum(len(score.survivors) for score in scores) / mutants) if mutants else 0.0


def good(scores: Sequence[Score]) -> bool:
    """Enough were noticed, and each survivor is explained."""
    return percent(scores) >= GOAL_PERCENT and not any(score.unexplained for score in scores)


def text(scores: Sequence[Score]) -> str:
    """docs/mutation.md."""
    columns = "| target | module | mutants | noticed | survivors | | commit | date |"
    parts = [HEAD, columns, "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |"]
    parts += [_row(score) for score in scores]
    tried = {(score.target, score.module) for score in scores}
    wanted = [(target.name, module) for target in TARGETS for module in target.modules]
    untried = [one for one in wanted if one not in tried]
    parts += [f"| {name} | {module}.py | not tried yet | | | | | |" for name, module in untried]
    lived = sum(len(score.survivors) for score in scores)
    mutants = sum(score.mutants for score in scores)
    parts.append(f"| **all** | | {mutants} | {mutants - lived} | {lived} | {percent(scores):.1f} % | | |")
    parts += ["", "## Survivors", "", "| mutant | why it may live |", "| --- | --- |"]
    reasons = _reasons()
    for survivor in (survivor for score in scores for survivor in score.survivors):
        parts.append(f"| {_cell(survivor)} | {_cell(reasons.get(survivor, 'NOT EXPLAINED'))} |")
    return "\n".join([*parts, ""])


def _row(score: Score) -> str:
    lived = len(score.survivors)
    numbers = f"{score.mutants} | {score.mutants - lived} | {lived} | {percent([score]):.1f} %"
    return f"| {score.target} | {score.module}.py | {numbers} | {score.commit} | {score.at} |"


def _reasons() -> dict[str, str]:
    return tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))


def _cell(content: str) -> str:
    return content.replace("|", "\\|").replace("<", "&lt;")
