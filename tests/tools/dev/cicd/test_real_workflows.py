"""What stands in workflows of well-known projects and is no fault; faults that are told by their place."""

from datetime import UTC, date, datetime

import pytest

from studio_magics.tools.dev.cicd.runners import ENDS, HOSTED, labels

HEAD = (
    "name: x\non: push\npermissions: {}\nconcurrency: a\njobs:\n  one:\n    timeout-minutes: 5\n"
    "    permissions: {contents: read}\n"
)


def job(runs_on="ubuntu-24.04", extra="", steps="      - run: make\n"):
    return f"{HEAD}    runs-on: {runs_on}\n{extra}    steps:\n{steps}"


def found(result, code):
    return [one for one in result.findings if one.code == code]


def test_a_strategy_without_a_matrix_is_started_and_does_nothing(audited):
    # as 'requests' has it; GitHub runs it, the published schema asks for a matrix
    result = audited(job(extra="    strategy: {fail-fast: false}\n"))
    assert result.summary["fits_schema"] is True
    assert [one.severity for one in result.findings] == ["info"]
    assert found(result, "strategy-without-matrix")[0].title.startswith("given.yml: the strategy of 'one'")
    wrong = audited(job(extra="    strategy: {fail-fsat: false}\n"))
    assert found(wrong, "not-a-workflow")


@pytest.mark.parametrize(
    ("text", "place", "detail"),
    [
        (job().replace("runs-on", "run-on"), "jobs.one is not", '"runs-on" is a required property'),
        (job(steps="      - {run: make, uses: 3}\n"), "jobs.one.steps.0", ""),
        (job(extra="    timeout-minute: 3\n"), "jobs.one is not", "timeout-minute"),
        (f"{HEAD}    uses: a/b/.github/workflows/c.yml@v1\n    steps: []\n", "jobs.one is not", "steps"),
    ],
)
def test_a_fault_in_a_job_is_told_by_its_place_and_not_by_the_whole_job(audited, text, place, detail):
    faults = found(audited(text), "not-a-workflow")
    assert any(place in one.title and detail in one.detail for one in faults)
    assert not any("oneOf" in one.detail and '"steps"' in one.detail for one in faults)


def test_what_a_matrix_does_not_name_may_stand_before_something_else(audited):
    # as 'idna' has it: some entries name a system, the others take the usual one
    matrix = "    strategy: {matrix: {version: [1, 2]}}\n"
    assert not found(audited(job("${{ matrix.os || 'ubuntu-latest' }}", matrix)), "unknown-name")
    assert found(audited(job("${{ matrix.os }}", matrix)), "unknown-name")
    steps = "      - run: echo ${{ needs.two.outputs.x || 'y' }}\n"
    assert found(audited(job(steps=steps)), "unknown-name")


MATRIX = "    strategy: {matrix: {os: [ubuntu-24.04, ubuntu-20.04], include: [{os: macos-13}]}}\n"


def test_labels_that_a_matrix_gives_are_looked_at_too(audited):
    told = [one.title for one in found(audited(job("${{ matrix.os }}", MATRIX)), "runner-retired")]
    assert told == [
        "given.yml: one runs on ubuntu-20.04, which ended in April 2025",
        "given.yml: one runs on macos-13, which ended in December 2025",
    ]
    assert labels({"runs-on": "${{ fromJson(inputs.x) }}"}) == []
    assert labels({"runs-on": ["self-hosted", "linux"]}) == []


@pytest.mark.parametrize(
    ("label", "day", "code"),
    [
        ("macos-14", date(2026, 11, 1), "runner-ends"),
        ("macos-14-xlarge", date(2026, 11, 2), "runner-retired"),
        ("ubuntu-22.04-arm", date(2027, 4, 16), "runner-ends"),
        ("ubuntu-22.04", date(2026, 10, 18), None),  # 181 days before
        ("ubuntu-22.04", date(2026, 10, 19), "runner-ends"),
        ("macos-26-xlarge", date(2026, 11, 26), None),
        ("windows-11-arm", date(2026, 11, 26), None),
        ("ubuntu-slim", date(2026, 11, 26), None),
        ("ubuntu-24.10", date(2026, 11, 26), "runner-unknown"),
    ],
)
def test_a_runner_is_told_of_from_half_a_year_before_its_end(audited, context, label, day, code):
    context.now = datetime(day.year, day.month, day.day, tzinfo=UTC)
    told = [one.code for one in audited(job(label)).findings if one.code.startswith("runner-")]
    assert told == ([code] if code else [])


def test_no_runner_that_is_offered_has_ended():
    assert {one for one in HOSTED if ENDS.get(one, date.max) <= date(2026, 11, 26)} == set()
