"""What a check found, for people and for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["passed", "noted", "failed", "skipped"]
SIGNS: dict[Verdict, str] = {"passed": "✔", "noted": "!", "failed": "✘", "skipped": "–"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    why: str
    """What was found, with its figures."""
    todo: str = ""
    """What the author can do about it; empty when there is nothing to do."""


@dataclass(frozen=True)
class Report:
    """Everything that was looked at, in order."""

    tool: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Nothing failed; what was noted or skipped does not count."""
        return all(check.verdict != "failed" for check in self.checks)


def passed(name: str, why: str) -> Check:
    """It is as it should be."""
    return Check(name, "passed", why)


def failed(name: str, why: str, todo: str) -> Check:
    """A server should not offer this tool."""
    return Check(name, "failed", why, todo)


def noted(name: str, why: str, todo: str) -> Check:
    """Worth knowing; for a person to judge."""
    return Check(name, "noted", why, todo)


def skipped(name: str, why: str, todo: str = "") -> Check:
    """It could not be looked at."""
    return Check(name, "skipped", why, todo)


def judged(name: str, faults: Iterable[str], *, good: str, todo: str) -> Check:
    """Failed with all faults, or passed when there are none."""
    found = tuple(faults)
    return failed(name, "; ".join(found), todo) if found else passed(name, good)


def as_text(report: Report) -> str:
    """One or two lines for each check, and one for the whole."""
    lines = [f"{report.tool}"]
    for check in report.checks:
        lines.append(f"  {SIGNS[check.verdict]} {check.name}: {check.why}")
        if check.todo and check.verdict != "passed":
            lines.append(f"      → {check.todo}")
    number = {verdict: sum(check.verdict == verdict for check in report.checks) for verdict in SIGNS}
    counted = ", ".join(f"{count} {verdict}" for verdict, count in number.items() if count)
    lines.append(f"{'✔ ready' if report.passed else '✘ not ready'}: {counted}")
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """The same as JSON."""
    content = {
        "tool": report.tool,
        "passed": report.passed,
        "checks": [asdict(check) for check in report.checks],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
