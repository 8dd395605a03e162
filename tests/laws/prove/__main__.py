"""`python -m tests.laws.prove [N=long] [NAME=COUNT …] [SEED=…] [ONLY=…]`: what `make prove` runs."""

from __future__ import annotations

import asyncio
import sys

from tests.laws.prove import page, records, running
from tests.laws.prove.plan import UnknownWord, understood

PAGE = records.ROOT / "docs" / "proof.md"
MOST_TOLD = 5


def main(words: list[str]) -> int:
    """Try what is asked for, keep the records, write the page; 1 if anything was found."""
    try:
        plan = understood(words)
    except UnknownWord as unknown:
        print(unknown, file=sys.stderr)
        return 2
    commit, machine = records.commit(), records.machine()

    def told(tried: running.Tried) -> None:
        _tell(tried)
        if tried.tally is not None and plan.page:
            records.kept(records.recorded(tried.case.law.name, tried.tally, commit, machine))

    ended = asyncio.run(running.all_of(plan.cases, told))
    if plan.page:
        PAGE.write_text(page.text(records.longest_of(), records.latest_of()), encoding="utf-8")
    return _status(ended)


def _tell(tried: running.Tried) -> None:
    name, tally = tried.case.law.name, tried.tally
    if tally is None:
        print(f"── {name}: NOT RUN, this machine has no PostgreSQL", flush=True)
        return
    verdict = f"{len(tally.findings)} FINDINGS" if tally.findings else "nothing found"
    print(
        f"── {name}: {verdict} in {tally.count:,} {tried.case.law.unit},"
        f" {tally.seconds:.0f} s, seed {tally.seed}",
        flush=True,
    )
    for finding in tally.findings[:MOST_TOLD]:
        print(f"   {name}: {finding}", flush=True)


def _status(ended: list[running.Tried]) -> int:
    broken = [tried.case.law.name for tried in ended if tried.tally is not None and tried.tally.findings]
    absent = [tried.case.law.name for tried in ended if tried.tally is None]
    print(f"\n  laws: {len(ended) - len(broken) - len(absent)} held", end="")
    print(f", FINDINGS in {', '.join(broken)}" if broken else "", end="")
    print(f", not run: {', '.join(absent)}" if absent else "", flush=True)
    return 1 if broken or absent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
