"""Runners of GitHub: which labels a job waits for, and which have ended or will soon."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.cicd.pipeline import RUNNERS
from studio_magics.tools.dev.documents import as_list, as_map, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.cicd.existing import Workflow

AS_OF = "2026-09-17"
"""When the labels were last looked up in GitHub's announcements."""
ENDS = {
    "ubuntu-18.04": date(2023, 4, 3),
    "ubuntu-20.04": date(2025, 4, 15),
    "ubuntu-22.04": date(2027, 4, 17),
    "windows-2019": date(2025, 6, 30),
    "macos-11": date(2024, 6, 28),
    "macos-12": date(2024, 12, 3),
    "macos-13": date(2025, 12, 8),
    "macos-14": date(2026, 11, 2),
}
"""The day a label is no longer served, for its sizes and architectures too."""
SOON = timedelta(days=180)
HOSTED = frozenset(
    {
        *RUNNERS,
        "ubuntu-slim",
        "ubuntu-22.04-arm",
        "windows-2025-vs2026",
        "windows-11-vs2026-arm",
        *(f"macos-{kind}-{size}" for kind in ("latest", "15", "26") for size in ("large", "xlarge")),
    }
)
SIZE = re.compile(r"-(?:large|xlarge|arm)$")
OF_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*(?:\|\|[^}]*)?\}\}")


def runner_findings(workflow: Workflow, today: date) -> Iterator[Finding]:
    """Labels that have ended, end soon, or are not known, also those that a matrix gives."""
    for name, job in workflow.jobs.items():
        where = f"{workflow.name}: {shown(name)}"
        for label in labels(job):
            ends = ENDS.get(SIZE.sub("", label))
            if ends is not None:
                yield from _of_end(label, ends, where, today)
            elif (
                label not in HOSTED
                and label != "self-hosted"
                and label.startswith(("ubuntu", "windows", "macos"))
            ):
                yield Finding(
                    code="runner-unknown",
                    severity="medium",
                    title=f"{where} runs on '{shown(label)}', which is no known label",
                    where=where,
                    detail="A larger runner of your own may be called so; else the job waits for ever.",
                    action=f"Known: {', '.join(RUNNERS[:6])} …",
                )


def _of_end(label: str, ends: date, where: str, today: date) -> Iterator[Finding]:
    month = f"{ends:%B %Y}"
    if ends <= today:
        yield Finding(
            code="runner-retired",
            severity="high",
            title=f"{where} runs on {shown(label)}, which ended in {month}",
            where=where,
            detail="Jobs wait for it in vain, or fail.",
            action="Use a current label, for example ubuntu-24.04",
        )
    elif ends - today <= SOON:
        yield Finding(
            code="runner-ends",
            severity="low",
            title=f"{where} runs on {shown(label)}, which ends in {month}",
            where=where,
            detail=f"GitHub has said so; after {ends.isoformat()} jobs wait for it in vain.",
            action="Move to a newer label before",
        )


def labels(job: dict[str, Any]) -> list[str]:
    """The labels a job may run on, written out or given by its matrix, each once."""
    asked = job.get("runs-on")
    found = OF_MATRIX.fullmatch(asked.strip()) if isinstance(asked, str) else None
    given = _of_matrix(job, found[1]) if found else [asked]
    return list(dict.fromkeys(one for one in given if isinstance(one, str) and "${{" not in one))


def _of_matrix(job: dict[str, Any], key: str) -> list[Any]:
    matrix = as_map(as_map(job.get("strategy")).get("matrix"))
    return [*as_list(matrix.get(key)), *(as_map(one).get(key) for one in as_list(matrix.get("include")))]
