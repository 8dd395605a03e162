"""What a repository says about how it is built: its language, tools, tests and versions."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cicd.pipeline import Language, Pipeline
from studio_magics.tools.dev.documents import as_map, as_text
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.names import shown
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.contracts.inputs import InputFile, InputFolder
    from studio_magics.tools.base import RunContext

MAX_READ_BYTES = 1_000_000
MARKS: tuple[tuple[str, Language], ...] = (
    ("pyproject.toml", "python"),
    ("setup.py", "python"),
    ("setup.cfg", "python"),
    ("requirements.txt", "python"),
    ("package.json", "node"),
    ("go.mod", "go"),
    ("Cargo.toml", "rust"),
    ("pom.xml", "java"),
    ("build.gradle", "java"),
    ("build.gradle.kts", "java"),
    ("Makefile", "other"),
)


class Repository:
    """The files of a repository, read where they are asked for."""

    def __init__(self, folder: InputFolder, context: RunContext) -> None:
        self.files = {one.name: one for one in folder.files}
        self._context = context

    def text(self, name: str) -> str:
        """The text of a small file; empty where there is none."""
        file: InputFile | None = self.files.get(name)
        if file is None or file.size_bytes > MAX_READ_BYTES:
            return ""
        return self._context.path(file).read_bytes().decode("utf-8", "replace")

    def has(self, *names: str) -> bool:
        """Whether one of these files is there."""
        return any(name in self.files for name in names)

    def any_name(self, *parts: str) -> bool:
        """Whether the name of a file holds one of these parts."""
        return any(part in name for name in self.files for part in parts)


def detect(folder: InputFolder, context: RunContext) -> Pipeline:
    """The pipeline that the repository suggests, with the reasons.

    Raises:
        InputRejected: Nothing in it says how it is built.
    """
    repository = Repository(folder, context)
    mark = next((one for one in MARKS if repository.has(one[0])), None)
    if mark is None:
        endings = sorted({name.rsplit(".", 1)[-1] for name in repository.files if "." in name})[:12]
        raise InputRejected(
            "repository",
            found=f"no file that says how {shown(folder.name)} is built; endings: "
            f"{', '.join(endings) or 'none'}",
            allowed=", ".join(name for name, _ in MARKS),
            action="give the root of the repository, or describe the pipeline",
        )
    name, language = mark
    known: dict[Language, Callable[[Repository], Pipeline]] = {
        "python": _python, "node": _node, "java": _java,
    }  # fmt: skip
    made = known[language](repository) if language in known else _plain(repository, language)
    reasons = ((f"language {language}", name), *made.reasons)
    if repository.has("Dockerfile"):
        reasons += (("the image can be built, not published: no registry is named", "Dockerfile"),)
    return replace(made, reasons=reasons)


def _python(repository: Repository) -> Pipeline:
    project = _toml(repository.text("pyproject.toml"))
    tools = as_map(project.get("tool"))
    requires = as_text(as_map(project.get("project")).get("requires-python"))
    manager = "uv" if repository.has("uv.lock") else "poetry" if repository.has("poetry.lock") else "pip"
    reasons = [
        (
            f"package manager {manager}",
            {"uv": "uv.lock", "poetry": "poetry.lock"}.get(manager, "no other lock"),
        )
    ]
    versions = _versions(requires)
    if requires:
        reasons.append((f"versions {', '.join(versions)}", f"requires-python {requires}"))
    steps: dict[str, tuple[str, ...]] = {"install": _python_install(repository, project, manager)}
    run = {"uv": "uv run ", "poetry": "poetry run "}.get(manager, "python -m ")
    if "ruff" in tools or repository.has("ruff.toml"):
        steps["lint"] = (f"{run}ruff check .",)
        reasons.append(("lint with ruff", "ruff settings"))
    if "mypy" in tools or repository.has("mypy.ini"):
        steps["types"] = (f"{run}mypy .",)
        reasons.append(("types with mypy", "mypy settings"))
    tested = (
        "pytest" in tools
        or repository.has("pytest.ini", "conftest.py")
        or repository.any_name("tests/", "test_")
    )
    steps["test"] = (f"{run}pytest",) if tested else ()
    reasons.append(
        ("tests with pytest", "test files or settings") if tested else ("no tests", "no test files")
    )
    steps["build"] = (
        (("uv build",) if manager == "uv" else ("python -m pip install build", "python -m build"))
        if ("build-system" in project)
        else ()
    )
    return Pipeline(
        language="python",
        manager=manager,
        versions=versions,
        steps=steps,
        reasons=tuple(reasons),
        services=_services(repository.text("pyproject.toml") + repository.text("requirements.txt")),
    )


def _python_install(repository: Repository, project: dict[str, Any], manager: str) -> tuple[str, ...]:
    if manager == "uv":
        return ("python -m pip install uv", "uv sync --locked --all-extras")
    if manager == "poetry":
        return ("python -m pip install poetry", "poetry install --no-interaction")
    extras = as_map(as_map(project.get("project")).get("optional-dependencies"))
    extra = next((f"[{name}]" for name in ("dev", "test", "tests") if name in extras), "")
    lines: list[str] = []
    if repository.has("requirements.txt"):
        lines.append("python -m pip install -r requirements.txt")
    if "build-system" in project or repository.has("setup.py"):
        lines.append(f"python -m pip install -e '.{extra}'")
    return (*lines, "python -m pip install pytest") if not extra else tuple(lines)


def _versions(requires: str) -> tuple[str, ...]:
    """The released Pythons that a 'requires-python' allows, the lowest and the highest three."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(requires)
    except InvalidSpecifier:
        return ("3.12",)
    known = [f"3.{minor}" for minor in range(9, 14)]
    fitting = [one for one in known if wanted.contains(f"{one}.1")]
    return tuple(fitting[-3:]) or ("3.12",) if requires else ("3.12",)


