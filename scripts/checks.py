"""`make test` and its parts: every check runs, then what failed is told; pytest's summary comes last."""

import os
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import environment
from scripts.commands import Argument, openly
from scripts.places import BUILD, LABEXTENSION, NOTEBOOKS, PYRIGHT, PYTHON, ROOT, program

REPORTS = BUILD / "reports"
PROOF_LAWS = ("SIMULATION", "MACHINE", "RACES", "GRIDS", "KILLS", "FAULTS", "REPLICAS")
PROOF_WORDS = (
    *("N", "SEED", "ONLY", "LIMIT", "PAGE"),
    *(f"{law}{engine}" for law in PROOF_LAWS for engine in ("", "_SQLITE", "_POSTGRESQL")),
)
"""Variables of `make prove` that are passed on."""
SOURCES = ("studio_magics", "server", "tests", "benchmarks", "scripts")


@dataclass(frozen=True)
class Check:
    """One named check: a program, where it runs, and its report where it is pytest."""

    name: str
    arguments: Sequence[Argument]
    cwd: Path = ROOT
    report: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    seconds: float


def _pytest(name: str, *arguments: Argument) -> Check:
    report = REPORTS / f"{name}.xml"
    command = [PYTHON, "-m", "pytest", "-q", *arguments, f"--junitxml={report}"]
    return Check(f"pytest {name}", command, report=report)


def _existing() -> list[str]:
    return [folder for folder in SOURCES if (ROOT / folder).is_dir()]


def lint_checks() -> list[Check]:
    """Style and layering."""
    return [
        Check("ruff check", [program("ruff"), "check", *_existing()]),
        Check("ruff format", [program("ruff"), "format", "--check", *_existing()]),
        Check("import-linter", [program("lint-imports"), "--no-cache"]),
        Check("eslint", ["npm", "run", "--silent", "lint"], cwd=LABEXTENSION),
    ]


def type_checks() -> list[Check]:
    """Types of both languages."""
    return [
        Check("pyright", ["npx", "--no", "--prefix", PYRIGHT, "pyright", "-p", ROOT]),
        Check("tsc", ["npm", "run", "--silent", "check"], cwd=LABEXTENSION),
    ]


def unit_checks() -> list[Check]:
    """Everything but the notebooks and the browser."""
    return [
        Check("vitest", ["npm", "run", "--silent", "test"], cwd=LABEXTENSION),
        _pytest("unit", "-n", "2", "--dist", "loadfile", "-m", "not browser", "tests"),
    ]


def law_checks() -> list[Check]:
    """Every law's harness with its short count; the page of the proof stays as it is."""
    return [Check("prove", [PYTHON, "-m", "tests.laws.prove", "PAGE=no"])]


def notebook_checks() -> list[Check]:
    """The notebooks against their stored outputs, each with a deterministic server of its own."""
    return [_pytest("notebooks", "--studio", "--nbval", NOTEBOOKS)]


def browser_checks() -> list[Check]:
    """JupyterLab in Chromium; alone, because it measures what a person sees."""
    return [_pytest("browser", "-m", "browser", "tests")]


def test() -> int:
    """Set up and run every check."""
    started = time.monotonic()
    environment.for_checks()
    checks = [*lint_checks(), *type_checks(), *unit_checks(), *law_checks()]
    checks += [*notebook_checks(), *browser_checks()]
    outcomes = run_all(checks)
    status = tell(outcomes, time.monotonic() - started)
    print(pytest_summary(outcomes), flush=True)
    return status


def lint() -> int:
    """Set up and check style and layering."""
    return _part(lint_checks)


def types() -> int:
    """Set up and check types."""
    return _part(type_checks)


def unit() -> int:
    """Set up and run the unit tests."""
    return _part(unit_checks)


def notebooks() -> int:
    """Set up and run the notebooks."""
    return _part(notebook_checks)


def browser() -> int:
    """Set up and run the browser tests."""
    return _part(browser_checks)


def prove() -> int:
    """Set up, try to break every law, and write docs/proof.md; counts come from make's variables."""
    environment.for_checks()
    words = [f"{name}={os.environ[name]}" for name in PROOF_WORDS if os.environ.get(name)]
    return openly([PYTHON, "-m", "tests.laws.prove", *words])


def mutation() -> int:
    """Set up, run the tests of ledger and pricing against mutants, and write docs/mutation.md."""
    environment.for_checks()
    return openly([PYTHON, "-m", "tests.mutation"])


def bench() -> int:
    """Set up and run the benchmarks."""
    environment.for_lab()
    status = openly([PYTHON, "-m", "benchmarks"])
    return openly([PYTHON, "-m", "benchmarks.ledger"]) or status


def docs() -> int:
    """Set up and write JSON Schemas, TypeScript contracts and OpenAPI from the contracts."""
    environment.for_lab()
    return openly([PYTHON, "-m", "studio_server.export"])


def _part(checks: Callable[[], list[Check]]) -> int:
    environment.for_checks()
    started = time.monotonic()
    return tell(run_all(checks()), time.monotonic() - started)


def run_all(checks: list[Check]) -> list[Outcome]:
    """Run every check, also after one that failed."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    return [_run_one(check, f"{number}/{len(checks)}") for number, check in enumerate(checks, 1)]


def _run_one(check: Check, position: str) -> Outcome:
    print(f"\n── {position} {check.name}", flush=True)
    if check.report:
        check.report.unlink(missing_ok=True)
    started = time.monotonic()
    passed = openly(check.arguments, cwd=check.cwd) == 0
    seconds = time.monotonic() - started
    print(f"── {check.name} {'passed' if passed else 'FAILED'} in {seconds:.1f} s", flush=True)
    return Outcome(check, passed, seconds)


def tell(outcomes: list[Outcome], seconds: float) -> int:
    """Print one line per check and return the exit status."""
    print()
    for outcome in outcomes:
        print(f"  {'✔' if outcome.passed else '✘'} {outcome.check.name:<20} {outcome.seconds:6.1f} s")
    failed = [outcome.check.name for outcome in outcomes if not outcome.passed]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "everything passed"
    print(f"  {verdict} in {seconds:.0f} s\n", flush=True)
    return 1 if failed else 0


def pytest_summary(outcomes: list[Outcome]) -> str:
    """All runs of pytest in one line of pytest's own form, counted from their reports."""
    counts = {"failed": 0, "passed": 0, "skipped": 0, "errors": 0}
    reports = [outcome for outcome in outcomes if outcome.check.report]
    for outcome in reports:
        for name, number in _counted(outcome.check.report).items():
            counts[name] += number
    told = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no tests ran"
    return f"==== {told} in {sum(outcome.seconds for outcome in reports):.2f}s ===="


def _counted(report: Path | None) -> dict[str, int]:
    """Numbers of one report; a run that wrote none counts as one error."""
    if report is None or not report.is_file():
        return {"errors": 1}
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314  - written by our own pytest
    names = ("tests", "failures", "errors", "skipped")
    total, failed, errors, skipped = (sum(int(suite.get(name, "0")) for suite in suites) for name in names)
    passed = total - failed - errors - skipped
    return {"passed": passed, "failed": failed, "errors": errors, "skipped": skipped}
