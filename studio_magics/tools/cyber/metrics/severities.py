"""The four levels, and the many words for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.tabular import TableColumn, TableSource

LEVELS = ("critical", "high", "medium", "low")
WORDS: Mapping[str, str] = {
    "critical": "critical", "crit": "critical", "p1": "critical", "sev1": "critical", "s1": "critical",
    "1": "critical", "urgent": "critical", "emergency": "critical", "high": "high", "p2": "high",
    "sev2": "high",
    "s2": "high", "2": "high", "major": "high", "important": "high", "medium": "medium", "moderate": "medium",
    "p3": "medium", "sev3": "medium", "s3": "medium", "3": "medium", "normal": "medium", "low": "low",
    "p4": "low",
    "sev4": "low", "s4": "low", "4": "low", "minor": "low", "info": "low", "informational": "low",
    "p5": "low",
    "5": "low", "highest": "critical", "blocker": "critical", "lowest": "low", "trivial": "low",
    "planning": "low",
}  # fmt: skip
NUMBERED = re.compile(r"^(?:p|s|sev|severity|priority)?\s*\d\s*[-–:.]\s*(?=[a-z])")
"""'1 - critical' and 'p2: high', as ticket systems write them."""
WHOLE = re.compile(r"^(\d)\.0$")
MAX_WORDS = 50


def severity_expression(
    table: TableSource, kind: str, column: TableColumn | None, said: Mapping[str, str]
) -> str:
    """SQL for the level; 'unrated' where there is no column or no value.

    Raises:
        InputRejected: A word that is not known and for which nothing was said.
    """
    if column is None:
        return "'unrated'"
    plain = f"lower(trim(CAST({quoted(column.name)} AS VARCHAR)))"
    sql = f"SELECT DISTINCT {plain} FROM {table.relation} WHERE {plain} <> '' LIMIT {MAX_WORDS + 1}"  # noqa: S608  - names are quoted
    words = sorted(str(row[0]) for row in table.query(sql))
    if len(words) > MAX_WORDS:
        raise InputRejected(
            kind, found=f"'{column.name}' with more than {MAX_WORDS} words", allowed=", ".join(LEVELS)
        )
    own = {word.lower().strip(): level for word, level in said.items()}
    known = {word: level for word in words if (level := own.get(word) or _level(word))}
    unknown = [word for word in words if word not in known]
    if unknown:
        raise InputRejected(
            "severities",
            found=f"the severity '{unknown[0][:40]}' in {kind}"
            + (f" and {len(unknown) - 1} more" if unknown[1:] else ""),
            allowed=f"words such as {', '.join(LEVELS)}, P1 to P4",
            action=f'severities={{"{unknown[0][:40]}": "high"}}',
        )
    cases = " ".join(f"WHEN {text_literal(word)} THEN {text_literal(known[word])}" for word in words)
    return f"CASE {plain} {cases} ELSE 'unrated' END" if cases else "'unrated'"


def _level(word: str) -> str | None:
    """The level of a word as it stands, without its number in front, or as a number alone."""
    forms = (word, NUMBERED.sub("", word), WHOLE.sub(r"\1", word), word.replace(" ", ""))
    return next((WORDS[form] for form in forms if form in WORDS), None)
