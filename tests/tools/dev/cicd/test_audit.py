"""Workflows that are there: planted faults, pinning, refusals."""

import json
from datetime import UTC, datetime

import pytest
import yaml
from pydantic import ValidationError

from studio_magics.contracts.inputs import InputFile
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cicd import TOOL
from studio_magics.tools.dev.cicd.inputs import PipelineInput
from tests.tools.dev.sarif_shape import assert_is_sarif

HEAD = (
    "name: x\non: push\npermissions: {}\nconcurrency: a\njobs:\n  one:\n    timeout-minutes: 5\n"
    "    runs-on: ubuntu-24.04\n"
)
SOUND = f"{HEAD}    permissions: {{contents: read}}\n    steps:\n      - run: make\n"


def job(extra="", steps="      - run: make\n", head=HEAD):
    return f"{head}    permissions: {{contents: read}}\n{extra}    steps:\n{steps}"


def codes(result):
    return {one.code for one in result.findings}


def test_a_sound_workflow_has_no_finding(audited):
    assert audited(SOUND).findings == ()


FAULTS = [
    (
        "template-injection",
        job(steps="      - run: echo ${{ github.event.issue.title }}\n").replace("on: push", "on: issues"),
    ),
    ("dangerous-triggers", SOUND.replace("on: push", "on: pull_request_target")),
    ("unpinned-uses", job(steps="      - uses: actions/cache@v4\n")),
    (
        "excessive-permissions",
        SOUND.replace("permissions: {}\n", "").replace("    permissions: {contents: read}\n", ""),
    ),
    ("artipacked", job(steps="      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8\n")),
    ("not-a-workflow", SOUND.replace("runs-on", "run-on")),
    ("unknown-name", job(steps="      - run: echo ${{ needs.two.result }}\n")),
    ("unknown-name", job(steps="      - run: echo ${{ matrix.version }}\n")),
    (
        "unknown-name",
        job(steps="      - run: echo ${{ steps.later.outputs.x }}\n      - {id: later, run: x}\n"),
    ),
    ("unknown-name", job(steps="      - run: echo ${{ gihtub.ref }}\n")),
    ("unknown-name", job(steps="      - run: echo ${{ upper(github.ref) }}\n")),
    ("no-time-limit", SOUND.replace("    timeout-minutes: 5\n", "")),
    ("no-concurrency", SOUND.replace("concurrency: a\n", "").replace("on: push", "on: pull_request")),
    ("empty-matrix", job("    strategy: {matrix: {version: []}}\n")),
    ("runner-retired", SOUND.replace("ubuntu-24.04", "ubuntu-20.04")),
    ("runner-unknown", SOUND.replace("ubuntu-24.04", "ubuntu-24.05")),
    ("command-removed", job(steps="      - run: echo '::set-output name=a::b'\n")),
    ("another-major", job(steps="      - uses: actions/setup-python@v3\n")),
    ("newer-than-table", job(steps="      - uses: actions/setup-python@v6\n")),
]


@pytest.mark.parametrize(("code", "text"), FAULTS, ids=[f"{one[0]} {n}" for n, one in enumerate(FAULTS)])
def test_each_planted_fault_is_found(audited, code, text):
    yaml.safe_load(text)
    assert code in codes(audited(text))


def test_a_workflow_that_could_not_be_audited_is_never_called_sound(audited):
    result = audited(SOUND.replace("runs-on", "run-on"))
    assert {"not-audited", "not-a-workflow"} <= codes(result)
    assert "not-audited" not in codes(audited(SOUND))


def test_names_that_are_defined_are_not_reported(audited):
    text = (
        job(
            "    needs: [two]\n    strategy: {matrix: {version: [1, 2], include: [{extra: 1}]}}\n",
            "      - {id: first, run: x}\n      - run: >-\n          ${{ steps.first.outputs.x }} ${{ "
            "matrix.version }}"
            " ${{ matrix.extra }} ${{ needs.two.outputs.y }} ${{ format('{0} needs.three', env.A) }}\n",
        )
        + "  two: {timeout-minutes: 5, runs-on: ubuntu-24.04, steps: [{run: x}]}\n"
    )
    assert "unknown-name" not in codes(audited(text))


def test_the_line_of_a_finding_is_the_line_of_the_file(audited, context):
    text = job(steps="      - run: make\n      - run: echo ${{ github.event.issue.title }}\n").replace(
        "on: push", "on: issues"
    )
    finding = next(one for one in audited(text).findings if one.code == "template-injection")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "issue.title" in one)
    assert finding.where == f"given.yml:{line}"
    result = next(
        one for one in assert_is_sarif(context.artefacts["findings.sarif"]) if one["ruleId"] == finding.code
    )
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == line
    assert result["level"] == "error"


def test_actions_are_pinned_within_their_major_and_everything_else_stays(audited, context):
    steps = (
        "      - uses: actions/checkout@v4 # please\n      - uses: 'actions/cache@v4'\n      - "
        "uses: other/thing@v1\n"
    )
    text = job(steps=f"{steps}      - uses: actions/setup-python@v3\n")
    result = audited(text)
    pinned = context.artefacts[".github/workflows/given.yml"].decode()
    assert pinned == text.replace(
        "actions/checkout@v4 # please", "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
    ).replace("'actions/cache@v4'", "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0")
    assert result.summary["pinned"] == [
        "given.yml: actions/checkout@v4 → v4.2.2", "given.yml: actions/cache@v4 → v4.3.0",
    ]  # fmt: skip


