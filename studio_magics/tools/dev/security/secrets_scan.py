"""Secrets in any text: shapes that only secrets have, and names like 'password' with values like one."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.tools.dev.clear_secrets import shapes_in
from studio_magics.tools.dev.security.gathering import is_test
from studio_magics.tools.dev.security.issue import Issue
from studio_magics.tools.dev.security.written_secrets import WORD_PARTS, patterns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.dev.security.gathering import Gathered

NO_SECRET_NAME = re.compile(
    r"(?i)(name|ref|url|uri|path|file|dir|[_-]id|type|count|length|size|ttl|expir\w*|lifetime|polic(y|ies)|field|header|"
    r"param\w*|prefix|suffix|pattern|regex|tokeni[sz]ers?|publicKeyToken)$"
)
PLACEHOLDER = re.compile(
    r"(?i:example|changeme|change_me|placeholder|your[_-]?|dummy|sample|xxxx|\*\*\*\*|<[^>]+>|\$\{|\{\{|%\(|%[sdr]|todo)|"
    r"(?i:^(none|null|true|false|undefined)$|^(password|passwd|secret|token|api[_-]?key)\d*$)|"
    r"(?i:environ|getenv|process\.env|secrets\.|vault:|^https?://|^/|\.(py|json|txt|pem|yml)$)|"
    r"(^|[/\\])[a-z_.-]+[/\\]|\[[^\]]+\][*+?{]|^[a-z0-9]{1,12}([._-][a-z]+)+$|^[A-Z_]+$|^[a-z]+$|"
    r"^[A-Za-z]+([._:][A-Za-z]+)+$|\{[\w.()\[\]]+\}|^__\w+__$"
)
MADE_UP = re.compile(r"(?i)x{6,}|\*{4}|\.{3}|your|example|placeholder|redacted|changeme|dummy|fake|<|\{")
"""What stands in the place of a secret where its shape is explained."""
TWILIO_ACCOUNT = re.compile(r"\bAC[0-9a-f]{32}\b")
TWILIO_TOKEN = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])")
NEAR = 3
"""Lines above and below the number of an account in which a token of its form is its token."""
LEAST_ENTROPY = 3.0
LEAST_ENTROPY_OF_LETTERS = 4.0
MAX_PER_FILE = 50
WHY = "Whoever can read the file has it, also in every older version of the repository."
ACTION = "Withdraw it now, put a new one into a secret store or the environment, and clean the history"


def scan_secrets(gathered: Gathered) -> list[Issue]:
    """Secrets of every text; the secrets themselves are not repeated."""
    return [issue for name in gathered.names for issue in _of_file(name, gathered.text(name))]


def _of_file(name: str, text: str) -> Iterator[Issue]:
    found = 0
    shapes = [(title, shape) for title, shape in shapes_in(text) if shape.search(text)]
    patterns = patterns_of(name) if _names_secret(text) else ()
    tokens = _twilio_lines(text)
    for number, line in enumerate(text.splitlines(), 1) if shapes or patterns or tokens else ():
        issue = _shaped(name, number, line, shapes)
        if issue is None and number in tokens:
            issue = _issue("secret-shape", name, number, "a Twilio token in the text", sure=True)
        issue = issue or _assigned(name, number, line, patterns)
        if issue:
            yield issue
            found += 1
            if found == MAX_PER_FILE:
                return


def _names_secret(text: str) -> bool:
    lowered = text.lower()
    return any(part in lowered for part in WORD_PARTS)


def _shaped(name: str, number: int, line: str, shapes: Sequence[tuple[str, re.Pattern[str]]]) -> Issue | None:
    for title, shape in shapes:
        hit = shape.search(line)
        if hit and "address" in title:
            password = hit[0].rsplit("@", 1)[0].rsplit(":", 1)[-1]
            if not PLACEHOLDER.search(password):
                return _issue("secret-address", name, number, f"{title} in the text", sure=False)
        elif hit and not MADE_UP.search(hit[0]):
            return _issue("secret-shape", name, number, f"{title} in the text", sure=True)
    return None


def _twilio_lines(text: str) -> set[int]:
    """Lines with what has the form of a token beside the number of a Twilio account, which names no token."""
    if "AC" not in text or not TWILIO_ACCOUNT.search(text):
        return set()
    lines = text.splitlines()
    accounts = [number for number, line in enumerate(lines) if TWILIO_ACCOUNT.search(line)]
    near = {one for number in accounts for one in range(max(0, number - NEAR), number + NEAR + 1)}
    return {one + 1 for one in near if one < len(lines) and TWILIO_TOKEN.search(lines[one])}


def _assigned(name: str, number: int, line: str, patterns: Sequence[re.Pattern[str]]) -> Issue | None:
    for pattern in patterns if _names_secret(line) else ():
        for hit in pattern.finditer(line):
            if not NO_SECRET_NAME.search(hit[1]) and _looks_secret(hit[2]):
                said = f"'{hit[1][:40]}' is given a value in the text"
                return _issue("secret-assigned", name, number, said, sure=False)
    return None


def _looks_secret(value: str) -> bool:
    """Whether it is no word, name or path; letters alone must be as mixed as chance makes them."""
    least = LEAST_ENTROPY_OF_LETTERS if value.isalpha() else LEAST_ENTROPY
    return not PLACEHOLDER.search(value) and entropy(value) >= least


def _issue(rule: str, name: str, line: int, said: str, *, sure: bool) -> Issue:
    in_test = is_test(name)
    severity = "high" if in_test and sure else "low" if in_test else "critical" if sure else "high"
    return Issue(
        rule=rule,
        file=name,
        line=line,
        severity=severity,
        confidence="high" if sure else "medium",
        said=said,
        why=WHY,
        action=ACTION,
        cwe=798,
        scanner="secrets",
        in_test=in_test,
    )


def entropy(text: str) -> float:
    """Bits per sign: about 1.5 for words repeated, above 3.5 for random signs."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
