"""Python by ruff and, where there is time, by Bandit; what both say of one line is told once."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.dev.documents import as_list, as_map, as_text
from studio_magics.tools.dev.programs import program_path, run_program
from studio_magics.tools.dev.security.gathering import is_test
from studio_magics.tools.dev.security.issue import Confidence, Issue, rule_texts

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.dev.security.gathering import Gathered

MAX_BANDIT_LINES = 60_000
"""Bandit reads about 4,700 lines a second; above this, ruff alone."""
BANDIT_SECONDS = 60.0
PREVIEW = "S401,S402,S411,S412,S413,S415"
"""Rules about imports that are worth telling."""
IN_TESTS_NO_MATTER = frozenset(
    {"101", "105", "106", "107", "108", "113", "311", "603", "604", "606", "607", "404", "403"}
)


TELL_NO_VALUE = frozenset({"105", "106", "107"})
"""Rules whose messages repeat the secret."""


@dataclass(frozen=True)
class PythonScan:
    """What was found in Python, and what could not be read."""

    issues: tuple[Issue, ...]
    unreadable: tuple[str, ...]
    lines: int
    bandit: bool


def scan_python(gathered: Gathered, work: Path, *, bandit: str) -> PythonScan:
    """Scan all Python files and notebooks.

    Raises:
        ProgramFailed: A scanner itself failed.
        ModuleNotFoundError: ruff is not installed.
    """
    lines = sum(gathered.path(one).read_bytes().count(b"\n") for one in gathered.python)
    if not gathered.python:
        return PythonScan((), (), 0, bandit=False)
    issues, unreadable = _ruff(gathered)
    deep = bandit == "always" or (bandit == "auto" and lines <= MAX_BANDIT_LINES)
    if deep:
        issues = _merged(issues, _bandit(gathered, work))
    return PythonScan(tuple(issues), tuple(unreadable), lines, deep)


def _ruff(gathered: Gathered) -> tuple[list[Issue], list[str]]:
    options = [
        "check",
        "--isolated",
        "--no-cache",
        "--no-respect-gitignore",
        "--exit-zero",
        "--quiet",
        "--preview",
        "--config",
        "lint.explicit-preview-rules=true",
        "--select",
        f"S,E902,{PREVIEW}",
        "--output-format",
        "json",
        "--",
        ".",
    ]
    written = run_program([str(program_path("ruff")), *options], gathered.root)
    issues: list[Issue] = []
    unreadable: list[str] = []
    for value in as_list(json.loads(written.result or b"[]")):
        one = as_map(value)
        name = _relative(as_text(one.get("filename")), gathered.root)
        code = as_text(one.get("code"))
        if not code.startswith("S") or not code[1:].isdigit():
            unreadable.append(name)
            continue
        line = int(as_map(one.get("location")).get("row", 1))
        cell = one.get("cell")
        made = _issue(
            code[1:], name, line, as_text(one.get("message")), confidence="medium", scanner="ruff", cell=cell
        )
        issues += [made] if made else []
    return issues, sorted(set(unreadable))


def _relative(path: str, root: Path) -> str:
    from pathlib import Path as AnyPath

    found = AnyPath(path)
    base = root.resolve()
    if found.is_absolute():
        return found.relative_to(base if found.is_relative_to(base) else root).as_posix()
    return found.as_posix().removeprefix("./")


def _issue(
    number: str,
    file: str,
    line: int,
    message: str,
    *,
    confidence: Confidence,
    scanner: str,
    cell: Any = None,
) -> Issue | None:
    """The issue in our words; None where it does not matter in a test."""
    in_test = is_test(file)
    if in_test and number in IN_TESTS_NO_MATTER:
        return None
    text = rule_texts().get(number)
    severity: Severity = text.severity if text else "medium"
    if in_test and severity in {"high", "medium"}:
        severity = "medium" if severity == "high" else "low"
    told = "" if number in TELL_NO_VALUE else message
    said = f"{text.said}: {told}".removesuffix(": ") if text else told or "see the rule"
    return Issue(
        rule=f"S{number}",
        file=file,
        line=line,
        severity=severity,
        confidence=confidence,
        said=said,
        why=text.why if text else "",
        action=text.action if text else "See the rule",
        cwe=text.cwe if text else 0,
        scanner=scanner,
        in_test=in_test,
        cell=cell if isinstance(cell, int) else None,
    )


def _bandit(gathered: Gathered, work: Path) -> list[Issue]:
    settings = work / "bandit.ini"
    settings.write_text("[bandit]\n", "utf-8")
    command = [
        sys.executable, "-I", "-m", "bandit", "--recursive", "--format", "json", "--quiet", "--exit-zero",
        "--ini", str(settings), "--", ".",
    ]  # fmt: skip
    written = run_program(command, gathered.root, seconds=BANDIT_SECONDS)
    text = written.result[written.result.find(b"{") :]
    found: list[Issue] = []
    for value in as_list(as_map(json.loads(text)).get("results")):
        one = as_map(value)
        number = as_text(one.get("test_id")).lstrip("B")
        confidence = cast("Confidence", as_text(one.get("issue_confidence")).lower())
        name = _relative(as_text(one.get("filename")), gathered.root)
        made = _issue(
            number,
            name,
            int(one.get("line_number", 1)),
            as_text(one.get("issue_text")),
            confidence=confidence,
            scanner="bandit",
        )
        if made and made.severity != "info":
            found.append(made)
    return found


def _merged(first: list[Issue], second: list[Issue]) -> list[Issue]:
    """Both, each rule and line once; what two scanners say is surer."""
    from dataclasses import replace

    found: dict[tuple[str, int, str], Issue] = {}
    for one in first:
        found.setdefault((one.file, one.line, _family(one.rule)), one)
    for one in second:
        key = (one.file, one.line, _family(one.rule))
        known = found.get(key)
        found[key] = one if known is None else replace(known, confidence="high", scanner="ruff, bandit")
    return list(found.values())


_FAMILIES = {"S303": "S324", "S703": "S308", "S704": "S308", "S320": "S313"}


def _family(rule: str) -> str:
    """Rules under two numbers that mean the same."""
    return _FAMILIES.get(rule, rule)
