"""How a secret stands under a name in code, configuration, markup and commands: its name and its value."""

from __future__ import annotations

import re

WORD = r"passw(?:or)?d|pwd|secret|token|api[_-]?key|auth[_-]?key|private[_-]?key|access[_-]?key"
WORD_PARTS = ("passw", "pwd", "secret", "token", "key", "authorization", "curl", "ansible_", "securestring")
"""What a line must hold to be looked at, in small letters."""
NAMED = rf"[\w.-]{{0,60}}?(?:{WORD})[\w-]{{0,60}}"
VALUE = r"[^\"'`\s]{8,200}"
ASSIGNED = re.compile(
    rf"(?i)(?<!::)(?<![\w.-])({NAMED})"
    r"[\"']?\]?(?:\s{0,5}:\s{0,5}[A-Za-z_][\w.\[\]]{0,30})?\s{0,20}(?:=>|:=|=|:)\s{0,20}"
    rf"[\"'`]({VALUE})[\"'`]"
)
OTHERWISE = re.compile(
    rf"(?i)(?:getenv|environ\.get|environ\.setdefault|env|ENV\.fetch|define|config|get|process\.env)"
    rf"[.(\[][\"']?({NAMED})[\"']?[\])]?\s{{0,5}}(?:,|\|\||\?\?|or)\s{{0,5}}[\"'`]({VALUE})[\"'`]"
)
"""What is taken where a setting is missing, and constants that a call defines."""
CONNECTION = re.compile(
    r"(?i)(?:server|data source|host|user(?:name| ?id)?|uid|\?\w{1,30})\s?=[^\"'\n]{1,200}?[;&]\s?"
    r"(password|pwd)\s?=([^;&\"'\s<>]{6,100})"
)
MARKUP = re.compile(rf"(?i)<({NAMED})>\s{{0,5}}([^<>\s\"']{{8,200}})\s{{0,5}}</")
ATTRIBUTE = re.compile(rf"(?i)\b(?:key|name)=[\"']({NAMED})[\"']\s{{1,5}}value=[\"']({VALUE})[\"']")
EXPORTED = re.compile(rf"(?i)^\s*(?:\$ )?export\s+({NAMED})=[\"']?([^\s\"'#${{<]{{8,200}})")
BEARER = re.compile(
    r"(?i)\b(authorization)[\"']?\s{0,5}[:=,]\s{0,5}[\"'`]?(?:bearer|token)\s{1,3}([A-Za-z0-9+/=_.~-]{16,400})"
)
SWITCH = re.compile(
    r"(?i)(?:\s|^)--?(password|passwd|api-?key|secret|auth-?token|access-?token)[= ]([^\s\"'$<{\[|]{8,100})"
)
CURL = re.compile(r"\b(curl\b[^\n]{0,200}?\s(?:-u|--user))[= ]?[\"']?[\w.@-]{1,60}:([^\s\"'$@<{]{6,100})")
SECURE_STRING = re.compile(
    r"(?i)\b(ConvertTo-SecureString)\s+(?:-String\s+)?[\"']([^\"'$]{8,200})[\"']\s+-AsPlainText"
)
ANSIBLE = re.compile(r"\b(ansible_\w{0,20}pass(?:word)?)\s{0,3}[=:]\s{0,3}[\"']?([^\s\"'{$]{6,200})")
EVERYWHERE = (
    ASSIGNED, OTHERWISE, CONNECTION, MARKUP, ATTRIBUTE, EXPORTED, BEARER, SWITCH, CURL, SECURE_STRING,
    ANSIBLE,
)  # fmt: skip
PLAIN_ASSIGNED = re.compile(
    rf"(?i)^\s*(?:export\s+|//[^\s:]{{1,200}}/:)?(\w{{0,60}}(?:{WORD})\w{{0,60}})\s*=\s*([^\s\"'#${{]{{8,200}})\s*$"
)
PLAIN_YAML = re.compile(
    rf"(?i)^\s*(?:-\s+)?[\"']?({NAMED})[\"']?:\s+"
    r"([^\s\"'#$&*!|>\[{%][^\s\"'#]{7,199})\s*(?:#.*)?$"
)
LISTED_YAML = re.compile(
    rf"(?i)^\s*-\s+[\"']?(\w{{0,60}}?(?:{WORD})\w{{0,60}})=([^\s\"'#${{]{{8,200}})[\"']?\s*$"
)
NETRC = re.compile(r"\b(password)\s+(\S{6,200})")
PLAIN_FILES = re.compile(
    r"(^|/)(\.env[^/]*|\.npmrc|\.pypirc|[^/]*\.env|[^/]*\.(properties|ini|cfg|conf|tfvars|sh))$",
    re.IGNORECASE,
)


def patterns_of(name: str) -> tuple[re.Pattern[str], ...]:
    """How a secret is written in a file of this name."""
    if PLAIN_FILES.search(name):
        return (*EVERYWHERE, PLAIN_ASSIGNED)
    if name.endswith((".yml", ".yaml")):
        return (*EVERYWHERE, PLAIN_YAML, LISTED_YAML)
    return (*EVERYWHERE, NETRC) if name.endswith("netrc") else EVERYWHERE
