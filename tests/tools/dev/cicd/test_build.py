"""Built workflows against GitHub's schema, the audit, and what a description asks for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio_magics.tools.dev.cicd import TOOL
from studio_magics.tools.dev.cicd.inputs import PipelineInput
from studio_magics.tools.dev.documents import load_yaml
from tests.tools.dev.folder_context import assert_forecast_is_near

EXAMPLE = TOOL.example.split("\n", 1)[1]
CHECKER = Path(sys.executable).parent / "check-jsonschema"
WORKFLOW, UPDATES = ".github/workflows/ci.yml", ".github/dependabot.yml"
KINDS = {
    "example": EXAMPLE,
    "uv": {"language": "python", "package_manager": "uv", "versions": ["3.13"]},
    "npm": {"language": "node", "publish": "npm", "steps": {"install": "npm ci", "build": "npm run build"}},
    "pnpm": {"language": "node", "package_manager": "pnpm", "services": ["postgres", "redis"]},
    "go": {"language": "go", "publish": "container", "image": "ghcr.io/acme/shop"},
    "other registry": {"language": "go", "publish": "container", "image": "registry.acme.example/shop"},
    "rust": {"language": "rust", "versions": ["1.82", "stable"]},
    "java": {"language": "java", "package_manager": "gradle", "systems": ["ubuntu-24.04", "macos-15"]},
    "own": {
        "language": "other",
        "jobs": {"one": {"run": ["make"]}, "two": {"run": "make x", "needs": ["one"]}},
    },
    "folder": {"language": "python", "folder": "services/api", "steps": {"test": "pytest", "build": "make"}},
}


@pytest.fixture(params=KINDS, ids=list(KINDS))
def made(request, build, context):
    """The result and the workflow of every kind of description."""
    result = build(KINDS[request.param])
    return result, load_yaml(context.artefacts[WORKFLOW].decode(), "test")


def test_the_files_of_every_kind_pass_the_checker_of_their_formats(build, context, tmp_path):
    for number, kind in enumerate(KINDS.values()):
        build(kind)
        for name in (WORKFLOW, UPDATES):
            tmp_path.joinpath(f"{Path(name).stem}-{number}.yml").write_bytes(context.artefacts[name])
    for schema, names in (("vendor.github-workflows", "ci-*.yml"), ("vendor.dependabot", "dependabot-*.yml")):
        command = [CHECKER, "--builtin-schema", schema, *sorted(tmp_path.glob(names))]
        assert len(command) == 3 + len(KINDS)
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_the_audit_of_security_has_nothing_to_say(made):
    result, _ = made
    assert result.summary["audit_findings"] == 0
    assert result.findings == ()


def test_every_action_is_pinned_to_a_commit_and_says_its_version(made, context):
    text = context.artefacts[WORKFLOW].decode()
    uses = [line.split("uses: ")[1] for line in text.splitlines() if "uses: " in line]
    assert uses
    for one in uses:
        commit, version = one.split("@")[1].split(" # ")
        assert len(commit) == 40
        assert version.startswith("v")


def test_no_right_is_given_to_the_whole_workflow_and_every_job_has_a_limit(made):
    _, workflow = made
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert 1 <= int(job["timeout-minutes"]) <= 360
        assert job["permissions"]["contents"] == "read"


def test_the_example_has_the_jobs_matrix_and_triggers_that_it_asks_for(build, context):
    build(EXAMPLE)
    workflow = load_yaml(context.artefacts[WORKFLOW].decode(), "test")
    assert list(workflow["jobs"]) == ["check", "build", "publish", "announce"]
    matrix = workflow["jobs"]["check"]["strategy"]["matrix"]
    assert matrix == {"version": ["3.11", "3.12", "3.13"], "system": ["ubuntu-24.04", "windows-2025"]}
    assert workflow["on"]["push"] == {"branches": ["main"], "tags": ["v*"]}
    assert workflow["on"]["schedule"] == [{"cron": "0 4 * * 1"}]
    assert workflow["jobs"]["publish"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["jobs"]["announce"]["steps"][1]["env"] == {"CHAT_WEBHOOK": "${{ secrets.CHAT_WEBHOOK }}"}


def test_nothing_is_cached_where_something_is_published(build, context):
    build({"language": "node", "publish": "npm"})
    assert "cache: npm" not in context.artefacts[WORKFLOW].decode()
    build({"language": "node"})
    assert "cache: npm" in context.artefacts[WORKFLOW].decode()


def test_python_objects_build_the_same_as_the_text(build, context):
    build(EXAMPLE)
    first = dict(context.artefacts)
    build(load_yaml(EXAMPLE, "test"))
    assert context.artefacts == first


def test_kernel_and_server_give_the_same_answer(build, context):
    here, files = build(EXAMPLE), dict(context.artefacts)
    context.place = "server"
    assert build(EXAMPLE) == here
    assert context.artefacts == files


def test_the_graph_shows_every_job_and_what_waits(build):
    figure = build(EXAMPLE).figures[0]
    assert "publish waits for build" in figure.alt_text
    assert figure.mermaid.startswith("flowchart LR")
    assert "j2 --> j3" in figure.mermaid


PYTHON = {
    "pyproject.toml": "[build-system]\nrequires = ['x']\n[project]\nname = 'a'\n"
    "requires-python = '>=3.11,<3.13'\n[project.optional-dependencies]\ntest = ['pytest']\n"
    "[tool.ruff]\n[tool.mypy]\n",
    "src/a.py": "x = 1\n",
    "tests/test_a.py": "def test_a(): ...\n",
}
REPOSITORIES = [
    (
        PYTHON,
        [
            "python -m pip install -e '.[test]'",
            "python -m ruff check .",
            "python -m mypy .",
            "python -m pytest",
        ],
    ),
    ({**PYTHON, "uv.lock": ""}, ["uv sync --locked --all-extras", "uv run pytest"]),
    (
        {
            "package.json": json.dumps({"scripts": {"lint": "eslint .", "test": "vitest"}}),
            "pnpm-lock.yaml": "",
        },
        ["pnpm install --frozen-lockfile", "pnpm run lint", "pnpm run test"],
    ),
    ({"go.mod": "module a\n"}, ["go vet ./...", "go test -race ./..."]),
    ({"Cargo.toml": "[package]\n"}, ["cargo test --locked"]),
    ({"pom.xml": "<project/>", "mvnw": ""}, ["./mvnw --batch-mode verify"]),
    ({"Makefile": "test:\n\tx\n"}, ["make test"]),
]


@pytest.mark.parametrize(
    ("files", "commands"), REPOSITORIES, ids=[next(iter(one[0])) for one in REPOSITORIES]
)
def test_a_repository_is_built_as_its_files_say(detected, context, files, commands):
    result = detected(files)
    text = context.artefacts[WORKFLOW].decode()
    for command in commands:
        assert command in text
    assert result.summary["audit_findings"] == 0
    assert result.tables[1].title == "Seen in the repository"


def test_the_versions_are_those_that_requires_python_allows(detected, context):
    detected(PYTHON)
    workflow = load_yaml(context.artefacts[WORKFLOW].decode(), "test")
    assert workflow["jobs"]["check"]["strategy"]["matrix"]["version"] == ["3.11", "3.12"]


def test_a_newer_table_of_pins_replaces_the_rows_of_the_embedded_one(build, context):
    commit = "1234567890" * 4
    table = (
        f'as_of = 2026-02-20\n[actions]\n"actions/checkout" = {{ version = "v9.0.0", commit = "{commit}" }}\n'
    )
    result = build(EXAMPLE, pins=context.keep("pins.toml", table.encode()))
    assert f"actions/checkout@{commit} # v9.0.0" in context.artefacts[WORKFLOW].decode()
    assert "# v5.6.0" in context.artefacts[WORKFLOW].decode()
    assert result.provenance.data_as_of["commits of actions"] == "2026-02-20"


@pytest.mark.measures_time
def test_the_forecast_is_near_what_a_metered_run_uses(context):
    assert_forecast_is_near("studio_magics.tools.dev.cicd", PipelineInput(pipeline=EXAMPLE), context)
