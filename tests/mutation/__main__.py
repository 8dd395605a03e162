"""`python -m tests.mutation [TARGET [MODULE:FUNCTION]]`: try mutants; all of them: write the page."""

from __future__ import annotations

import sys
import time

from tests.mutation import page
from tests.mutation.targets import TARGETS
from tests.mutation.warm import mutate


def main(words: list[str]) -> int:
    """Try what is asked for; 1 if too few mutants were noticed or a survivor has no explanation."""
    name, only = (*words, "", "")[:2]
    started, scores = time.monotonic(), []
    for target in TARGETS:
        if name in {"", target.name}:
            scores.append(page.Score(target, mutate(target, only)))
            print("\n".join(scores[-1].told()), flush=True)
    if not name:
        page.write(scores, time.monotonic() - started)
    return 0 if all(score.good for score in scores) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