def _node(repository: Repository) -> Pipeline:
    try:
        package = as_map(load_json(repository.text("package.json").encode()))
    except IntakeRefused as refused:
        raise InputRejected("repository", found=f"package.json: {refused.found}", allowed="JSON") from refused
    scripts = as_map(package.get("scripts"))
    manager = "pnpm" if repository.has("pnpm-lock.yaml") else "yarn" if repository.has("yarn.lock") else "npm"
    locked = repository.has("package-lock.json", "pnpm-lock.yaml", "yarn.lock")
    install = {"npm": "npm ci" if locked else "npm install", "pnpm": "pnpm install --frozen-lockfile",
               "yarn": "yarn install --frozen-lockfile"}[manager]  # fmt: skip
    lines = (install,) if manager == "npm" else (f"corepack enable {manager}", install)
    steps: dict[str, tuple[str, ...]] = {"install": lines}
    reasons = [(f"package manager {manager}", "its lock file" if locked else "no lock file")]
    for step, names in (
        ("lint", ("lint",)),
        ("types", ("typecheck", "types")),
        ("test", ("test",)),
        ("build", ("build",)),
    ):
        name = next((one for one in names if one in scripts), None)
        if name and "no test specified" not in str(scripts[name]):
            steps[step] = (f"{manager} run {name}",)
            reasons.append((f"{step} with '{name}'", "scripts of package.json"))
    wanted = as_text(as_map(package.get("engines")).get("node"))
    version = "".join(sign for sign in wanted if sign.isdigit() or sign == ".").split(".")[0]
    return Pipeline(
        language="node", manager=manager, versions=(version or "22",), steps=steps, reasons=tuple(reasons),
        services=_services(json.dumps(package)),
    )  # fmt: skip


def _java(repository: Repository) -> Pipeline:
    manager = "maven" if repository.has("pom.xml") else "gradle"
    wrapped = repository.has("mvnw", "gradlew")
    command = {"maven": "./mvnw" if wrapped else "mvn", "gradle": "./gradlew" if wrapped else "gradle"}[
        manager
    ]
    goal = "--batch-mode verify" if manager == "maven" else "build"
    reasons = ((f"{manager}{' with wrapper' if wrapped else ''}", "build file"),)
    return Pipeline(language="java", manager=manager, versions=("21",), reasons=reasons,
                    steps={"test": (f"{command} {goal}",)})  # fmt: skip


def _plain(repository: Repository, language: Language) -> Pipeline:
    """Languages whose own tool does everything."""
    if language == "go":
        steps = {"lint": ("go vet ./...",), "test": ("go test -race ./...",), "build": ("go build ./...",)}
        return Pipeline(language="go", manager="go", steps=steps, reasons=(("go vet and go test", "go.mod"),))
    if language == "rust":
        steps = {
            "lint": ("cargo clippy --all-targets -- -D warnings",), "test": ("cargo test --locked",),
            "build": ("cargo build --release --locked",),
        }  # fmt: skip
        return Pipeline(
            language="rust", manager="cargo", steps=steps, reasons=(("clippy and cargo test", "Cargo.toml"),)
        )
    targets = [
        line.split(":")[0]
        for line in repository.text("Makefile").splitlines()
        if line[:1].isalpha() and ":" in line
    ]
    steps = {name: (f"make {name}",) for name in ("lint", "test", "build") if name in targets}
    if not steps:
        raise InputRejected(
            "repository", found="a Makefile without lint, test or build", allowed="one of these targets",
            action="describe the steps instead",
        )  # fmt: skip
    return Pipeline(
        language="other", manager="none", steps=steps, reasons=(("make", "targets of the Makefile"),)
    )


def _services(text: str) -> tuple[str, ...]:
    words = {"postgres": ("psycopg", "asyncpg", '"pg"'), "mysql": ("mysql", "pymysql"), "redis": ("redis",)}
    return tuple(name for name, marks in words.items() if any(mark in text for mark in marks))


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRejected(
            "repository", found="a pyproject.toml that is not TOML", allowed="TOML"
        ) from error