def test_old_pins_are_told_after_half_a_year(audited, context):
    text = job(
        steps="      - {uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8, with: "
        "{persist-credentials: false}}\n"
    )
    text = text.replace("{uses: ", "uses: ").replace(
        ", with: {persist-credentials: false}}", "\n        with: {persist-credentials: false}"
    )
    assert "pins-old" not in codes(audited(text))
    context.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert "pins-old" in codes(audited(text))


def test_several_workflows_are_audited_together_and_other_yaml_is_passed_over(context):
    folder = context.keep_folder(
        "workflows", {"a.yml": SOUND.encode(), "b.yaml": SOUND.encode(), "c.yml": b"x: 1\n"}
    )
    result = TOOL.run(PipelineInput(workflow=folder), context)
    assert result.summary["workflows"] == 2
    assert len(result.figures) == 2


TOKEN = "ghp_" + "a" * 36
REFUSALS = [
    (
        f"{SOUND}  two: {{needs: one, runs-on: x, steps: [{{run: x}}], if: 'a'}}\n".replace(
            "needs: one", "needs: three"
        ),
        "the job 'two' needs 'three', which is no job",
    ),
    (
        SOUND.replace("    runs-on", "    needs: [two]\n    runs-on")
        + "  two: {needs: [one], runs-on: x, steps: [{run: x}]}\n",
        "jobs that wait for each other: one → two → one",
    ),
    (
        job(steps=f"      - run: curl --header {TOKEN}\n"),
        "line 11: a GitHub token written in clear",
    ),
    ("a: 1\n", "has no 'jobs'"),
    ("jobs: {a: &a [*a]}\n", "the alias *a in line 1, which stands in what it names"),
    ("jobs: {}\njobs: {}\n", "the key 'jobs' stands twice in line 2"),
]


@pytest.mark.parametrize(("text", "found"), REFUSALS, ids=[one[1][:30] for one in REFUSALS])
def test_a_workflow_nobody_could_work_on_is_refused(audited, context, text, found):
    with pytest.raises(InputRejected) as refusal:
        audited(text)
    assert found in refusal.value.found
    assert context.artefacts == {}


def test_a_secret_is_never_repeated(audited):
    with pytest.raises(InputRejected) as refusal:
        audited(job(steps=f"      - run: x {TOKEN}\n"))
    assert TOKEN not in json.dumps(vars(refusal.value))
    assert "withdraw it" in refusal.value.action


WRONG = [
    ({"language": "cobol"}, "'cobol'"),
    ({"language": "go", "publish": "npm"}, "'npm' for go"),
    ({"publish": "container"}, "without an image"),
    ({"schedule": "0 25 * * *"}, "the schedule '0 25 * * *'"),
    ({"schedule": "daily"}, "the schedule 'daily'"),
    ({"systems": ["ubuntu-16.04"]}, "'ubuntu-16.04'"),
    ({"systems": ["windows-2025"], "services": ["redis"]}, "services on a system that is not Linux"),
    ({"steps": {"test": f"deploy {TOKEN}"}}, "a GitHub token written in clear"),
    ({"steps": {"test": "echo ${{ github.head_ref }}"}}, "an expression"),
    ({"jobs": {"a": {"run": "x", "needs": ["b"]}, "b": {"run": "x", "needs": ["a"]}}}, "a → b → a"),
    ({"jobs": {"a": {"run": "x", "needs": ["nobody"]}}}, "'nobody'"),
    ({"folder": "../up"}, "outside of the repository"),
    ({"language": "other"}, "nothing to run"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "found"), WRONG, ids=[one[1][:30] for one in WRONG])
def test_a_wrong_description_is_refused(build, context, wrong, found):
    with pytest.raises(InputRejected) as refusal:
        build(wrong)
    assert found in refusal.value.found
    assert context.artefacts == {}


def test_a_repository_that_says_nothing_is_refused_with_what_was_seen(detected):
    with pytest.raises(InputRejected) as refusal:
        detected({"a.txt": "x", "b.csv": "y"})
    assert "endings: csv, txt" in refusal.value.found


@pytest.mark.parametrize(
    "table", ["as_of = 1", "as_of = 2026-01-01\n[actions]\n'a/b' = {version = 'v1', commit = 'main'}", "{"]
)
def test_a_wrong_table_of_pins_is_refused(build, context, table):
    with pytest.raises(InputRejected) as refusal:
        build({"language": "go"}, pins=context.keep("pins.toml", table.encode()))
    assert refusal.value.field == "pins"


def test_two_sources_or_none_are_refused():
    file = InputFile(digest="sha256:" + "0" * 64, name="a.yml", size_bytes=1)
    for inputs in ({}, {"pipeline": "language: go", "workflow": file}):
        with pytest.raises(ValidationError, match="give one of 'pipeline'"):
            PipelineInput(**inputs)


def test_texts_of_the_workflow_become_no_markup(audited):
    text = SOUND.replace("  one:", "  one:\n    name: '<script>alert(1)</script>'").replace(
        "name: x", "name: '<b>'"
    )
    figure = audited(text).figures[0]
    assert "<script" not in figure.svg
    assert "<script" not in figure.mermaid


@pytest.mark.parametrize("tag", ["v99", "v5.99.0"])
def test_a_release_newer_than_the_table_is_neither_lowered_nor_called_old(audited, context, tag):
    result = audited(job(steps=f"      - uses: actions/checkout@{tag}\n"))
    assert result.summary["pinned"] == []
    assert "another-major" not in codes(result)
    assert not [name for name in context.artefacts if name.endswith(".yml")]
