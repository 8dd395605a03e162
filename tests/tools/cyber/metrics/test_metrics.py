"""Durations, targets, trends, what is open and what is covered; every figure worked out by hand."""

import json
import re
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from running import assert_forecast_is_near, on_a_server, table

sys.path.insert(0, str(Path(__file__).parent))

from small_tables import HEAD, START, codes, durations, rows

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.cyber.metrics import TOOL
from studio_magics.tools.cyber.metrics.control import control
from studio_magics.tools.cyber.metrics.survival import median_with_open, wilson

ID = TOOL.id


def test_mean_and_median_are_those_of_the_ended_cases(show):
    # 1 + 2 + 3 + 4 + 5 + 10 = 25 hours of 6 cases; in the middle between 3 and 4
    row = durations(show(HEAD + rows([1, 2, 3, 4, 5, 10])))["all"]
    assert row[2:7] == (6, 4.17, 3.5, None, 10.0)


def test_fewer_than_five_cases_have_no_mean_and_fewer_than_ten_no_ninth_decile(show):
    assert durations(show(HEAD + rows([1, 2, 3, 4])))["all"][3:6] == (None, None, None)
    assert durations(show(HEAD + rows(range(1, 11))))["all"][5] == pytest.approx(
        9.1
    )  # 9 + 0.1 of the way to 10
    assert codes(show(HEAD + rows([1, 2, 3, 4])), "too-few-cases")


def test_a_case_on_the_target_has_met_it_and_a_second_later_has_not(show):
    found = durations(show(HEAD + rows([72, 72 + 1 / 3600])))["high"]  # 72 hours for high
    assert found[7:10] == (72.0, 50.0, 2)


def test_open_cases_are_judged_only_when_they_are_over_their_target(show):
    early, late = START, START + timedelta(hours=80)
    text = (
        HEAD
        + rows([None], start=early)
        + rows([None], start=late)
        + rows([1], start=late + timedelta(hours=1))
    )
    # at the latest moment (82 h) one is 82 hours old and missed 72, one is 2 hours old
    found = durations(show(text))["high"]
    assert (found[2], found[8], found[9], found[10]) == (1, 50.0, 2, 2)


def test_targets_can_be_given(show):
    result = show(HEAD + rows([5, 15]), targets="resolve_hours: {high: 10}")
    assert durations(result)["high"][7:10] == (10.0, 50.0, 2)


def test_open_cases_and_their_ages_are_counted_at_the_day_that_was_given(show):
    result = show(HEAD + rows([None, None]), as_of=date(2026, 1, 4))
    (row,) = table(result, "Open")
    # from 1 January 0:00 to 4 January 23:59:59 are 4 days: over the 72 hours of high
    assert row[:4] == ("incidents", 2, 2, 4.0)
    assert codes(result, "open-over-target")[0].severity == "high"


def test_patch_latency_is_in_hours_of_whole_days(show):
    text = "cve,severity,published,patched\n" + "".join(
        f"CVE-{i},critical,2026-01-01,2026-01-{day:02d}\n" for i, day in enumerate((2, 3, 4, 16, 17))
    )
    found = durations(show(patches=text), "patch latency")["critical"]
    # 1, 2, 3, 15 and 16 days; 15 days is the target
    assert (found[4], found[8]) == (72.0, 80.0)


def test_the_chart_has_the_limits_of_the_moving_range():
    # moves 2 1 2 1 1 1 1: mean 9/7; 92/8 = 11.5; 2.66 x 9/7 = 3.42
    found = control([10, 12, 11, 13, 12, 11, 12, 11])
    assert (found.centre, round(found.low, 2), round(found.high, 2)) == (11.5, 8.08, 14.92)
    assert found.signals == ()


def test_a_value_out_of_the_limits_and_the_eighth_on_one_side_are_signals():
    calm = [10, 11] * 8
    assert [(one.place, one.rule) for one in control([*calm, 40]).signals if one.rule == "above"] == [
        (16, "above")
    ]
    shifted = [10, 11] * 5 + [14, 15] * 5
    assert [(one.place, one.rule) for one in control(shifted).signals if "run" in one.rule] == [
        (7, "run-below"), (17, "run-above"),
    ]  # fmt: skip


