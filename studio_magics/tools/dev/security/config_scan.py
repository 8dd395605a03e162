"""Configuration: Dockerfiles, Compose, Kubernetes, Terraform, Django settings, and workflows of GitHub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import as_list, as_map, as_text, load_yaml
from studio_magics.tools.dev.security.gathering import is_test
from studio_magics.tools.dev.security.issue import Issue
from studio_magics.tools.dev.yaml_merges import merged
from studio_magics.tools.intake.yaml_text import YamlLimits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.dev.security.gathering import Gathered

DOCKERFILE = re.compile(r"(^|/)(dockerfile[^/]*|[^/]*\.dockerfile)$", re.IGNORECASE)
LIMITS = YamlLimits(characters=500_000, events=100_000, written_out=50_000, merges=True)
RULES: dict[str, tuple[Severity, int, str, str, str]] = {
    "image-runs-as-root": (
        "medium",
        250,
        "the image runs as root",
        "Who breaks out of the program owns the container.",
        "Add a user, and USER before CMD",
    ),
    "image-not-fixed": (
        "low",
        1357,
        "base image without a version",
        "Another image comes with every build.",
        "Name a version, best with its digest",
    ),
    "download-piped": (
        "high",
        494,
        "a download is run at once",
        "Whoever changes what is there runs code here.",
        "Download, check a hash, then run",
    ),
    "secret-in-image": (
        "high",
        538,
        "a secret in the layers of the image",
        "Whoever has the image reads it.",
        "Use --mount=type=secret",
    ),
    "add-from-address": (
        "medium",
        494,
        "ADD from an address",
        "What is there can change.",
        "Use curl with a hash, or --checksum",
    ),
    "privileged": (
        "high",
        250,
        "a container with all rights of the machine",
        "Who breaks out of it owns the machine.",
        "Remove 'privileged'; give single capabilities",
    ),
    "docker-socket": (
        "high",
        250,
        "the socket of Docker inside a container",
        "Who reaches it owns the machine.",
        "Do not mount it",
    ),
    "host-network": (
        "medium",
        653,
        "a container in the network of the machine",
        "It reaches every local service.",
        "Use a network of its own",
    ),
    "port-open-to-all": (
        "medium",
        668,
        "the port of a database open on all networks",
        "It is reachable past many firewalls.",
        "Bind it to 127.0.0.1",
    ),
    "may-become-root": (
        "medium",
        250,
        "may become root",
        "A fault in the program gives root.",
        "Set runAsNonRoot and allowPrivilegeEscalation: false",
    ),
    "open-to-the-world": (
        "high",
        284,
        "open to the whole internet",
        "Everybody can try.",
        "Allow known networks only",
    ),
    "not-encrypted": (
        "medium",
        311,
        "stored without encryption",
        "Who gets the disk or a copy reads it.",
        "Switch encryption on",
    ),
    "public-storage": (
        "high",
        284,
        "storage that everybody can read",
        "Everything in it is public.",
        "Make it private",
    ),
    "debug-on": (
        "high",
        489,
        "debugging switched on",
        "Failures show code and settings to visitors.",
        "Off by default, from the environment",
    ),
    "any-host": (
        "medium",
        20,
        "answers to any host name",
        "Links in mails can be turned to another host.",
        "List your host names",
    ),
    "cookie-not-secure": (
        "medium",
        614,
        "session cookie travels without encryption",
        "Anybody in between takes over the session.",
        "Set it to True",
    ),
    "any-origin": (
        "medium",
        942,
        "every website may call it with the visitor's session",
        "Another page acts in the visitor's name.",
        "List the origins",
    ),
}
DATABASE_PORTS = frozenset({"5432", "3306", "6379", "27017", "9200", "11211", "1433"})
OPEN_ADDRESSES = re.compile(
    r"\b(?:ipv6_)?cidr_blocks\s*=\s*\[[^\]]*\"(?:0\.0\.0\.0/0|::/0)\"|\bsource_ranges\s*=\s*\[[^\]]*\"0\.0\.0\.0/0\"|"
    r"\bcidr_ipv[46]\s*=\s*\"(?:0\.0\.0\.0/0|::/0)\"|\bsource_address_prefix\s*=\s*\"(?:\*|0\.0\.0\.0/0|Internet)\""
)
OUTWARD = re.compile(r"egress|\btype\s*=\s*\"egress\"|\bdirection\s*=\s*\"(?:EGRESS|Outbound)\"")
TERRAFORM = (
    ("not-encrypted", re.compile(r"\b(storage_encrypted|encrypted|encryption_at_rest_enabled)\s*=\s*false")),
    (
        "public-storage",
        re.compile(
            r"\bacl\s*=\s*\"public-read(-write)?\"|\bblock_public_(acls|policy)\s*=\s*false|publicly_accessible\s*=\s*true"
        ),
    ),
)
SETTINGS = (
    ("debug-on", re.compile(r"^DEBUG\s*=\s*True\b")),
    ("any-host", re.compile(r"^ALLOWED_HOSTS\s*=\s*\[\s*['\"]\*['\"]")),
    ("cookie-not-secure", re.compile(r"^(SESSION|CSRF)_COOKIE_SECURE\s*=\s*False")),
    ("any-origin", re.compile(r"^CORS_(ALLOW_ALL_ORIGINS|ORIGIN_ALLOW_ALL)\s*=\s*True")),
)


def scan_configuration(gathered: Gathered) -> tuple[list[Issue], list[str], list[str]]:
    """What was found, the files that were read as configuration, and those that could not be."""
    found: list[Issue] = []
    read: list[str] = []
    unread: list[str] = []
    for name in gathered.names:
        try:
            issues = _of_file(name, gathered)
        except InputRejected:
            unread.append(name)
            continue
        if issues is not None:
            read.append(name)
            found += issues
    return found, read, unread


def _of_file(name: str, gathered: Gathered) -> list[Issue] | None:
    """The issues of a file of configuration; None for any other file."""
    lowered = name.lower()
    if DOCKERFILE.search(name):
        return list(_dockerfile(name, gathered.text(name)))
    if lowered.endswith((".tf", ".tfvars")):
        return list(_terraform(name, gathered.text(name)))
    if lowered.endswith("settings.py") or "/settings/" in lowered:
        return [_issue(rule, name, n, "") for rule, n in _lines(gathered.text(name), SETTINGS)]
    if lowered.endswith((".yml", ".yaml")):
        return _yaml(name, gathered.text(name))
    return None


def _issue(rule: str, file: str, line: int, detail: str) -> Issue:
    severity, cwe, said, why, action = RULES[rule]
    in_test = is_test(file)
    if in_test:
        severity = "low"
    text = f"{said}: {detail}" if detail else said
    return Issue(rule, file, line, severity, "medium", text, why, action, cwe, "configuration", in_test)


def _lines(text: str, rules: tuple[tuple[str, re.Pattern[str]], ...]) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.split("#", 1)[0]
        yield from ((rule, number) for rule, pattern in rules if pattern.search(bare))


def _terraform(name: str, text: str) -> Iterator[Issue]:
    bare = re.sub(r"(?m)(?:^|(?<=\s))(?:#|//).*$", "", text)
    for hit in OPEN_ADDRESSES.finditer(bare):
        if not OUTWARD.search(_block(bare, hit.start())):
            yield _issue("open-to-the-world", name, bare.count("\n", 0, hit.start()) + 1, "")
    yield from (_issue(rule, name, n, "") for rule, n in _lines(text, TERRAFORM))


def _block(text: str, place: int) -> str:
    """The innermost block around a place, with the line it opens in."""
    depth, start = 0, place
    while start > 0 and depth >= 0:
        start -= 1
        depth += {"}": 1, "{": -1}.get(text[start], 0)
    return text[text.rfind("\n", 0, start) + 1 : text.find("}", place)]


def _dockerfile(name: str, text: str) -> Iterator[Issue]:
    user, command_line, stages = "root", 1, dict[str, str]()
    stage = ""
    for number, line in _instructions(text):
        word, _, rest = line.strip().partition(" ")
        upper = word.upper()
        if upper == "FROM":
            image, stage = _image(rest)
            user = stages.get(image.lower(), "nonroot" if "nonroot" in image else "root")
            stages[stage.lower()] = user
            yield from _base(name, number, image, stages)
        elif upper == "USER":
            user = rest.strip()
            stages[stage.lower()] = user
        elif upper in {"CMD", "ENTRYPOINT"}:
            command_line = number
        elif upper == "ADD" and re.search(r"https?://", rest) and "--checksum" not in rest:
            yield _issue("add-from-address", name, number, rest[:60])
        elif upper == "RUN" and re.search(r"(curl|wget)[^|;&]*\|\s*(sudo\s+)?(ba|z|da)?sh\b", rest):
            yield _issue("download-piped", name, number, "")
        elif upper in {"ENV", "ARG"} and re.search(
            r"(?i)(password|secret|token|api_?key)\w*[= ]\S{4,}", rest
        ):
            yield _issue("secret-in-image", name, number, rest.split("=")[0][:40])
    if user.split(":")[0] in {"root", "0"}:
        yield _issue("image-runs-as-root", name, command_line, "")


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """The instructions with the line each begins in; continued lines are joined."""
    start, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if not parts:
            start = number
        if line.strip().startswith("#"):
            continue
        parts.append(line.rstrip("\\").rstrip())
        if not line.rstrip().endswith("\\"):
            yield start, " ".join(parts)
            parts = []


def _image(rest: str) -> tuple[str, str]:
    """The image of a FROM, and what the stage is called."""
    words = [one for one in rest.split() if not one.startswith("--")]
    named = len(words) > 2 and words[1].lower() == "as"  # noqa: PLR2004  - FROM image AS name
    return (words[0] if words else "", words[2] if named else "")


def _base(name: str, number: int, image: str, stages: dict[str, str]) -> Iterator[Issue]:
    loose = "@" not in image and (":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest"))
    if image and loose and image != "scratch" and image.lower() not in stages and "$" not in image:
        yield _issue("image-not-fixed", name, number, image[:60])


def _yaml(name: str, text: str) -> list[Issue] | None:
    """Compose and Kubernetes; refused where it has tags or templates, or is no YAML."""
    if not re.search(r"^(services|kind):", text, re.MULTILINE):
        return None
    found: list[Issue] = []
    lines = text.splitlines()
    for part in re.split(r"^---.*$", text, flags=re.MULTILINE):
        value = as_map(merged(load_yaml(part, "code", LIMITS)))
        found += _compose(name, value, lines) if isinstance(value.get("services"), dict) else []
        found += _kubernetes(name, value, lines) if isinstance(value.get("kind"), str) else []
    return found


def _line_of(lines: list[str], *words: str) -> int:
    return next((n for n, line in enumerate(lines, 1) if all(word in line for word in words)), 1)


def _compose(name: str, value: dict[str, Any], lines: list[str]) -> Iterator[Issue]:
    for service, raw in as_map(value["services"]).items():
        one = as_map(raw)
        if one.get("privileged") is True:
            yield _issue("privileged", name, _line_of(lines, "privileged"), service)
        if one.get("network_mode") == "host":
            yield _issue("host-network", name, _line_of(lines, "network_mode"), service)
        if any("docker.sock" in str(mount) for mount in as_list(one.get("volumes"))):
            yield _issue("docker-socket", name, _line_of(lines, "docker.sock"), service)
        for port in as_list(one.get("ports")):
            said = _published(port)
            if said:
                yield _issue("port-open-to-all", name, _line_of(lines, *said.split(":")), f"{service} {said}")


def _published(port: Any) -> str:
    """'outside:inside' of a database's port that every network reaches; empty where it is none."""
    if isinstance(port, dict):
        written = as_map(port)
        outside, inside = (str(written.get(key, "")) for key in ("published", "target"))
        parts = [outside, inside] if outside and not written.get("host_ip") else []
    else:
        parts = str(port).split(":")
    both = len(parts) == 2  # noqa: PLR2004  - host and container; three name an address
    return ":".join(parts) if both and parts[1].split("/")[0] in DATABASE_PORTS else ""


