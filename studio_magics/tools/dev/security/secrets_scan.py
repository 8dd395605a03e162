"""Secrets in any text: shapes that only secrets have, and names like 'password' with values like one."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.tools.dev.clear_secrets import SHAPES
from studio_magics.tools.dev.security.gathering import is_test
from studio_magics.tools.dev.security.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.security.gathering import Gathered

ASSIGNED = re.compile(
    r"(?i)\b([\w.-]*(?:passw(?:or)?d|pwd|secret|token|api_?key|apikey|auth_?key|private_?key|access_?key|client_?secret)[\w-]*)"
    r"[\"']?\s*(?:=>|:=|=|:)\s*[\"'`]([^\"'`\s]{8,200})[\"'`]"
)
PLAIN_ASSIGNED = re.compile(
    r"(?i)^\s*(?:export\s+)?([A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY)[A-Z0-9_]*)\s*=\s*"
    r"([^\s\"'#${]{8,200})\s*$"
)
PLAIN_FILES = re.compile(
    r"(^|/)(\.env[^/]*|[^/]*\.env|[^/]*\.(properties|ini|cfg|conf|tfvars|sh))$", re.IGNORECASE
)
PLACEHOLDER = re.compile(
    r"(?i)example|changeme|change_me|placeholder|your[_-]?|dummy|sample|xxxx|\*\*\*\*|<[^>]+>|\$\{|\{\{|%\(|todo|"
    r"^(none|null|true|false|undefined)$|^(password|passwd|secret|token|api[_-]?key)\d*$|environ|getenv|process\.env|secrets\.|vault:|"
    r"^https?://|^/|[/\\]\w+[/\\]|\.(py|json|txt|pem|yml)$|^[a-z]+([_-][a-z]+)+$|^[A-Z_]+$|^[a-z]+$"
)
LEAST_ENTROPY = 3.0
MAX_PER_FILE = 50
WHY = "Whoever can read the file has it, also in every older version of the repository."
ACTION = "Withdraw it now, put a new one into a secret store or the environment, and clean the history"


def scan_secrets(gathered: Gathered) -> list[Issue]:
    """Secrets of every text; the secrets themselves are not repeated."""
    return [issue for name in gathered.names for issue in _of_file(name, gathered.text(name))]


def _of_file(name: str, text: str) -> Iterator[Issue]:
    found = 0
    for number, line in enumerate(text.splitlines(), 1):
        issue = _of_line(name, number, line)
        if issue:
            yield issue
            found += 1
            if found == MAX_PER_FILE:
                return


def _of_line(name: str, number: int, line: str) -> Issue | None:
    for title, shape in SHAPES:
        hit = shape.search(line)
        if hit and "address" in title:
            password = hit[0].rsplit("@", 1)[0].rsplit(":", 1)[-1]
            if not PLACEHOLDER.search(password):
                return _issue("secret-address", name, number, f"{title} in the text", sure=False)
        elif hit:
            return _issue("secret-shape", name, number, f"{title} in the text", sure=True)
    for pattern in (ASSIGNED, PLAIN_ASSIGNED) if PLAIN_FILES.search(name) else (ASSIGNED,):
        hit = pattern.search(line)
        if hit and not PLACEHOLDER.search(hit[2]) and entropy(hit[2]) >= LEAST_ENTROPY:
            return _issue(
                "secret-assigned", name, number, f"'{hit[1][:40]}' is given a value in the text", sure=False
            )
    return None


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


def without_secrets(line: str) -> str:
    """The line as it may be shown."""
    for _, shape in SHAPES:
        line = shape.sub("●●●●", line)
    return ASSIGNED.sub(lambda hit: hit[0].replace(hit[2], "●●●●"), line)
