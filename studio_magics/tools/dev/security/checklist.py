"""The checklist: what was looked for, with the evidence found here; nothing is ticked unseen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.security.issue import Issue

State = Literal["clear", "look", "fix", "not looked at"]


@dataclass(frozen=True)
class Point:
    """One point of the list."""

    title: str
    rules: tuple[str, ...]
    needs: str
    """Which kind of file must be there for it to be looked at."""


@dataclass(frozen=True)
class Answer:
    """How a point stands here."""

    point: Point
    state: State
    evidence: str


POINTS = (
    Point(
        "No secret stands in the files",
        ("secret-shape", "secret-address", "secret-assigned", "S105", "S106", "S107", "secret-in-image"),
        "text",
    ),
    Point(
        "No text of others runs as code",
        ("S102", "S307", "S301", "S302", "S506", "S614", "S201", "S612"),
        "python",
    ),
    Point("No command goes through a shell", ("S602", "S604", "S605", "S609", "S601"), "python"),
    Point("SQL takes parameters", ("S608", "S610", "S611"), "python"),
    Point("Pages escape what visitors write", ("S701", "S702", "S703", "S704", "S308"), "python"),
    Point(
        "Certificates and host keys are checked", ("S501", "S323", "S507", "S502", "S503", "S504"), "python"
    ),
    Point(
        "Hashes, ciphers and random numbers are strong",
        ("S303", "S304", "S305", "S311", "S324", "S505", "S413"),
        "python",
    ),
    Point(
        "Files, archives and XML of others are opened with care",
        ("S103", "S108", "S202", "S306", "S310", "S313", "S314", "S317", "S318", "S319", "S320", "S411"),
        "python",
    ),
    Point("Requests end, failures are not hidden", ("S113", "S110", "S112"), "python"),
    Point(
        "Dependencies are pinned and come from one trusted place",
        (
            "not-pinned",
            "from-repository",
            "from-address",
            "extra-index",
            "index-without-tls",
            "index-trusted-blindly",
            "almost-known-name",
            "install-script",
        ),
        "dependencies",
    ),
    Point(
        "Containers run with few rights",
        (
            "image-runs-as-root",
            "privileged",
            "docker-socket",
            "host-network",
            "may-become-root",
            "port-open-to-all",
            "image-not-fixed",
            "download-piped",
            "add-from-address",
        ),
        "configuration",
    ),
    Point(
        "Settings and cloud resources are closed by default",
        (
            "debug-on",
            "any-host",
            "cookie-not-secure",
            "any-origin",
            "open-to-the-world",
            "not-encrypted",
            "public-storage",
        ),
        "configuration",
    ),
    Point("Workflows are pinned and give few rights", ("workflow",), "workflows"),
)


def checklist(issues: Sequence[Issue], looked_at: dict[str, int]) -> list[Answer]:
    """Each point with its state; `looked_at` is how many files of each kind were read."""
    return [_answer(point, issues, looked_at) for point in POINTS]


def _answer(point: Point, issues: Sequence[Issue], looked_at: dict[str, int]) -> Answer:
    count = looked_at.get(point.needs, 0)
    if not count:
        return Answer(point, "not looked at", f"no file of this kind ({point.needs})")
    found = [one for one in issues if _belongs(one, point) and not one.in_test]
    if not found:
        return Answer(point, "clear", f"{count} files read, {len(point.rules)} rules, nothing found")
    grave = any(one.severity in {"critical", "high"} for one in found)
    first = found[0]
    told = f"{len(found)} × , first {first.place} ({first.rule})".replace(
        " × ,", " findings," if len(found) > 1 else " finding,"
    )
    return Answer(point, "fix" if grave else "look", told)


def _belongs(issue: Issue, point: Point) -> bool:
    return issue.rule in point.rules or (issue.scanner == "zizmor" and "workflow" in point.rules)
