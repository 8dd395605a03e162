"""The policies as Markdown and as a Word document; the same words in both."""

# python-docx is typed in part; nothing is read back from it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import zipfile
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from studio_magics.tools.pictures import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from studio_magics.tools.cyber.policy_generator.covering import Coverage
    from studio_magics.tools.cyber.policy_generator.facts import Facts
    from studio_magics.tools.cyber.policy_generator.library import Clause, PolicyHead

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file inside of the Word document, so that the same policies are the same bytes."""
MOST_CONTROLS = 12


@dataclass(frozen=True)
class Policy:
    """One policy with all its clauses."""

    head: PolicyHead
    owner: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class PolicySet:
    """All policies of an organisation."""

    facts: Facts
    policies: tuple[Policy, ...]
    coverage: Coverage

    @property
    def next_review(self) -> date:
        """The day the policies are due: the same day of the month, or the last of a shorter one."""
        months = self.facts.approved.month - 1 + self.facts.review_months
        year, month = self.facts.approved.year + months // 12, months % 12 + 1
        return date(year, month, min(self.facts.approved.day, monthrange(year, month)[1]))

    def about(self, policy: Policy) -> Iterator[tuple[str, str]]:
        """Who owns and approves it, and when it is reviewed."""
        yield "Owner", policy.owner
        yield "Approved by", self.facts.roles.approver
        yield "Approved on", self.facts.approved.isoformat()
        yield "Next review", self.next_review.isoformat()
        yield "Applies to", f"everybody who works for {self.facts.name}, and its systems and data"

    def serves(self, clause: Clause) -> str:
        """'A.5.1, PR.AA-01 and 3 more'."""
        served = [control.id for control in self.coverage.served_by(clause)]
        more = len(served) - MOST_CONTROLS
        return ", ".join(served[:MOST_CONTROLS]) + (f" and {more} more" if more > 0 else "")


def markdown(policies: PolicySet) -> bytes:
    """All policies; text of the user's is escaped."""
    lines = [f"# Policies of {_plain(policies.facts.name)}", ""]
    for policy in policies.policies:
        lines += [f"## {policy.head.title}", "", "| | |", "|---|---|"]
        lines += [f"| {name} | {_plain(value)} |" for name, value in policies.about(policy)]
        lines.append("")
        for number, clause in enumerate(policy.clauses, 1):
            served = policies.serves(clause)
            lines.append(f"{number}. {_plain(clause.text)}" + (f" *({served})*" if served else ""))
        lines.append("")
    lines += ["Exceptions are asked for in writing and end on a date. Templates are no legal advice.", ""]
    return "\n".join(lines).encode()


def _plain(text: str) -> str:
    written = escaped(" ".join(text.split())).replace("&#x27;", "'").replace("&quot;", '"')
    written = written.replace("\\", "\\\\").replace("|", "\\|")
    for sign in "`*_[]":
        written = written.replace(sign, f"\\{sign}")
    return written


def word_document(policies: PolicySet, now: datetime) -> bytes:
    """One document with a chapter for each policy; the same bytes for the same facts and day."""
    import docx

    document = docx.Document()
    properties = document.core_properties
    properties.author, properties.title = policies.facts.roles.owner, f"Policies of {policies.facts.name}"
    properties.created = properties.modified = now.replace(tzinfo=None)
    properties.comments = ""
    document.add_heading(properties.title, 0)
    for policy in policies.policies:
        document.add_heading(policy.head.title, 1)
        rows = list(policies.about(policy))
        table = document.add_table(rows=len(rows), cols=2, style="Light Grid Accent 1")
        for row, (name, value) in zip(table.rows, rows, strict=True):
            row.cells[0].text, row.cells[1].text = name, value
        document.add_paragraph()
        for number, clause in enumerate(policy.clauses, 1):
            paragraph = document.add_paragraph(f"{number}. {clause.text}")
            served = policies.serves(clause)
            if served:
                paragraph.add_run(f" ({served})").italic = True
    written = io.BytesIO()
    document.save(written)
    return _dated(written.getvalue())


def _dated(content: bytes) -> bytes:
    """The same package with one fixed date on all its files."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as read,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as write,
    ):
        for name in read.namelist():
            info = zipfile.ZipInfo(name, EARLIEST)
            info.compress_type = zipfile.ZIP_DEFLATED
            write.writestr(info, read.read(name))
    return out.getvalue()


def gather(
    facts: Facts, heads: Sequence[PolicyHead], clauses: Sequence[Clause], coverage: Coverage
) -> PolicySet:
    """The policies that have a clause."""
    found = [
        Policy(head, facts.roles.of(head.role), tuple(one for one in clauses if one.policy == head.name))
        for head in heads
    ]
    return PolicySet(facts, tuple(one for one in found if one.clauses), coverage)
