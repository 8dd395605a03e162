"""What a person wants deployed, as a description in YAML, checked against what the providers offer."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.clear_secrets import clear_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.dev.deployment.facts import Facts
    from studio_magics.tools.dev.documents import Part

PROVIDERS = ("aws", "gcp", "azure", "vercel")
LANGUAGES = ("python", "node", "go", "static", "container")
VERSIONS = {"python": "3.12", "node": "22", "go": "1.24", "static": "", "container": ""}
KEYS = (
    "name",
    "language",
    "version",
    "build",
    "start",
    "output",
    "entry",
    "image",
    "port",
    "health",
    "cpu",
    "memory_mb",
    "instances",
    "environment",
    "secrets",
    "domain",
    "migrate",
    "keeps_files",
    "traffic",
    "targets",
)
NAME = r"[a-z]([a-z0-9-]{0,26}[a-z0-9])?"
DOMAIN = r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
PATH = r"/[\w./~-]{0,200}"
FILE = r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*"
IMAGE = r"[a-z0-9][a-z0-9._/:-]{1,200}(@sha256:[0-9a-f]{64})?"
VARIABLE = r"[A-Z][A-Z0-9_]{0,60}"
SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|CREDENTIAL|DATABASE_URL|DSN")
RESERVED = ("PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION")
STATIC_PORT = 8080
MOST_CPU, MOST_MEMORY_MB = 4.0, 8_192


@dataclass(frozen=True)
class Traffic:
    """What comes in, for cost and for how many instances there must be."""

    requests_per_day: int = 10_000
    milliseconds: int = 200
    concurrency: int = 20
    kilobytes: int = 20
    is_assumed: bool = True


@dataclass(frozen=True)
class App:
    """The whole description."""

    name: str
    language: str
    targets: Mapping[str, str]
    version: str = ""
    build: str = ""
    start: str = ""
    output: str = ""
    entry: str = ""
    image: str = ""
    port: int = 8080
    health: str = ""
    cpu: float = 0.5
    memory_mb: int = 512
    least: int = 1
    most: int = 4
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: tuple[str, ...] = ()
    domain: str = ""
    migrate: str = ""
    keeps_files: bool = False
    traffic: Traffic = Traffic()
    lockfile: str = ""
    has_dockerfile: bool = False
    reasons: tuple[tuple[str, str], ...] = ()
    """What was read from the repository, and in which file."""

    @property
    def probe(self) -> str:
        """The path that is asked whether the app is well."""
        return self.health or "/"

    @property
    def in_containers(self) -> tuple[str, ...]:
        """The targets that run an image."""
        return tuple(one for one in self.targets if one != "vercel")


def read_app(part: Part, seen: Mapping[str, str], reasons: tuple[tuple[str, str], ...], facts: Facts) -> App:
    """The description over what was seen in the repository.

    Raises:
        InputRejected: Something is missing, unknown, contradicts something else, or is a secret in clear.
    """
    top = part.entries(KEYS)
    targets = _targets(part, top, facts)
    language = top["language"].choice(LANGUAGES) if "language" in top else seen.get("language", "")
    if not language:
        part.refuse("no 'language', and no repository that tells it", ", ".join(LANGUAGES))
    least, most = _instances(top)
    made = App(
        name=_word(top, "name", NAME, "up to 28 small letters, digits and -") or seen.get("name", "app"),
        language=language,
        targets=targets,
        version=_word(top, "version", r"[\w.]{1,12}", "a version such as 3.12")
        or seen.get("version", VERSIONS[language]),
        build=_command(top, "build") or seen.get("build", ""),
        start=_command(top, "start") or seen.get("start", ""),
        output=_word(top, "output", FILE, "a folder inside of the app"),
        entry=_word(top, "entry", FILE, "a file inside of the app"),
        image=_word(top, "image", IMAGE, "registry/owner/name:tag, or with @sha256:…"),
        port=_port(part, top, seen, language),
        health=_word(top, "health", PATH, "a path such as /healthz"),
        cpu=_number(top["cpu"], 0.25, MOST_CPU) if "cpu" in top else 0.5,
        memory_mb=top["memory_mb"].integer(128, MOST_MEMORY_MB) if "memory_mb" in top else 512,
        least=least,
        most=most,
        environment=_environment(top),
        secrets=tuple(
            one.word(VARIABLE, "NAMES in capitals, never values")
            for one in (top["secrets"].items(30) if "secrets" in top else ())
        ),
        domain=_word(top, "domain", DOMAIN, "a domain such as shop.example.com"),
        migrate=_command(top, "migrate"),
        keeps_files=top["keeps_files"].flag() if "keeps_files" in top else False,
        traffic=_traffic(top),
        lockfile=seen.get("lockfile", ""),
        has_dockerfile="dockerfile" in seen,
        reasons=reasons,
    )
    _refuse_contradictions(part, top, made)
    return made


def _word(top: Mapping[str, Part], key: str, pattern: str, allowed: str) -> str:
    return top[key].word(pattern, allowed) if key in top else ""


def _command(top: Mapping[str, Part], key: str) -> str:
    if key not in top:
        return ""
    text = top[key].text(most=1_000)
    _refuse_secret(top[key], text)
    if any(not sign.isprintable() for sign in text):
        top[key].refuse("a command over several lines", "one line")
    return text


def _refuse_secret(part: Part, text: str) -> None:
    kind = clear_secret(text)
    if kind:
        part.refuse(
            f"{kind} written in clear", "names under 'secrets'", "withdraw it, then give its name only"
        )


def _targets(part: Part, top: Mapping[str, Part], facts: Facts) -> dict[str, str]:
    if "targets" not in top:
        part.refuse("no 'targets'", "targets: {aws: eu-west-1}", "name a provider and a region")
    named = top["targets"].entries(PROVIDERS)
    if not named:
        top["targets"].refuse("no target", ", ".join(PROVIDERS))
    return {name: one.choice(facts.regions[name]) for name, one in named.items()}


def _port(part: Part, top: Mapping[str, Part], seen: Mapping[str, str], language: str) -> int:
    if "port" in top:
        return top["port"].integer(1, 65_535)
    if "port" in seen:
        return int(seen["port"])
    if language == "static":
        return STATIC_PORT
    return part.refuse("no 'port', and none could be read", "port: 8080", "say on which port the app listens")


def _number(part: Part, least: float, most: float) -> float:
    try:
        value = float(part.text())
    except ValueError:
        part.refuse(f"'{part.text()[:40]}'", f"a number from {least:g} to {most:g}")
    if not least <= value <= most:
        part.refuse(f"{value:g}", f"a number from {least:g} to {most:g}")
    return value


def _instances(top: Mapping[str, Part]) -> tuple[int, int]:
    if "instances" not in top:
        return 1, 4
    named = top["instances"].entries(("min", "max"))
    least = named["min"].integer(0, 100) if "min" in named else 1
    most = named["max"].integer(1, 100) if "max" in named else max(least, 4)
    if least > most:
        top["instances"].refuse(f"min {least} above max {most}", "min at most max")
    return least, most


def _environment(top: Mapping[str, Part]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, one in (top["environment"].named(60) if "environment" in top else {}).items():
        value = str(one.value).lower() if isinstance(one.value, bool) else one.text(most=1_000, empty=True)
        if not re.fullmatch(VARIABLE, name) or name in RESERVED:
            one.refuse(f"the name '{name[:60]}'", f"NAMES in capitals, none of {', '.join(RESERVED)}")
        _refuse_secret(one, value)
        if SECRET_NAME.search(name) and value:
            one.refuse(
                "a value for what looks like a secret",
                "its name under 'secrets'",
                "withdraw it if it is real",
            )
        found[name] = value
    return found


def _traffic(top: Mapping[str, Part]) -> Traffic:
    if "traffic" not in top:
        return Traffic()
    bounds = {
        "requests_per_day": 1_000_000_000,
        "milliseconds": 3_600_000,
        "concurrency": 1_000,
        "kilobytes": 1_000_000,
    }
    named = top["traffic"].entries(bounds)
    return Traffic(**{name: one.integer(1, bounds[name]) for name, one in named.items()}, is_assumed=False)


def _refuse_contradictions(part: Part, top: Mapping[str, Part], made: App) -> None:
    if (
        not made.start
        and made.in_containers
        and made.language in {"python", "node", "go"}
        and not made.has_dockerfile
    ):
        part.refuse(
            "no 'start' command, and none could be read", "start: gunicorn shop:app", "say how the app starts"
        )
    if made.language == "container" and not made.image and not made.has_dockerfile:
        part.refuse("'container' without an image or a Dockerfile", "image: registry/owner/name:tag")
    if "vercel" in made.targets and made.language in {"go", "container"}:
        top["targets"].inner("vercel", None).refuse(
            f"Vercel for '{made.language}'",
            "python, node or static: Vercel runs no containers",
            "name another provider",
        )
    if made.language == "static" and made.port != STATIC_PORT and not made.has_dockerfile:
        part.refuse(f"port {made.port} for a static site", f"{STATIC_PORT}, where its server listens")
    if made.language == "go" and not is_balanced(made.start):
        part.refuse("a start command whose quotes do not close", "for example start: app --port 8080")
    twice = sorted(set(made.secrets) & set(made.environment))
    if twice:
        top["secrets"].refuse(f"'{twice[0]}' is also in 'environment'", "each name once")


def is_balanced(command: str) -> bool:
    """Whether every quote of a command is closed."""
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def nothing_described() -> InputRejected:
    """The refusal of a repository without a description of where to go."""
    return InputRejected(
        "app",
        found="a repository, but no targets",
        allowed="targets: {aws: eu-west-1}",
        action="say in 'app' where it shall run",
    )
