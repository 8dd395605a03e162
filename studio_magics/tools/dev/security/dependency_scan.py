"""Lists of dependencies: what is not pinned, comes from elsewhere, or has almost a known name."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from studio_magics.tools.dev.documents import as_list, as_map, as_text
from studio_magics.tools.dev.security.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.dev.security.gathering import Gathered

REQUIREMENTS = re.compile(r"(^|/)[\w.-]*requirements[\w.-]*\.(txt|in)$|(^|/)requirements/[\w.-]+\.(txt|in)$")
NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[^\]]*\])?\s*(.*)$")
KNOWN = frozenset(
    {"aiohttp", "beautifulsoup4", "boto3", "botocore", "celery", "certifi", "click", "colorama",
     "cryptography", "django", "fastapi", "flask", "gunicorn", "httpx", "jinja2", "lxml", "matplotlib",
     "numpy", "openai", "opencv-python", "pandas", "paramiko", "pillow", "psycopg2", "pydantic",
     "pymongo", "pytest", "python-dateutil", "pyyaml", "redis", "requests", "rich", "scikit-learn",
     "scipy", "selenium", "setuptools", "sqlalchemy", "tensorflow", "torch", "tqdm", "transformers",
     "urllib3", "uvicorn", "websockets"}
)  # fmt: skip
RULES: dict[str, tuple[Severity, int, str, str, str]] = {
    "index-without-tls": (
        "high",
        319,
        "packages fetched without encryption",
        "Anybody in between can change a package, and it runs when it is installed.",
        "Use https",
    ),
    "index-trusted-blindly": (
        "high",
        295,
        "certificate of the index not checked",
        "Anybody in between can change a package.",
        "Remove trusted-host",
    ),
    "extra-index": (
        "medium",
        427,
        "a second index",
        "A package of your own name on the other index is installed instead (dependency confusion).",
        "Use one index that holds both",
    ),
    "from-repository": (
        "medium",
        494,
        "taken from a repository",
        "Without a commit, tomorrow's code is another.",
        "Pin the commit, or use a release",
    ),
    "from-address": (
        "medium",
        494,
        "taken from an address without a hash",
        "What is there can change.",
        "Give --hash, or use a release",
    ),
    "almost-known-name": (
        "high",
        506,
        "called almost like a well-known package",
        "Such names are taken by attackers (typosquatting).",
        "Check the name",
    ),
    "not-pinned": (
        "low",
        1357,
        "versions left open",
        "Another version comes with every installation; nobody has looked at it.",
        "Pin them in a lock file with hashes",
    ),
    "install-script": (
        "low",
        506,
        "runs a script when it is installed",
        "Whoever changes it runs code on every machine.",
        "See whether it is needed",
    ),
}


def scan_dependencies(gathered: Gathered) -> tuple[list[Issue], list[str]]:
    """What was found, and the lists that were read."""
    found: list[Issue] = []
    read: list[str] = []
    locked = any(
        name.rsplit("/", 1)[-1] in {"uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock"}
        for name in gathered.names
    )
    for name in gathered.names:
        base = name.rsplit("/", 1)[-1]
        if REQUIREMENTS.search(name):
            found += _requirements(name, gathered.text(name))
        elif base == "pyproject.toml":
            found += _pyproject(name, gathered.text(name), locked=locked)
        elif base == "package.json":
            found += _package_json(name, gathered.text(name))
        else:
            continue
        read.append(name)
    return found, read


def _issue(rule: str, file: str, line: int, detail: str) -> Issue:
    severity, cwe, said, why, action = RULES[rule]
    return Issue(rule, file, line, severity, "high" if rule != "almost-known-name" else "medium",
                 f"{said}: {detail}", why, action, cwe, "dependencies")  # fmt: skip


def _requirements(name: str, text: str) -> Iterator[Issue]:
    loose: list[tuple[int, str]] = []
    hashed = "--hash=" in text
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split(" #")[0].strip().rstrip("\\").strip()
        if line.startswith("-"):
            yield from _option(name, number, line)
        elif re.search(r"(^|@ )(git|hg|svn)\+|(^|@ )https?://", line):
            yield from _elsewhere(name, number, line)
        elif line and not line.startswith("#"):
            yield from _named(name, number, line)
            if "==" not in line and not hashed:
                loose.append((number, line))
    if loose:
        names = ", ".join(NAME.sub(r"\1", one)[:30] for _, one in loose[:6])
        more = f" and {len(loose) - 6} more" if len(loose) > 6 else ""  # noqa: PLR2004  - as many as are read
        yield _issue("not-pinned", name, loose[0][0], f"{names}{more}")


def _option(name: str, number: int, line: str) -> Iterator[Issue]:
    if line.startswith("--trusted-host"):
        yield _issue("index-trusted-blindly", name, number, line[:80])
    elif line.startswith(("--index-url", "-i ", "--extra-index-url", "--find-links", "-f ")):
        yield from _index(name, number, line)
    elif line.startswith(("-e ", "--editable")):
        yield from _elsewhere(name, number, line.split(maxsplit=1)[-1])


def _elsewhere(name: str, number: int, line: str) -> Iterator[Issue]:
    """What is taken from a repository or an address."""
    if re.search(r"(^|@ )(git|hg|svn)\+", line):
        if not re.search(r"@[0-9a-f]{40}\b", line):
            yield _issue("from-repository", name, number, line[:80])
    elif re.search(r"(^|@ )https?://", line) and "#sha256=" not in line and "--hash" not in line:
        yield _issue("from-address", name, number, line[:80])


def _index(name: str, number: int, line: str) -> Iterator[Issue]:
    if "http://" in line:
        yield _issue("index-without-tls", name, number, line[:80])
    if line.startswith("--extra-index-url"):
        yield _issue("extra-index", name, number, line[:80])


def _named(name: str, number: int, line: str) -> Iterator[Issue]:
    hit = NAME.match(line)
    if hit:
        word = re.sub(r"[-_.]+", "-", hit[1].lower())
        close = next(
            (one for one in sorted(KNOWN) if one != word and word not in KNOWN and _one_step(word, one)), None
        )
        if close and len(word) > 4:  # noqa: PLR2004  - short names are near to each other
            yield _issue("almost-known-name", name, number, f"'{word}' is near to '{close}'")


def _one_step(one: str, other: str) -> bool:
    """Whether one sign was added, left out, changed, or two were swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    if len(one) == len(other):
        swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
        return one[at + 1 :] == other[at + 1 :] or swapped
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:]


