"""Reads a policy that is there already and compares it: other numbers, clauses it does not seem to have."""

# python-docx is typed in part; only the text of paragraphs and cells leaves this file.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from studio_magics.tools.cyber.policy_generator.facts import Facts
    from studio_magics.tools.cyber.policy_generator.library import Clause

FIELD = "existing"
MAX_BYTES = 4_000_000
MAX_SENTENCES = 5_000
ALLOWED = "a policy as .docx, .md or .txt"
ALIKE = 0.4
"""Share of a clause's words that a passage must have to count as alike."""
STEM = 5
HOURS = {"hour": 1, "day": 24, "week": 168, "month": 730, "year": 8_760}
AMOUNT = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d{1,6})\)?[ \u00a0-]*(minute|hour|day|week|month|year|character)s?\b",
    re.IGNORECASE,
)
"""'90 days', 'ninety (90) days', '60-day', '1,095 days'."""
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
WORD = re.compile(r"[^\W\d_]{4,}")
STATED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "password_rotation_days",
        ("password", "chang|rotat|expir|renew", "every|expir|older|maximum|day|month"),
    ),
    ("password_min_characters", ("password", "character")),
    ("session_lock_minutes", ("lock|time[ -]?out|inactiv", "minute")),
    ("access_review_months", ("access|right|permission", "review|recertif", "every|month")),
    ("patch_critical_days", ("patch|update|vulnerab", "critical")),
    ("log_days", (r"\blogs?\b", "kept|keep|retain|stor")),
    ("backup_days", ("backup|back-up", "kept|keep|retain|stor")),
    ("notice_hours", ("breach|incident", "notif|authorit")),
    ("leaver_hours", ("leav|terminat|depart", "access|account|right")),
    ("awareness_months", ("train|awareness", "every|month")),
    ("deletion_days", ("delet|eras", "within")),
)
"""Setting → what a sentence must hold to be about it."""
OF_WORD = {"patch_critical_days": "critical"}
"""Setting → the word whose amount it is, in a sentence with several."""
PART = re.compile(r"[,;:](?!\d)")


@dataclass(frozen=True)
class Differs:
    """A number in the existing text that is not the one of the facts."""

    setting: str
    found: int
    wanted: int
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """What the existing text has and lacks."""

    name: str
    sentences: int
    differs: tuple[Differs, ...]
    lacks: tuple[str, ...]
    """Identifiers of clauses without a passage that is alike."""


def compare(path: Path, name: str, facts: Facts, clauses: Sequence[Clause]) -> Comparison:
    """Compare sentence by sentence.

    Raises:
        InputRejected: Too large, another format, or a document without text.
    """
    sentences = _sentences(path)
    if not sentences:
        raise InputRejected(FIELD, found="a document without text", allowed=ALLOWED)
    stems = [_stems(sentence) for sentence in sentences]
    lacks = tuple(clause.id for clause in clauses if not _is_alike(clause, stems))
    return Comparison(name, len(sentences), tuple(_differences(sentences, facts)), lacks)


def _sentences(path: Path) -> list[str]:
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected(FIELD, found=f"more than {MAX_BYTES:,} bytes", allowed=ALLOWED)
    text = _docx(path) if path.suffix.lower() == ".docx" else _plain(path)
    return [" ".join(one.split())[:1_000] for one in SENTENCE.split(text) if one.strip()][:MAX_SENTENCES]


def _plain(path: Path) -> str:
    if path.suffix.lower() not in {".md", ".txt"}:
        raise InputRejected(FIELD, found=f"a file ending in '{path.suffix[:20]}'", allowed=ALLOWED)
    try:
        return decoded(path.read_bytes())
    except IntakeRefused as refused:
        raise InputRejected(FIELD, found=refused.found, allowed=ALLOWED, action=refused.action) from refused


def _docx(path: Path) -> str:
    from zipfile import BadZipFile

    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import LxmlError

    try:
        document = docx.Document(str(path))
        lines = [paragraph.text for paragraph in document.paragraphs]
        lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    except (PackageNotFoundError, BadZipFile, LxmlError, KeyError, ValueError) as error:
        raise InputRejected(FIELD, found="a file that is no Word document", allowed=ALLOWED) from error
    return "\n".join(lines)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.lower()[:STEM] for word in WORD.findall(text))


def _is_alike(clause: Clause, sentences: Sequence[frozenset[str]]) -> bool:
    """Whether one sentence, or two that follow each other, share enough of its words."""
    wanted = _stems(clause.text)
    passages = (
        first | second for first, second in zip(sentences, [*sentences[1:], frozenset[str]()], strict=True)
    )
    return any(len(wanted & passage) >= ALIKE * len(wanted) for passage in passages)


def _differences(sentences: Sequence[str], facts: Facts) -> Iterator[Differs]:
    for sentence in sentences:
        for setting, words in STATED:
            if all(re.search(word, sentence, re.IGNORECASE) for word in words):
                found = _amount(sentence, setting)
                wanted = int(getattr(facts.settings, setting))
                if found is not None and found != wanted:
                    yield Differs(setting, found, wanted, sentence)


def _amount(sentence: str, setting: str) -> int | None:
    """The first amount in the sentence that fits the unit of the setting, in that unit."""
    unit = setting.rpartition("_")[2].removesuffix("s")
    word_of = OF_WORD.get(setting)
    parts = [part for part in PART.split(sentence) if word_of is not None and word_of in part.lower()]
    found = [amount for part in (*parts, sentence) for amount in AMOUNT.findall(part)]
    for number, word in found:
        amount, name = int(number.replace(",", "")), word.lower()
        if name == unit:
            return amount
        if name in HOURS and unit in HOURS:
            return round(amount * HOURS[name] / HOURS[unit])
    return None
