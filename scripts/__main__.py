"""`scripts/run VERB`: the one place that maps the targets of the Makefile to functions."""

import signal
import sys
from typing import NoReturn

from scripts import checks, cleaning, doctor, environment, lab, locks, release
from scripts.failures import Stopped

VERBS = {
    "lab": (
        lab.main,
        "set up and open JupyterLab on the first notebook; HEADLESS=1 only runs it",
    ),
    "test": (checks.test, "set up and run every check; what .ci/run calls"),
    "setup": (environment.for_checks, "set up everything, run nothing"),
    "lint": (checks.lint, "ruff, import-linter and ESLint"),
    "types": (checks.types, "pyright strict and tsc"),
    "unit": (checks.unit, "unit tests, Python and TypeScript"),
    "browser": (checks.browser, "tests that drive JupyterLab in Chromium"),
    "notebooks": (checks.notebooks, "execute the notebooks and compare their outputs"),
    "prove": (checks.prove, "try to break the ledger's laws and write docs/proof.md; N=long, SEED=, counts"),
    "mutation": (checks.mutation, "change ledger and pricing in small ways and see whether the tests notice"),
    "bench": (checks.bench, "run the benchmarks"),
    "docs": (checks.docs, "regenerate JSON Schemas, TypeScript contracts and OpenAPI from the contracts"),
    "doctor": (doctor.main, "say what this machine has and what is missing"),
    "lock": (locks.main, "resolve the dependencies again and write requirements/"),
    "wheel": (release.main, "build wheel and sdist of the last commit into dist/"),
    "clean": (cleaning.main, "remove what set-up and the demo made, .venv included"),
}


def help_text() -> str:
    """One line per target."""
    width = max(map(len, VERBS))
    return "\n".join(f"  make {verb:<{width}}  {purpose}" for verb, (_, purpose) in VERBS.items())


def main(arguments: list[str]) -> int:
    """Run one verb and return the exit status; a failure is told in a few lines, not as a traceback."""
    verb = arguments[0] if arguments else "help"
    if verb not in VERBS:
        print(help_text())
        return 0 if verb == "help" else 2
    try:
        return VERBS[verb][0]()
    except Stopped as failure:
        print(f"\n✘ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _stop(number: int, _frame: object) -> NoReturn:
    """End as after Ctrl-C, so that a started Jupyter server is stopped too."""
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _stop)
    sys.exit(main(sys.argv[1:]))