def test_seven_periods_have_no_limits():
    assert control([1] * 7) is None
    assert control([1] * 8) is not None


def test_the_median_with_open_cases_is_that_of_kaplan_and_meier():
    # 4 cases: after 1 h 3/4 are open, after 2 h 2/4
    assert median_with_open([(1, 1, 0), (2, 1, 0), (3, 0, 1), (4, 1, 0)]) == 2
    # 3/4 after 1 h; two leave the count unended; the last of one ends at 4 h
    assert median_with_open([(1, 1, 0), (2, 0, 1), (3, 0, 1), (4, 1, 0)]) == 4
    assert median_with_open([(1, 1, 0), (9, 0, 3)]) is None


def test_a_median_that_flatters_is_named(show):
    text = HEAD + rows([1, 1, 1, 1, 1]) + rows([None] * 6) + rows([100], start=START)
    (found,) = codes(show(text), "median-flatters")
    assert "not known yet" not in found.detail
    assert "with the open ones" in found.detail
    assert codes(show(HEAD + rows([1] * 12)), "median-flatters") == []


def test_the_interval_of_a_share_is_that_of_wilson():
    low, high = wilson(8, 10)  # published example
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)


def monthly(months, hours, per_month=5):
    text = ""
    for number in range(months):
        begin = datetime(2024 + number // 12, number % 12 + 1, 2)  # noqa: DTZ001  - CSV times without zone
        text += rows([hours(number)] * per_month, start=begin)
    return HEAD + text


def test_a_month_that_stands_out_is_a_signal_and_an_ordinary_one_is_not(show):
    slow = show(monthly(12, lambda n: 100 if n == 11 else 10 + n % 2))
    assert [one.severity for one in codes(slow, "control-above")] == ["high"]
    assert codes(show(monthly(12, lambda n: 10 + n % 2)), "control-above") == []


def test_months_with_very_few_cases_are_left_out_of_the_trend(show):
    assert table(show(monthly(3, lambda _: 5, per_month=3)), "Trends") != []
    result = show(monthly(3, lambda _: 5, per_month=2))
    assert "Trends" not in [one.title for one in result.tables]


def test_a_growing_backlog_is_named(show):
    text = HEAD
    for month in range(1, 6):
        text += rows([None] * month, level="low", start=datetime(2026, month, 1))  # noqa: DTZ001  - CSV times
    assert "from 3 to 15" in codes(show(text), "backlog-grows")[0].title


def test_what_comes_back_on_the_same_asset_is_counted_within_ninety_days(show):
    head = "severity,detected,resolved,type,host\n"
    lines = [
        "low,2026-01-01,2026-01-02,malware,a",
        "low,2026-03-01,2026-03-02,malware,a",  # after 58 days
        "low,2026-07-01,2026-07-02,malware,a",  # after 121 days
        "low,2026-01-10,2026-01-11,malware,b",  # elsewhere
        "low,2026-01-05,2026-01-06,phishing,a",  # another kind
    ]
    result = show(head + "\n".join(lines) + "\n")
    assert result.summary["came_back"] == 1
    assert "1 of 5" in codes(result, "comes-back")[0].title


def test_coverage_is_the_share_of_yes_per_control(show):
    text = "control,asset,covered\n" + "mfa,a,yes\nmfa,b,yes\nbackup,a,no\nbackup,b,yes\nbackup,c,0\n"
    result = show(coverage=text)
    assert [row[:4] for row in table(result, "Coverage")] == [("backup", 1, 3, 33.3), ("mfa", 2, 2, 100.0)]
    assert [(one.where, one.severity) for one in codes(result, "not-covered")] == [("backup", "high")]


def test_times_with_zones_are_compared_in_utc(show):
    # 12:00+02:00 is 10:00Z
    line = "x,high,2026-01-01T12:00:00+02:00,2026-01-01T11:00:00Z\n"
    assert durations(show(HEAD + line * 5))["all"][4] == 1.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "1,high,2026-01-01T12:00:00Z,2026-01-02 12:00:00\n",
            "detected and resolved have times with and without",
        ),
        (
            "1,high,2026-01-01T12:00:00Z,\n2,high,2026-01-01 12:00:00,\n",
            "'detected' has times with and without a zone",
        ),
        ("1,high,2026-01-02 00:00:00,2026-01-01 00:00:00\n", "resolved is before detected (first in row 1)"),
        ("1,high,yesterday,2026-01-01\n", "1 values of 'detected' that are no time"),
        ("1,awful,2026-01-01,2026-01-02\n", "the severity 'awful'"),
        ("1,high,17,18\n", "'detected' holds"),
        ("", "without rows"),
        ("1,high,,\n", "no"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(show, context, text, found):
    with pytest.raises(InputRejected) as refusal:
        show(HEAD + text)
    assert found in refusal.value.found
    assert context.artefacts == {}


def test_wrong_rows_can_be_left_out_and_are_told(show):
    wrong = "9,high,2026-01-02 00:00:00,2026-01-01 00:00:00\n"
    result = show(HEAD + wrong + rows([1] * 5), skip_wrong_rows=True)
    assert durations(result)["all"][2] == 5
    assert durations(result)["all"][10] == 0  # it is not open either
    assert codes(result, "end-before-start")[0].count == 1


@pytest.mark.parametrize(
    ("word", "level"),
    [  # as ServiceNow, Jira and tables of numbers with gaps write them
        ("1 - Critical", "critical"), ("2 - High", "high"), ("3 - Moderate", "medium"),
        ("5 - Planning", "low"), ("Highest", "critical"), ("Lowest", "low"), ("Blocker", "critical"),
        ("P2: High", "high"), ("Sev 1", "critical"), ("1.0", "critical"), ("Severity 3 – Medium", "medium"),
        ("Critical (P1)", "critical"), ("P3 (Medium)", "medium"), ("Severity: High", "high"),
        ("Sev-2", "high"),
        ("Severity 1 (Critical)", "critical"), ("(1) Critical", "critical"), ("P0", "critical"),
        ("Very High", "critical"), ("Negligible", "low"), ("None", "unrated"), ("Not Prioritized", "unrated"),
    ],
)  # fmt: skip
def test_words_of_ticket_systems_are_understood(show, word, level):
    assert level in durations(show(HEAD + rows([1] * 5, level=f'"{word}"')))


@pytest.mark.parametrize(
    "word", ["1 - Unheard of", "7.0", "12", "not critical", "high or low", "critical (p3)", "tier 1"]
)
def test_words_that_nobody_knows_are_asked_for(show, word):
    with pytest.raises(InputRejected, match=re.escape(f"the severity '{word.lower()}'")):
        show(HEAD + rows([1] * 5, level=f'"{word}"'))


def test_scores_of_cvss_are_levels_by_its_own_bands(show):
    scores = ("10.0", "9.0", "8.9", "7.0", "6.9", "4.0", "3.9", "0.1", "0.0", "")
    text = "cve,CVSS score,found,fixed\n" + "".join(f"C,{one},2026-01-01,2026-01-02\n" for one in scores)
    found = {level: row[2] for level, row in durations(show(patches=text), "patch latency").items()}
    assert found == {"all": 10, "critical": 2, "high": 2, "medium": 2, "low": 2, "unrated": 2}


def test_own_words_for_severity_and_columns_can_be_given(show):
    text = "Prio,Seen,Over\nA,2026-01-01,2026-01-02\n"
    options = {
        "columns": {"incidents.severity": "Prio", "detected": "Seen", "incidents.resolved": "Over"},
        "severities": {"A": "critical"},
    }
    assert "critical" in durations(show(text, **options))
    with pytest.raises(InputRejected, match="no column for 'detected'"):
        show(text)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, "no table"),
        ({"coverage": "c", "columns": {"incidents.seen": "x"}}, "the meaning 'incidents.seen'"),
        ({"coverage": "c", "targets": "resolve_hours: {urgent: 3}"}, "unknown key 'urgent'"),
        ({"coverage": "c", "targets": "coverage_percent: 900"}, "coverage_percent '900'"),
    ],
)
def test_wrong_options_are_refused_when_the_price_is_asked(context, options, found):
    if "coverage" in options:
        options = {**options, "coverage": context.keep("c.csv", options["coverage"])}
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(**options)
    assert found in refusal.value.found


