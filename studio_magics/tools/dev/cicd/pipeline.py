"""What a person wants of a pipeline, as a description in YAML, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from studio_magics.tools.dev.clear_secrets import clear_secret

if TYPE_CHECKING:
    from studio_magics.tools.dev.documents import Part

Language = Literal["python", "node", "go", "rust", "java", "other"]
LANGUAGES: tuple[Language, ...] = ("python", "node", "go", "rust", "java", "other")
MANAGERS: dict[str, tuple[str, ...]] = {
    "python": ("pip", "uv", "poetry"), "node": ("npm", "pnpm", "yarn"), "go": ("go",), "rust": ("cargo",),
    "java": ("maven", "gradle"), "other": ("none",),
}  # fmt: skip
VERSIONS = {"python": "3.12", "node": "22", "go": "1.24", "rust": "stable", "java": "21", "other": ""}
PUBLISHES = ("none", "container", "python-index", "npm")
SERVICES = ("postgres", "mysql", "redis")
RUNNERS = (
    "ubuntu-24.04", "ubuntu-22.04", "ubuntu-26.04", "ubuntu-latest", "ubuntu-24.04-arm", "ubuntu-26.04-arm",
    "windows-2025", "windows-2022", "windows-latest", "windows-11-arm", "macos-15", "macos-26",
    "macos-latest", "macos-15-intel", "macos-26-intel",
)  # fmt: skip
STEP_NAMES = ("install", "lint", "types", "test", "build")
TOP_KEYS = (
    "name", "language", "versions", "package_manager", "systems", "branches", "steps", "services", "publish",
    "image", "schedule", "timeout_minutes", "jobs", "folder",
)  # fmt: skip
JOB_KEYS = ("needs", "run", "environment", "secrets", "timeout_minutes", "system")
NAME = r"[A-Za-z_][A-Za-z0-9_-]{0,60}"
BRANCH = r"[A-Za-z0-9_][A-Za-z0-9_./*-]{0,100}"
CRON = re.compile(r"[\d*/,\-A-Z]+( [\d*/,\-A-Z?L]+){4}")
MAX_MATRIX = 64


@dataclass(frozen=True)
class OwnJob:
    """A job of the person's own."""

    name: str
    run: tuple[str, ...]
    needs: tuple[str, ...] = ()
    environment: str = ""
    secrets: tuple[str, ...] = ()
    timeout_minutes: int = 15
    system: str = "ubuntu-24.04"


