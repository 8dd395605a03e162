"""`python -m tests.mutation [TARGET [MODULE …]]`: try the mutants of modules, or all; write the page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.mutation import page
from tests.mutation.targets import TARGETS
from tests.mutation.warm import mutate

if TYPE_CHECKING:
    from tests.mutation.targets import Target
    from tests.mutation.warm import Verdict


def main(words: list[str]) -> int:
    """Try what is asked for; 1 if too few were noticed or a survivor has no reason, 2 if there is no such."""
    name, modules = (words[0], words[1:]) if words else ("", [])
    wrong = _unknown(name, modules)
    if wrong:
        print(f"there is no {wrong}; there are: {_known()}", file=sys.stderr)
        return 2
    for target in TARGETS:
        if name in {"", target.name}:
            mutate(target, modules or list(target.modules), lambda *judged, of=target: _keep(of, *judged))
    scores = page.all_kept()
    page.PAGE.write_text(page.text(scores), encoding="utf-8")
    print(f"   {page.percent(scores):.1f} % of all noticed", flush=True)
    return 0 if page.good(scores) else 1


def _unknown(name: str, modules: list[str]) -> str:
    """The first word that names no target or no module of it, or nothing."""
    known = {target.name: target.modules for target in TARGETS}
    if name and name not in known:
        return f"target {name}"
    return next((f"module {module}" for module in modules if module not in known[name]), "")


def _known() -> str:
    return "; ".join(f"{target.name}: {', '.join(target.modules)}" for target in TARGETS)


def _keep(target: Target, module: str, verdicts: list[Verdict]) -> None:
    score = page.scored(target.name, module, verdicts)
    page.kept(score)
    print(score.told(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
