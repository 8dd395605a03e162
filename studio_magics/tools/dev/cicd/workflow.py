"""A description becomes a GitHub Actions workflow: pinned, with least rights, limits and no leftovers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.cicd.pipeline import VERSIONS, OwnJob, Pipeline

if TYPE_CHECKING:
    from studio_magics.tools.dev.cicd.pins import Pins

ARTIFACT_DAYS = 7
NPM_WITH_TRUST = "24"
"""The Node.js whose npm publishes without a stored token."""
PLAIN = "ubuntu-24.04"
OFTEN = "--health-interval 5s --health-timeout 5s --health-retries 10"
SERVICES: dict[str, dict[str, Any]] = {
    "postgres": {
        "image": "postgres:17",
        "ports": ["5432:5432"],
        "env": {"POSTGRES_HOST_AUTH_METHOD": "trust"},
        "options": f"--health-cmd pg_isready {OFTEN}",
    },
    "mysql": {
        "image": "mysql:8.4",
        "ports": ["3306:3306"],
        "env": {"MYSQL_ALLOW_EMPTY_PASSWORD": "yes"},
        "options": f"--health-cmd 'mysqladmin ping' {OFTEN}",
    },
    "redis": {
        "image": "redis:8",
        "ports": ["6379:6379"],
        "options": f"--health-cmd 'redis-cli ping' {OFTEN}",
    },
}
DEFAULT_STEPS: dict[str, dict[str, tuple[str, ...]]] = {
    "python": {"install": ("python -m pip install -e '.[test]'",), "test": ("python -m pytest",)},
    "node": {"install": ("npm ci",), "test": ("npm test",)},
    "go": {"lint": ("go vet ./...",), "test": ("go test -race ./...",)},
    "rust": {"lint": ("cargo clippy --all-targets -- -D warnings",), "test": ("cargo test --locked",)},
    "java": {"test": ("mvn --batch-mode verify",)},
    "other": {},
}
BUILDS = {
    "python-index": ("python -m pip install build", "python -m build"),
    "npm": ("npm pack --pack-destination dist",),
}
RESULTS = {
    "python": "dist/",
    "node": "dist/",
    "go": "dist/",
    "rust": "target/release/",
    "java": "target/",
    "other": "dist/",
}


def workflow_of(pipeline: Pipeline, pins: Pins) -> dict[str, Any]:
    """The workflow as GitHub reads it."""
    jobs: dict[str, Any] = {}
    if pipeline.language != "other" or pipeline.steps:
        jobs["check"] = _check(pipeline, pins)
    build = _build(pipeline, pins)
    if build:
        jobs["build"] = build
    publish = _publish(pipeline, pins, tuple(jobs))
    if publish:
        jobs["publish"] = publish
    for own in pipeline.jobs:
        jobs[own.name] = _own(own, pins)
    return {
        "name": pipeline.name,
        "on": _triggers(pipeline),
        "permissions": {},
        "concurrency": {
            "group": "${{ github.workflow }}-${{ github.ref }}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "jobs": jobs,
    }


def _triggers(pipeline: Pipeline) -> dict[str, Any]:
    push: dict[str, Any] = {"branches": list(pipeline.branches)}
    if pipeline.publish != "none":
        push["tags"] = ["v*"]
    found: dict[str, Any] = {"push": push, "pull_request": {"branches": list(pipeline.branches)}}
    if pipeline.schedule:
        found["schedule"] = [{"cron": pipeline.schedule}]
    return {**found, "workflow_dispatch": None}


def _job(name: str, runs_on: str, minutes: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "runs-on": runs_on, "timeout-minutes": minutes,
        "permissions": more.pop("permissions", {"contents": "read"}), **more,
    }  # fmt: skip


def _check(pipeline: Pipeline, pins: Pins) -> dict[str, Any]:
    usual = VERSIONS[pipeline.language]
    versions: tuple[str, ...] = pipeline.versions or ((usual,) if usual else ())
    matrix: dict[str, Any] = {}
    if len(versions) > 1:
        matrix["version"] = list(versions)
    if len(pipeline.systems) > 1:
        matrix["system"] = list(pipeline.systems)
    version = "${{ matrix.version }}" if "version" in matrix else "".join(versions[:1])
    system = "${{ matrix.system }}" if "system" in matrix else "".join(pipeline.systems[:1])
    more: dict[str, Any] = {"strategy": {"fail-fast": False, "matrix": matrix}} if matrix else {}
    if pipeline.services:
        more["services"] = {name: SERVICES[name] for name in pipeline.services}
    more |= _inside(pipeline)
    steps = [_checkout(pins), *_setup(pipeline, pins, version)]
    for step in ("install", "lint", "types", "test"):
        steps += _run(step, commands_of(pipeline, step))
    parts = [f"${{{{ matrix.{name} }}}}" for name in matrix]
    named = f"Check ({', '.join(parts)})" if parts else "Check"
    return _job(named, system, pipeline.timeout_minutes, **more, steps=steps)


def _inside(pipeline: Pipeline) -> dict[str, Any]:
    return {"defaults": {"run": {"working-directory": pipeline.folder}}} if pipeline.folder != "." else {}


def commands_of(pipeline: Pipeline, step: str) -> tuple[str, ...]:
    """The commands of a step: those described, else the usual ones of the language."""
    if step in pipeline.steps:
        return pipeline.steps[step]
    return () if pipeline.steps else DEFAULT_STEPS[pipeline.language].get(step, ())


def _checkout(pins: Pins) -> dict[str, Any]:
    return {"name": "Check out", "uses": pins.of("actions/checkout"), "with": {"persist-credentials": False}}


def _setup(pipeline: Pipeline, pins: Pins, version: str) -> list[dict[str, Any]]:
    """The language; a cache only where nothing is published, for a poisoned one would be published too."""
    language, cached = pipeline.language, pipeline.publish == "none"
    if language == "rust":
        return [
            {
                "name": "Set up Rust",
                "run": f"rustup toolchain install {version or 'stable'} --profile minimal "
                "--component clippy && rustup default " + (version or "stable"),
            }
        ]
    if language == "other":
        return []
    with_: dict[str, Any] = {f"{language}-version": version}
    if language == "java":
        with_["distribution"] = "temurin"
    if language == "go":
        with_["cache"] = cached
    elif language == "node" and not cached:
        with_["package-manager-cache"] = False
    elif cached and _can_cache(pipeline):
        with_["cache"] = pipeline.manager
    title = {"python": "Python", "node": "Node.js", "go": "Go", "java": "Java"}[language]
    return [{"name": f"Set up {title}", "uses": pins.of(f"actions/setup-{language}"), "with": with_}]


def _can_cache(pipeline: Pipeline) -> bool:
    return pipeline.manager in {"pip", "npm", "maven", "gradle"}


def _run(step: str, commands: tuple[str, ...]) -> list[dict[str, Any]]:
    titles = {"install": "Install", "lint": "Lint", "types": "Check types", "test": "Test", "build": "Build"}
    return [{"name": titles[step], "run": "\n".join(commands)}] if commands else []


def _build(pipeline: Pipeline, pins: Pins) -> dict[str, Any]:
    if pipeline.publish == "container":
        return _image(pipeline, pins)
    commands = commands_of(pipeline, "build") or BUILDS.get(pipeline.publish, ())
    if not commands:
        return {}
    version = pipeline.versions[-1] if pipeline.versions else VERSIONS[pipeline.language]
    before = commands_of(pipeline, "install") if pipeline.language == "node" else ()
    steps = [
        _checkout(pins),
        *_setup(pipeline, pins, version),
        *_run("install", before),
        *_run("build", commands),
    ]
    steps.append(
        {
            "name": "Keep the result",
            "uses": pins.of("actions/upload-artifact"),
            "with": {
                "name": "build",
                "path": _path(pipeline, RESULTS[pipeline.language]),
                "retention-days": ARTIFACT_DAYS,
                "if-no-files-found": "error" if pipeline.publish != "none" else "ignore",
            },
        }
    )
    more = _inside(pipeline)
    return _job("Build", PLAIN, pipeline.timeout_minutes, needs=["check"], **more, steps=steps)


def _path(pipeline: Pipeline, inside: str) -> str:
    return inside if pipeline.folder == "." else f"{pipeline.folder}/{inside}"


def _image(pipeline: Pipeline, pins: Pins) -> dict[str, Any]:
    steps = [
        _checkout(pins),
        {"name": "Set up Buildx", "uses": pins.of("docker/setup-buildx-action")},
        {
            "name": "Build the image",
            "uses": pins.of("docker/build-push-action"),
            "with": {"context": pipeline.folder, "push": False, "tags": f"{pipeline.image}:check"},
        },
    ]
    return _job("Build the image", PLAIN, pipeline.timeout_minutes, needs=["check"], steps=steps)


TAGGED = "github.event_name == 'push' && startsWith(github.ref, 'refs/tags/v')"


def _publish(pipeline: Pipeline, pins: Pins, before: tuple[str, ...]) -> dict[str, Any]:
    if pipeline.publish == "none":
        return {}
    steps, rights = {
        "container": _publish_image, "python-index": _publish_python, "npm": _publish_npm,
    }[pipeline.publish](pipeline, pins)  # fmt: skip
    job = _job("Publish", PLAIN, pipeline.timeout_minutes, permissions=rights, needs=list(before))
    return {"if": TAGGED, **job, "environment": "release", "steps": steps}


_Published = tuple[list[dict[str, Any]], dict[str, str]]


def _publish_image(pipeline: Pipeline, pins: Pins) -> _Published:
    registry = pipeline.image.split("/")[0]
    own = registry == "ghcr.io"
    login = {
        "registry": registry,
        "username": "${{ github.actor }}" if own else "${{ secrets.REGISTRY_USER }}",
        "password": "${{ secrets.GITHUB_TOKEN }}" if own else "${{ secrets.REGISTRY_TOKEN }}",
    }
    steps = [
        _checkout(pins),
        {"name": "Set up Buildx", "uses": pins.of("docker/setup-buildx-action")},
        {"name": "Sign in to the registry", "uses": pins.of("docker/login-action"), "with": login},
        {
            "name": "Build and push",
            "uses": pins.of("docker/build-push-action"),
            "with": {
                "context": pipeline.folder,
                "push": True,
                "tags": f"{pipeline.image}:${{{{ github.ref_name }}}}",
                "provenance": "mode=max",
                "sbom": True,
            },
        },
    ]
    return steps, {"contents": "read", **({"packages": "write"} if own else {})}


def _publish_python(_pipeline: Pipeline, pins: Pins) -> _Published:
    steps = [_download(pins), {"name": "Publish", "uses": pins.of("pypa/gh-action-pypi-publish")}]
    return steps, {"contents": "read", "id-token": "write"}


def _publish_npm(_pipeline: Pipeline, pins: Pins) -> _Published:
    steps = [
        _download(pins),
        {
            "name": "Set up Node.js",
            "uses": pins.of("actions/setup-node"),
            "with": {"node-version": NPM_WITH_TRUST, "package-manager-cache": False},
        },
        {"name": "Publish", "run": "npm publish dist/*.tgz --provenance --access public"},
    ]
    return steps, {"contents": "read", "id-token": "write"}


def _download(pins: Pins) -> dict[str, Any]:
    return {
        "name": "Fetch the result",
        "uses": pins.of("actions/download-artifact"),
        "with": {"name": "build", "path": "dist/"},
    }


def _own(own: OwnJob, pins: Pins) -> dict[str, Any]:
    more: dict[str, Any] = {"needs": list(own.needs)} if own.needs else {}
    if own.environment:
        more["environment"] = own.environment
    step: dict[str, Any] = {"name": own.name, "run": "\n".join(own.run)}
    if own.secrets:
        step["env"] = {name: f"${{{{ secrets.{name} }}}}" for name in own.secrets}
    return _job(own.name, own.system, own.timeout_minutes, **more, steps=[_checkout(pins), step])


def dependabot_of(pipeline: Pipeline) -> dict[str, Any]:
    """Keeps actions and dependencies fresh; updates wait a week: a hijacked release is noticed by then."""
    systems = {
        "python": "pip",
        "node": "npm",
        "go": "gomod",
        "rust": "cargo",
        "java": pipeline.manager or "maven",
    }
    wanted = ["github-actions"]
    if pipeline.language in systems:
        wanted.append("uv" if pipeline.manager == "uv" else systems[pipeline.language])
    folder = "/" if pipeline.folder == "." else f"/{pipeline.folder}"
    return {
        "version": 2,
        "updates": [
            {
                "package-ecosystem": one,
                "directory": "/" if one == "github-actions" else folder,
                "schedule": {"interval": "weekly"},
                "cooldown": {"default-days": 7},
                "groups": {"all": {"patterns": ["*"]}},
            }
            for one in wanted
        ],
    }