@dataclass(frozen=True)
class Pipeline:
    """The whole description."""

    name: str = "Continuous integration"
    language: Language = "python"
    versions: tuple[str, ...] = ()
    manager: str = ""
    systems: tuple[str, ...] = ("ubuntu-24.04",)
    branches: tuple[str, ...] = ("main",)
    steps: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """install, lint, types, test, build → commands; an empty tuple leaves it out."""
    services: tuple[str, ...] = ()
    publish: str = "none"
    image: str = ""
    schedule: str = ""
    timeout_minutes: int = 15
    folder: str = "."
    jobs: tuple[OwnJob, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    """What was decided, and what it was seen in."""


def read_pipeline(part: Part) -> Pipeline:
    """The description.

    Raises:
        InputRejected: Something is unknown, contradicts something else, or is a secret in clear.
    """
    top = part.entries(TOP_KEYS)
    language = cast("Language", top["language"].choice(LANGUAGES)) if "language" in top else "python"
    managers = MANAGERS[language]
    publish = top["publish"].choice(PUBLISHES) if "publish" in top else "none"
    made = Pipeline(
        name=top["name"].text(most=100) if "name" in top else "Continuous integration",
        language=language,
        versions=tuple(
            one.word(r"[\w.+-]{1,20}", "a version such as 3.12") for one in _items(top, "versions", 10)
        ),
        manager=top["package_manager"].choice(managers) if "package_manager" in top else managers[0],
        systems=tuple(one.choice(RUNNERS) for one in _items(top, "systems", 8)) or ("ubuntu-24.04",),
        branches=tuple(one.word(BRANCH, "the name of a branch") for one in _items(top, "branches", 10))
        or ("main",),
        steps=_steps(top["steps"]) if "steps" in top else {},
        services=tuple(one.choice(SERVICES) for one in _items(top, "services", 3)),
        publish=publish,
        image=top["image"].word(r"[a-z0-9][a-z0-9._/-]{1,200}", "registry/owner/name")
        if "image" in top
        else "",
        schedule=_cron(top["schedule"]) if "schedule" in top else "",
        timeout_minutes=top["timeout_minutes"].integer(1, 360) if "timeout_minutes" in top else 15,
        folder=top["folder"].word(r"[\w.-]+(/[\w.-]+)*", "a folder of the repository")
        if "folder" in top
        else ".",
        jobs=_jobs(top["jobs"]) if "jobs" in top else (),
    )
    _refuse_contradictions(part, top, made)
    return made


def _items(top: dict[str, Part], key: str, most: int) -> list[Part]:
    return top[key].items(most) if key in top else []


def _refuse_contradictions(part: Part, top: dict[str, Part], made: Pipeline) -> None:
    if made.publish == "container" and not made.image:
        top["publish"].refuse("'publish: container' without an image", "image: registry/owner/name")
    if made.publish == "python-index" and made.language != "python":
        top["publish"].refuse(f"'python-index' for {made.language}", "language: python")
    if made.publish == "npm" and made.language != "node":
        top["publish"].refuse(f"'npm' for {made.language}", "language: node")
    if len(made.versions or ("",)) * len(made.systems) > MAX_MATRIX:
        part.refuse("too many combinations of versions and systems", f"at most {MAX_MATRIX}")
    if made.services and any(not one.startswith("ubuntu") for one in made.systems):
        top["services"].refuse("services on a system that is not Linux", "ubuntu systems only")
    if made.language == "other" and not made.steps and not made.jobs:
        part.refuse("nothing to run", "steps or jobs, for example steps: {test: make test}")
    if ".." in made.folder.split("/"):
        top["folder"].refuse("a folder outside of the repository", "a folder of the repository")


def _commands(part: Part) -> tuple[str, ...]:
    commands = tuple(one.text(most=2_000) for one in part.items(20))
    for one in commands:
        kind = clear_secret(one)
        if kind:
            part.refuse(
                f"{kind} written in clear", "secrets by name", "add its name under 'secrets' of a job"
            )
        if "${{" in one:
            part.refuse(
                "an expression '${{ }}' in a command", "shell variables", "give it in 'secrets', use $NAME"
            )
    return commands


def _steps(part: Part) -> dict[str, tuple[str, ...]]:
    return {
        name: () if one.value in (False, None, []) else _commands(one)
        for name, one in part.entries(STEP_NAMES).items()
    }


def _cron(part: Part) -> str:
    value = part.text()
    fields = value.split(" ")
    ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    numbers_fit = len(fields) == len(ranges) and all(
        all(low <= int(number) <= high for number in re.findall(r"(?<!/)\b\d+", one))
        for one, (low, high) in zip(fields, ranges, strict=True)
    )
    if not CRON.fullmatch(value) or not numbers_fit:
        part.refuse(f"the schedule '{value[:60]}'", "five fields of cron, for example 0 3 * * 1")
    return value


def _jobs(part: Part) -> tuple[OwnJob, ...]:
    written = part.named(30)
    made = tuple(_job(name, one, written) for name, one in written.items())
    circle = circle_of({one.name: one.needs for one in made})
    if circle:
        part.refuse(f"jobs that wait for each other: {' → '.join(circle)}", "needs without a circle")
    return made


RESERVED = ("check", "build", "publish")


def _job(name: str, part: Part, written: dict[str, Part]) -> OwnJob:
    if not re.fullmatch(NAME, name) or name in RESERVED:
        part.refuse(f"the job name '{name[:60]}'", f"letters, digits, - and _, not {', '.join(RESERVED)}")
    entries = part.entries(JOB_KEYS, needed=("run",))
    known = [*written, *RESERVED]
    return OwnJob(
        name=name,
        run=_commands(entries["run"]),
        needs=tuple(one.choice(known) for one in _items(entries, "needs", 20)),
        environment=entries["environment"].word(r"[\w-]{1,60}", "a name") if "environment" in entries else "",
        secrets=tuple(
            one.word(r"[A-Z][A-Z0-9_]{0,60}", "NAMES in capitals") for one in _items(entries, "secrets", 20)
        ),
        timeout_minutes=entries["timeout_minutes"].integer(1, 360) if "timeout_minutes" in entries else 15,
        system=entries["system"].choice(RUNNERS) if "system" in entries else "ubuntu-24.04",
    )


def circle_of(needs: dict[str, tuple[str, ...]]) -> list[str]:
    """A circle of jobs that wait for each other, first and last the same; empty where there is none."""
    done: set[str] = set()
    for root in needs:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(root, 0)]
        while stack:
            here, next_one = stack.pop()
            if next_one == 0:
                if here in path:
                    return [*path[path.index(here) :], here]
                if here in done:
                    continue
                path.append(here)
            steps = needs.get(here, ())
            if next_one < len(steps):
                stack.append((here, next_one + 1))
                stack.append((steps[next_one], 0))
            else:
                path.remove(here)
                done.add(here)
    return []