def _pyproject(name: str, text: str, *, locked: bool) -> Iterator[Issue]:
    try:
        project = as_map(tomllib.loads(text).get("project"))
    except tomllib.TOMLDecodeError:
        return
    for one in as_list(project.get("dependencies")):
        line = as_text(one)
        number = next((n for n, raw in enumerate(text.splitlines(), 1) if line and line in raw), 1)
        if "git+" in line and not re.search(r"@[0-9a-f]{40}\b", line):
            yield _issue("from-repository", name, number, line[:80])
        yield from _named(name, number, line)
    if as_list(project.get("dependencies")) and not locked:
        yield _issue("not-pinned", name, 1, "no lock file beside pyproject.toml")


def _package_json(name: str, text: str) -> Iterator[Issue]:
    try:
        package = as_map(json.loads(text))
    except ValueError:
        return
    lines = text.splitlines()
    for group in ("dependencies", "devDependencies"):
        for key, value in as_map(package.get(group)).items():
            wanted = as_text(value)
            number = next((n for n, raw in enumerate(lines, 1) if f'"{key}"' in raw), 1)
            if wanted in {"*", "latest", ""}:
                yield _issue("not-pinned", name, number, f"{key}: '{wanted}'")
            elif wanted.startswith(("git", "http://")) or "github:" in wanted:
                yield _issue(
                    "from-repository" if "http://" not in wanted else "index-without-tls", name, number, key
                )
    for key in ("preinstall", "install", "postinstall"):
        if as_text(as_map(package.get("scripts")).get(key)):
            number = next((n for n, raw in enumerate(lines, 1) if f'"{key}"' in raw), 1)
            yield _issue("install-script", name, number, key)
