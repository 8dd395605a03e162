"""What a repository says about how its app starts: Dockerfile, Procfile, package.json, lock files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cicd.detecting import Repository
from studio_magics.tools.dev.clear_secrets import clear_secret
from studio_magics.tools.dev.documents import as_map, as_text
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFolder
    from studio_magics.tools.base import RunContext

EXPOSE = re.compile(r"^\s*EXPOSE\s+(\d{1,5})", re.MULTILINE | re.IGNORECASE)
WEB = re.compile(r"^web:\s*(.+)$", re.MULTILINE)
PORT = re.compile(r"(?:--port[= ]|-p |--bind[= ]\S*:|-b \S*:|PORT=|0\.0\.0\.0:)(\d{2,5})\b")
MAX_PORT = 65_535
LOCKS = ("uv.lock", "requirements.txt", "pnpm-lock.yaml", "yarn.lock", "package-lock.json")
MARKS = (
    ("requirements.txt", "python"), ("pyproject.toml", "python"), ("package.json", "node"), ("go.mod", "go"),
    ("index.html", "static"),
)  # fmt: skip

Seen = tuple[dict[str, str], tuple[tuple[str, str], ...]]


def detect(folder: InputFolder | None, context: RunContext) -> Seen:
    """What was seen, and for each the file it was seen in; nothing where there is no repository."""
    if folder is None:
        return {}, ()
    repository = Repository(folder, context)
    found: dict[str, tuple[str, str]] = {}
    for name, language in MARKS:
        if repository.has(name):
            found.setdefault("language", (language, name))
    lock = next((one for one in LOCKS if repository.has(one)), "")
    if lock:
        found["lockfile"] = (lock, lock)
    _start(repository, found)
    _dockerfile(repository, found)
    start = found.get("start", ("", ""))[0]
    _refuse_secret(start)
    port = PORT.search(start)
    if port and "port" not in found and int(port[1]) <= MAX_PORT:
        found["port"] = (port[1], "the start command")
    return (
        {key: value for key, (value, _) in found.items()},
        tuple((f"{key} {value}"[:200], file) for key, (value, file) in found.items()),
    )


def _start(repository: Repository, found: dict[str, tuple[str, str]]) -> None:
    web = WEB.search(repository.text("Procfile"))
    if web:
        found["start"] = (" ".join(web[1].split()), "Procfile")
    try:
        scripts = as_map(as_map(load_json(repository.text("package.json").encode() or b"{}")).get("scripts"))
    except IntakeRefused:
        return
    if as_text(scripts.get("start")):
        found.setdefault("start", ("npm start", "package.json"))
    if as_text(scripts.get("build")):
        found["build"] = ("npm run build", "package.json")


def _refuse_secret(start: str) -> None:
    kind = clear_secret(start)
    if kind:
        raise InputRejected(
            "repository",
            found=f"{kind} written in clear in its start command",
            allowed="names under 'secrets'",
            action="withdraw it, then take it from the environment",
        )


def _dockerfile(repository: Repository, found: dict[str, tuple[str, str]]) -> None:
    if not repository.has("Dockerfile"):
        return
    found["dockerfile"] = ("kept as it is", "Dockerfile")
    if found.get("language", ("static", ""))[0] == "static":
        found["language"] = ("container", "Dockerfile")
    port = EXPOSE.search(repository.text("Dockerfile"))
    if port and 0 < int(port[1]) <= MAX_PORT:
        found["port"] = (port[1], "Dockerfile")


def own_dockerfile(folder: InputFolder | None, context: RunContext) -> str:
    """The text of the repository's Dockerfile; empty where there is none."""
    return Repository(folder, context).text("Dockerfile") if folder is not None else ""
