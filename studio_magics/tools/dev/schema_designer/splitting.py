"""A script of SQL, as a dump writes it, cut into its statements: bodies, data and settings stay whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<quoted>'(?:[^'\\]|''|\\.)*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z))
    | (?P<body>\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<word>[A-Za-z_][\w$]*)
    | (?P<end>;+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
META = re.compile(r"^\\[a-z!?][^\n]*$", re.MULTILINE)
"""A command of psql, such as the \\restrict that pg_dump writes."""
COPIED = re.compile(r"^COPY [^;]*? FROM stdin;\n.*?^\\\.$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
DELIMITER = re.compile(r"^DELIMITER[ \t]+(?P<sign>\S+)[ \t]*\n(?P<inside>.*?)(?:^DELIMITER[ \t]+;[ \t]*$|\Z)",
                       re.MULTILINE | re.DOTALL | re.IGNORECASE)  # fmt: skip
BODIES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"})
OPENS = frozenset({"BEGIN", "CASE"})
HEAD_WORDS = 6


@dataclass(frozen=True)
class Written:
    """One statement, without its semicolon, and the line it begins in."""

    line: int
    text: str
    words: tuple[str, ...]
    """Its first words in capitals."""


def statements_of(script: str) -> Iterator[Written]:
    """The statements in the order written."""
    plain = script.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n")
    for pattern in (COPIED, META, DELIMITER):
        plain = pattern.sub(_only_lines, plain)
    start, words, depth, place = -1, list[str](), 0, 0
    for token in TOKEN.finditer(plain):
        kind = token.lastgroup
        if kind == "end" and not depth:
            if start >= 0:
                yield _written(plain, start, token.start(), words)
            start, words = -1, []
        elif kind != "blank":
            start = token.start() if start < 0 else start
            word = token[0].upper() if kind == "word" else ""
            depth = _depth(depth, word, words)
            words += [word] if word else []
        place = token.end()
    if start >= 0:
        yield _written(plain, start, place, words)


def without_comments(script: str) -> str:
    """The script without comments, and without what stands in single quotes."""
    return "".join(_shown(one) for one in TOKEN.finditer(script))


def _shown(token: re.Match[str]) -> str:
    if token.lastgroup == "blank":
        return "\n" if "\n" in token[0] else " "
    return "''" if token[0].startswith("'") else token[0]


def _only_lines(hit: re.Match[str]) -> str:
    return "\n" * hit[0].count("\n")


def _depth(depth: int, word: str, words: list[str]) -> int:
    """How deep inside the body of a trigger the next word stands; 0 outside."""
    if words[:1] != ["CREATE"] or not BODIES & set(words[:HEAD_WORDS]):
        return 0
    if word in OPENS and (depth or word == "BEGIN"):
        return depth + 1
    return max(depth - 1, 0) if word == "END" else depth


def _written(script: str, start: int, end: int, words: list[str]) -> Written:
    line = script.count("\n", 0, start) + 1
    return Written(line, script[start:end].strip(), tuple(words[:HEAD_WORDS]))