def test_a_column_that_was_named_and_a_word_that_says_neither_are_refused(show):
    with pytest.raises(InputRejected, match="no column 'Gone' in coverage"):
        show(coverage="control,covered\na,yes\n", columns={"coverage.covered": "Gone"})
    with pytest.raises(InputRejected, match="neither yes nor no: 'maybe'"):
        show(coverage="control,covered\na,maybe\n")


def test_the_metrics_are_read_by_a_parser_of_openmetrics(show, context):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    show(HEAD + rows([1, 2, 3, 4, 5, 10]), coverage='control,covered\n"a\\b ""c""",yes\n')
    text = context.artefacts["security-metrics.prom"].decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples = {
        (one.labels["level"], one.labels["statistic"]): one.value
        for one in families["studio_security_duration_hours"].samples
    }
    assert samples["all", "median"] == 3.5
    assert families["studio_security_coverage_ratio"].samples[0].labels["control"] == 'a\\b "c"'
    with pytest.raises(ValueError, match="EOF"):
        list(text_string_to_metric_families(text.replace("# EOF\n", "")))


def test_the_dashboard_is_a_valid_vega_lite_chart(show):
    import altair as alt

    result = show(monthly(12, lambda n: 10 + n % 2))
    spec = result.figures[0].vega_lite
    alt.VConcatChart.from_dict(spec)  # checks against the schema
    marks = [layer["mark"] for layer in spec["vconcat"][0]["layer"]]
    kinds = [mark if isinstance(mark, str) else mark["type"] for mark in marks]
    assert kinds == ["line", "point", "rule", "rule", "rule"]


