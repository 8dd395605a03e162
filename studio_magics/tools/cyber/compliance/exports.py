"""Files for people: all controls as CSV, and a report in Markdown."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.compliance.coverage import counts, score
from studio_magics.tools.cyber.compliance.priorities import EFFORT
from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_magics.tools.cyber.compliance.audit import Audit

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "control", "framework", "family", "asked", "status", "basis", "because", "evidence", "owner", "due",
    "practices",
    "related_and_met_elsewhere",
)  # fmt: skip


def controls_csv(audit: Audit) -> bytes:
    """One row per control; text that a spreadsheet would run as a formula is quoted with '."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in audit.assessment.controls:
        judged = one.judged
        row = (
            one.control.id, audit.short(one.control.framework), one.control.family, one.control.words,
            one.status,
            one.basis, judged.because, " ".join(judged.evidence), judged.owner,
            judged.due.isoformat() if judged.due else "", " ".join(one.control.practices),
            " ".join(one.related),
        )  # fmt: skip
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in row])
    return out.getvalue().encode()


def markdown(audit: Audit, headline: str) -> bytes:
    """The report: frameworks, what to fix first, every control; text of the user's is escaped."""
    start, end = audit.assessment.start, audit.assessment.end
    lines = [
        f"# Compliance of {_cell(audit.stated.statement.name)}", "", _cell(headline), "",
        f"Period: {start} to {end}. What is said without evidence of the period counts as partly met.", "",
    ]  # fmt: skip
    lines += _rows(
        ("framework", "met", "partly", "not met", "not applicable", "not assessed", "score", "edition of")
    )
    for framework in audit.stated.scope.frameworks:
        found = audit.of(framework.name)
        lines += _rows((framework.title, *counts(found).values(), score(found), framework.as_of), head=False)
    lines += ["", "## What to fix first", ""]
    lines += _rows(("", "what to do", "effort", "gaps", "owner"))
    for number, fix in enumerate(audit.fixes, 1):
        gaps = ", ".join(one.control.id for one in fix.gaps)
        cells = (number, fix.practice.words, EFFORT[fix.effort], gaps, audit.owner_of(fix))
        lines += _rows(cells, head=False)
    for framework in audit.stated.scope.frameworks:
        lines += ["", f"## {framework.title}", ""]
        lines += _rows(("control", "what is asked", "status", "because", "evidence"))
        for one in audit.of(framework.name):
            because = one.judged.because
            cells = (one.control.id, one.control.words, one.status, because, ", ".join(one.judged.evidence))
            lines += _rows(cells, head=False)
    lines += ["", "Words of controls are paraphrases; read the publisher's text before you rely on one.", ""]
    return "\n".join(lines).encode()


def _rows(cells: Iterable[object], *, head: bool = True) -> list[str]:
    written = [_cell(cell) for cell in cells]
    line = "| " + " | ".join(written) + " |"
    return [line, "|" + "---|" * len(written)] if head else [line]


def _cell(value: object) -> str:
    text = escaped(value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    for sign in "`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text