def _kubernetes(name: str, value: dict[str, Any], lines: list[str]) -> Iterator[Issue]:
    for pod in _pods(value):
        if pod.get("hostNetwork") is True:
            yield _issue("host-network", name, _line_of(lines, "hostNetwork"), "")
        outer = as_map(pod.get("securityContext"))
        for one in [*as_list(pod.get("containers")), *as_list(pod.get("initContainers"))]:
            inner = as_map(as_map(one).get("securityContext"))
            called = as_text(as_map(one).get("name"))
            if inner.get("privileged") is True:
                yield _issue("privileged", name, _line_of(lines, "privileged"), called)
            rootless = inner.get("runAsNonRoot", outer.get("runAsNonRoot")) is True
            if not rootless and inner.get("privileged") is not True:
                yield _issue("may-become-root", name, _line_of(lines, called) if called else 1, called)


def _pods(value: Any) -> Iterator[dict[str, Any]]:
    """Every part that has containers, however deep."""
    stack: list[Any] = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            if isinstance(as_map(here).get("containers"), list):
                yield as_map(here)
            stack += list(as_map(here).values())
        else:
            stack += as_list(here)


def workflow_texts(gathered: Gathered) -> dict[str, str]:
    """Workflows of GitHub among the files."""
    return {
        name: gathered.text(name)
        for name in gathered.names
        if re.search(r"(^|/)\.github/workflows/[^/]+\.ya?ml$", name)
        or (name.endswith((".yml", ".yaml")) and _looks_like_workflow(gathered.text(name)))
    }


def _looks_like_workflow(text: str) -> bool:
    return all(re.search(rf"^{word}", text, re.MULTILINE) for word in ("on:", "jobs:")) and "runs-on:" in text