def test_the_page_loads_and_runs_nothing_and_hostile_names_stay_text(show, context):
    from xml.etree import ElementTree as ET

    hostile = "<script>alert(1)</script>"
    result = show(coverage=f'control,covered\n"{hostile}",no\n')
    page = context.artefacts["security-metrics.html"].decode()
    assert "<script" not in page
    assert "default-src &#x27;none&#x27;" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    for figure in result.figures:
        ET.fromstring(figure.svg)  # noqa: S314  - written by the code under test


def test_figures_are_kept_with_their_number_of_cases(show, context):
    show(HEAD + rows([1, 2, 3, 4, 5, 10]))
    found = json.loads(context.artefacts["security-metrics.json"])
    assert found["durations"]["resolve"]["levels"]["all"] == {
        "n": 6, "mean_hours": 4.167, "median_hours": 3.5, "p90_hours": None, "target_hours": None, "met": 6,
        "judged": 6, "still_open": 0,
    }  # fmt: skip


def test_a_fresh_process_gives_the_same_answer(context):
    inputs = TOOL.input_model(incidents=context.keep("i.csv", monthly(12, lambda n: 10 + n)))
    assert on_a_server(ID, context, inputs) == TOOL.run(inputs, context)


@pytest.mark.measures_time
@pytest.mark.parametrize("count", [50, 60_000])
def test_the_forecast_is_near_what_a_metered_run_uses(context, count):
    text = HEAD + rows([number % 90 + 1 for number in range(count)])
    inputs = TOOL.input_model(incidents=context.keep("i.csv", text))
    print(f"{len(text):,} bytes")
    assert_forecast_is_near(ID, context, inputs)


def test_a_million_cases_are_forecast_within_the_limits_of_the_catalogue(context):
    file = context.keep("i.csv", "x").model_copy(update={"size_bytes": 60_000_000})
    expected = TOOL.forecast(TOOL.input_model(incidents=file))
    assert expected.cpu_ms < 12_000
    assert expected.peak_bytes <= 384_000_000


def test_a_cancelled_run_leaves_no_file(show, context):
    context.cancels_at = 0.5
    with pytest.raises(RunCancelled):
        show(HEAD + rows([1] * 5))
    assert context.artefacts == {}
