"""The summary of all checks counts what happened, and a run without a report is an error."""

from pathlib import Path

import pytest

from scripts import checks

REPORT = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'


def outcome(report: Path, *, passed: bool = True) -> checks.Outcome:
    return checks.Outcome(checks.Check("pytest one", ["true"], report=report), passed=passed, seconds=1.5)


def test_the_summary_adds_the_reports_of_all_runs(tmp_path: Path) -> None:
    report = tmp_path / "one.xml"
    report.write_text(REPORT)
    told = checks.pytest_summary([outcome(report), outcome(report)])
    assert told == "==== 2 failed, 6 passed, 4 skipped, 2 errors in 3.00s ===="


def test_a_run_that_wrote_no_report_counts_as_an_error(tmp_path: Path) -> None:
    assert "1 errors" in checks.pytest_summary([outcome(tmp_path / "none.xml", passed=False)])


def test_every_failed_check_is_named_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks.tell([outcome(tmp_path, passed=True), outcome(tmp_path, passed=False)], 3.0) == 1
    assert "FAILED: pytest one" in capsys.readouterr().out


def test_all_checks_run_although_the_first_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "REPORTS", tmp_path / "reports")
    outcomes = checks.run_all([checks.Check("no", ["false"]), checks.Check("yes", ["true"])])
    assert [outcome.passed for outcome in outcomes] == [False, True]
