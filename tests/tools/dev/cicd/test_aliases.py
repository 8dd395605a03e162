"""Anchors and aliases as GitHub takes them: repeated blocks are read, traps are not."""

import time

import pytest

from studio_magics.runners.context import KernelContext
from studio_magics.runners.files import read_file
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cicd import TOOL
from studio_magics.tools.dev.cicd.inputs import PipelineInput

REPEATED = """name: Repeated
on:
  push:
    paths: &paths ['src/**']
  pull_request:
    paths: *paths
permissions: {}
concurrency: one
jobs:
  unit:
    timeout-minutes: 5
    runs-on: ubuntu-24.04
    permissions: &rights {contents: read}
    env: &env {LEVEL: unit}
    steps: &steps
      - &checkout
        uses: &action actions/checkout@v4
        with: {persist-credentials: false}
      - run: echo ${{ github.head_ref }}
  whole:
    timeout-minutes: 5
    runs-on: ubuntu-24.04
    permissions: *rights
    env: *env
    needs: [unit]
    steps: *steps
  last:
    timeout-minutes: 5
    runs-on: ubuntu-24.04
    permissions: *rights
    steps:
      - *checkout
      - uses: *action
        with: {persist-credentials: false}
"""
PLAIN = (
    REPEATED.replace("&paths ", "")
    .replace("*paths", "['src/**']")
    .replace("&rights ", "")
    .replace("*rights", "{contents: read}")
    .replace("&env ", "")
    .replace("*env", "{LEVEL: unit}")
    .replace(
        " *steps",
        "\n      - uses: actions/checkout@v4\n        with: {persist-credentials: false}\n"
        "      - run: echo ${{ github.head_ref }}",
    )
    .replace("&steps", "")
    .replace("- &checkout\n        uses: &action", "- uses:")
    .replace("- *checkout", "- uses: actions/checkout@v4\n        with: {persist-credentials: false}")
    .replace("*action", "actions/checkout@v4")
)


class Silent:
    """Progress that nobody watches."""

    def update(self, *_):
        """Nothing."""


def test_the_guards_of_a_run_let_aliases_through_to_the_tool(tmp_path):
    path = tmp_path / "given.yml"
    path.write_text(REPEATED)
    file = read_file(path)
    context = KernelContext({file.record.digest: path}, Silent())
    assert TOOL.run(PipelineInput(workflow=file.record), context).summary["jobs"] == 3
    with pytest.raises(InputRejected, match="an anchor"):
        KernelContext({file.record.digest: path}, Silent()).path(file.record)


def jobs(result):
    return next(one.rows for one in result.tables if one.title == "Jobs")


def test_a_workflow_with_aliases_says_what_it_says_written_out(audited):
    found, plain = audited(REPEATED), audited(PLAIN)
    assert jobs(found) == jobs(plain)
    assert found.summary["fits_schema"] is True
    assert {one.code for one in found.findings} == {one.code for one in plain.findings}
    assert "&" not in PLAIN
    assert "*" not in PLAIN.replace("src/**", "")


def test_a_place_that_aliases_repeat_is_told_once_and_in_its_line(audited):
    result = audited(REPEATED)
    (found,) = [one for one in result.findings if one.code == "template-injection"]
    line = next(n for n, one in enumerate(REPEATED.splitlines(), 1) if "head_ref" in one)
    assert found.where == f"given.yml:{line}"


def test_an_action_with_an_anchor_is_pinned_where_it_stands(audited, context):
    result = audited(REPEATED)
    pinned = context.artefacts[".github/workflows/given.yml"].decode()
    commit = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
    assert pinned == REPEATED.replace("actions/checkout@v4", commit)
    assert result.summary["pinned"] == ["given.yml: actions/checkout@v4 → v4.2.2"]


def test_of_two_anchors_with_one_name_the_later_holds(audited):
    text = REPEATED.replace("&env {LEVEL: unit}", "&rights {LEVEL: unit}").replace(" *env", " *rights")
    rights = [row[4] for row in jobs(audited(text))]
    assert rights == ["contents: read", "LEVEL: unit", "LEVEL: unit"]


def test_actions_in_comments_are_not_used(audited):
    text = PLAIN.replace("      - run: echo", "      # - uses: actions/setup-python@v3\n      - run: echo")
    assert not [one for one in audited(text).findings if "setup-python" in one.title]
    used = text.replace("# - uses", "- uses")
    assert [one for one in audited(used).findings if "actions/setup-python@v3" in one.title]


def laughs(levels):
    lines = [
        f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" if n else "  a0: &a0 [x]" for n in range(levels)
    ]
    return (
        REPEATED.replace("env: &env {LEVEL: unit}", "env: {}")
        .replace(" *env", " {}")
        .replace("jobs:\n", "env:\n" + "\n".join(lines) + "\njobs:\n")
    )


TRAPS = [
    (laughs(12), "more than 50,000 parts once aliases are written out"),
    (REPEATED.replace("*paths", "*path"), "the alias *path in line 6, which names nothing"),
    (REPEATED.replace("&env {LEVEL: unit}", "&env {LEVEL: *env}"), "which stands in what it names"),
    (REPEATED.replace(" *env", "\n      <<: *env"), "a merge (<<) in line 25"),
    (
        REPEATED.replace("env: *env", "env: {A: &b0 [x], " + ", ".join(
            f"A{n}: &b{n} [*b{n - 1}]" for n in range(1, 80)) + "}"),
        "nested deeper than 60 levels once aliases are written out",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TRAPS, ids=[one[1][:20] for one in TRAPS])
def test_traps_of_aliases_are_refused_at_once_and_by_name(audited, context, text, found):
    begin = time.process_time()
    with pytest.raises(InputRejected) as refusal:
        audited(text)
    assert found in refusal.value.found
    assert refusal.value.found.startswith("given.yml: ")
    assert time.process_time() - begin < 2
    assert context.artefacts == {}


def test_a_merge_is_refused_as_github_refuses_it(audited):
    with pytest.raises(InputRejected) as refusal:
        audited(REPEATED.replace(" *env", "\n      <<: *env"))
    assert "GitHub takes no merges" in refusal.value.allowed


def test_a_few_aliases_of_aliases_are_taken(audited):
    assert audited(laughs(3)).summary["jobs"] == 3
