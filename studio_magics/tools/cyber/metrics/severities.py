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
    "planning": "low", "p0": "critical", "sev0": "critical", "very high": "critical", "veryhigh": "critical",
    "severe": "critical", "negligible": "low", "very low": "low", "verylow": "low", "information": "low",
}  # fmt: skip
UNRATED = frozenset(
    {"none", "unknown", "unrated", "unassigned", "undefined", "not set", "not prioritized", "not prioritised",
     "no priority", "n/a", "na", "-", "tbd", "untriaged"}
)  # fmt: skip
"""What stands where nobody has rated it yet."""
FILLERS = frozenset({"severity", "sev", "priority", "prio", "level", "risk", "p", "s"})
BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
"""Least score → level, as CVSS 3 and 4 name them."""
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
    if column.kind in {"integer", "number"} and "cvss" in column.name.lower():
        name = quoted(column.name)
        bands = " ".join(f"WHEN {name} >= {least} THEN '{level}'" for least, level in BANDS)
        return f"CASE {bands} ELSE 'unrated' END"
    plain = f"lower(trim(CAST({quoted(column.name)} AS VARCHAR)))"
    sql = f"SELECT DISTINCT {plain} FROM {table.relation} WHERE {plain} <> '' LIMIT {MAX_WORDS + 1}"  # noqa: S608  - names are quoted
    words = sorted(str(row[0]) for row in table.query(sql))
    if len(words) > MAX_WORDS:
        raise InputRejected(
            kind, found=f"'{column.name}' with more than {MAX_WORDS} words", allowed=", ".join(LEVELS)
        )
    own = {word.lower().strip(): level for word, level in said.items()}
    known = {word: level for word in words if (level := own.get(word) or _level(word))}
    known |= {word: "unrated" for word in words if word in UNRATED and word not in known}
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
    """The level of a word as it stands, without its number in front, as a number alone, or of its parts."""
    forms = [word, NUMBERED.sub("", word), WHOLE.sub(r"\1", word)]
    if any(sign.isalpha() for sign in word):
        forms.append(re.sub(r"[^a-z0-9]", "", word))
    return next((WORDS[form] for form in forms if form in WORDS), None) or _of_parts(word)


def _of_parts(word: str) -> str | None:
    """The level that all parts name, such as 'critical (p1)'; a part that says anything else ends it."""
    parts = [part for part in re.findall(r"[a-z0-9]+", word) if part not in FILLERS]
    levels = {WORDS.get(part) for part in parts}
    spoken = any(part.isalpha() for part in parts)
    return levels.pop() if spoken and len(levels) == 1 else None
