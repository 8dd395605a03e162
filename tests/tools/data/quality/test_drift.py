"""What changed since an earlier table, and alerts; figures worked out by hand."""

import json
import random
from math import isclose, log
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import statsmodels
from scipy.stats import ks_2samp

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality import TOOL, snapshot
from studio_magics.tools.data.quality.drift_measures import bucket_counts, by_chance, ks, psi, psi_by_chance
from studio_magics.tools.data.quality.drift_report import AlertsReport, DriftReport

CITIES = {"before": ("Oslo", "Lagos", "Quito"), "now": ("Oslo", "Lagos", "Pune")}


def orders(seed: int, count: int, *, shift: float = 0.0, cities=CITIES["before"], month: int = 1) -> str:
    """A table of orders; the amounts are normal with a deviation of 9."""
    print(f"seed {seed}")
    rng = random.Random(seed)  # noqa: S311  - repeatable test data
    lines = [
        f"{n},{rng.gauss(50 + shift, 9):.2f},{rng.choice(cities)},2026-{month:02d}-{n % 28 + 1:02d}"
        for n in range(count)
    ]
    return "\n".join(["id,amount,city,day", *lines]) + "\n"


@pytest.fixture
def compare(context):
    """Run the tool on an earlier and a current text."""

    def run(before: str, now: str, **options: object):
        earlier, data = context.put("before.csv", before), context.put("now.csv", now)
        return TOOL.run(TOOL.input_model(data=data, previous=earlier, **options), context)

    return run


def codes(result) -> set[tuple[str, str]]:
    return {(one.code, one.where) for one in result.findings}


def test_the_stability_index_is_the_sum_that_the_field_defines() -> None:
    # shares 0.5, 0.5 before and 0.25, 0.75 now
    by_hand = (0.25 - 0.5) * log(0.25 / 0.5) + (0.75 - 0.5) * log(0.75 / 0.5)
    assert isclose(psi([50, 50], [25, 75]), by_hand)
    assert round(by_hand, 4) == 0.2747
    assert psi([10, 30], [100, 300]) == 0
    assert psi([], []) is None
    assert psi([5], [0]) is None


def test_a_bucket_that_was_empty_counts_as_half_a_value_or_a_ten_thousandth() -> None:
    half_of_hundred, least = 0.5 / 100, 0.0001
    for size, share in ((100, half_of_hundred), (1_000_000, least)):
        by_hand = (0.5 - 1) * log(0.5) + (0.5 - share) * log(0.5 / share)
        assert isclose(psi([size, 0], [50, 50]), by_hand)


def test_the_index_that_chance_reaches_falls_with_the_number_of_rows() -> None:
    # ten buckets, nine degrees: χ² passes 21.67 in one case of a hundred
    tenth = [100] * 10
    assert isclose(psi_by_chance(tenth, tenth), 21.67 * (2 / 1_000), rel_tol=0.01)
    assert psi_by_chance([30], [40]) == 0


def test_thirty_rows_of_the_same_spread_raise_no_alarm_although_their_index_is_high(compare, context) -> None:
    result = compare(orders(8, 30), orders(9, 30, month=2))
    amount = next(
        one for one in json.loads(context.artefacts["drift.json"])["columns"] if one["name"] == "amount"
    )
    assert amount["psi"] > 0.25  # the rule of thumb alone would call it another population
    assert ("spread-changed", "amount") not in codes(result)


def test_the_distance_is_the_largest_gap_of_the_running_shares() -> None:
    # running shares 0.2, 0.5, 1 before and 0.5, 0.6, 1 now
    assert isclose(ks([20, 30, 50], [50, 10, 40]), 0.3)
    assert isclose(by_chance(100, 100), 1.63 * (200 / 10_000) ** 0.5)
    assert bucket_counts([3, 7], 12) == (3, 4, 5)


def test_a_shift_of_two_thirds_of_a_deviation_is_another_population(compare, context) -> None:
    compare(orders(1, 4_000), orders(2, 4_000, shift=6, month=2))
    report = DriftReport.model_validate_json(context.artefacts["drift.json"])
    amount = next(one for one in report.columns if one.name == "amount")
    # of two normal spreads d deviations apart: PSI = d², KS = 2·Φ(d/2) - 1
    assert 0.35 < amount.psi < 0.55
    assert 0.23 < amount.ks < 0.29
    assert amount.spread == "another population"
    assert sum(bucket.before for bucket in amount.buckets) == 4_000


def test_two_samples_of_one_spread_are_the_same_however_many_rows_there_are(compare) -> None:
    result = compare(orders(3, 4_000), orders(4, 3_900, month=2))
    assert not {code for code, _ in codes(result)} & {"spread-changed", "row-count-changed", "new-values"}


@pytest.mark.parametrize("many", [-1, snapshot.MANY_NUMBERS], ids=["by the engine", "in one pass"])
@pytest.mark.parametrize("name", ["E6.csv", "heart.csv", "strikes.csv", "ccard.csv", "fair.csv"])
def test_the_distance_of_published_columns_is_the_one_of_scipy_to_a_hundredth(
    compare, context, monkeypatch: pytest.MonkeyPatch, name: str, many: int
) -> None:
    monkeypatch.setattr(snapshot, "MANY_NUMBERS", many)
    [path, *_] = sorted((Path(statsmodels.__file__).parent / "datasets").rglob(name))
    whole = pd.read_csv(path)
    before, now = whole.iloc[::2], whole.iloc[len(whole) // 3 :]
    compare(before.to_csv(index=False), now.to_csv(index=False))
    report = json.loads(context.artefacts["drift.json"])
    measured = {one["name"]: one["ks"] for one in report["columns"] if one["ks"] is not None}
    assert measured
    for column, distance in measured.items():
        expected = ks_2samp(before[column].dropna(), now[column].dropna()).statistic
        assert distance == pytest.approx(expected, abs=0.01), column


def index_of(before, now, values) -> float:
    """The index by numpy, over these values and one bucket for all others, with half a value for nothing."""
    shares = []
    for column in (np.array(before), np.array(now)):
        counts = np.array([np.sum(column == one) for one in values] + [np.sum(~np.isin(column, values))])
        shares.append(np.maximum(counts / len(column), max(1e-4, 0.5 / len(column))))
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


CODES = [
    ("new ones between", [2, 4] * 40, [1, 2, 3, 4] * 40),
    ("one goes, one comes", [1, 3, 5] * 50, [1, 2, 5] * 60),
    ("other shares", [0, 1] * 100, [0, 1, 1, 1] * 50),
    ("with decimals", [0.5, 1.5, 2.5] * 30, [0.5, 1.0, 2.5] * 30),
    ("twenty of them", list(range(0, 40, 2)) * 5, list(range(40)) * 5),
]


@pytest.mark.parametrize(("before", "now"), [one[1:] for one in CODES], ids=[one[0] for one in CODES])
def test_the_index_of_few_different_numbers_is_that_of_their_values(compare, context, before, now) -> None:
    compare(*("v\n" + "".join(f"{one}\n" for one in column) for column in (before, now)))
    (column,) = json.loads(context.artefacts["drift.json"])["columns"]
    values = sorted(set(before))
    assert column["psi"] == pytest.approx(index_of(before, now, values))
    assert column["new_value_count"] == sum(one not in values for one in now)
    assert [(one["before"], one["now"]) for one in column["buckets"]] == [
        *((before.count(one), now.count(one)) for one in values),
        (0, column["new_value_count"]),
    ]


def test_a_new_code_is_named_once_and_a_code_that_chance_left_out_is_not_missed(compare) -> None:
    before = "v\n" + "1\n" * 500 + "3\n" * 500 + "9\n" * 3
    found = compare(before, "v\n" + "1\n" * 400 + "2\n" * 90 + "3\n" * 400 + "99\n" * 9).findings
    (new,) = (one for one in found if one.code == "new-values")
    assert (new.count, "“2” (90 rows), “99” (9 rows)" in new.detail) == (99, True)
    assert not {"range-changed", "vanished-values"} & {one.code for one in found}
    gone = compare(before, "v\n" + "1\n" * 500)
    assert "“3”" in next(one for one in gone.findings if one.code == "vanished-values").detail


@pytest.mark.parametrize("different", [20, 21])
def test_more_than_twenty_different_numbers_are_compared_by_tenths(compare, context, different) -> None:
    text = "v\n" + "".join(f"{n % different}\n" for n in range(840))
    compare(text, text)
    (column,) = json.loads(context.artefacts["drift.json"])["columns"]
    assert (column["new_value_count"] == 0) is (different == 20)
    assert (column["buckets"][0]["name"], len(column["buckets"])) == (
        ("0", 21) if different == 20 else ("to 2", 11)
    )


def test_numbers_that_hardly_repeat_are_no_codes_however_few_there_are(compare, context) -> None:
    text = "v\n" + "".join(f"{n % 20}\n" for n in range(99))
    compare(text, text)
    assert json.loads(context.artefacts["drift.json"])["columns"][0]["new_value_count"] is None


def test_new_codes_between_the_old_ones_are_no_same_spread(compare) -> None:
    result = compare("q\n" + "2\n4\n" * 40, "q\n" + "1\n2\n3\n4\n" * 40)
    assert "q" in {one.where for one in result.findings if one.severity in {"high", "medium"}}


def test_a_gap_that_chance_explains_raises_no_alarm(compare) -> None:
    # of 25 and 25 values chance alone passes 0.46
    before = "v\n" + "".join(f"{n}.5\n" for n in range(25))
    now = "v\n" + "".join(f"{n + 2}.5\n" for n in range(25))
    found = next(one for one in compare(before, now).tables if one.title == "Since the earlier table").rows
    assert 0.05 < found[0][5] < 0.46
    assert found[0][8] == "the same"


def test_columns_types_missing_values_ranges_and_categories_are_compared(compare) -> None:
    before = "id,a,b,c,gone\n" + "".join(f"x{n},{n // 2},{n % 3},{n},1\n" for n in range(40))
    now = "id,a,b,c,new\n" + "".join(
        f"x{n},{n // 2 if n % 2 else ''},{n % 3},n{n},1\n" for n in range(20, 60)
    )
    found = codes(compare(before, now))
    assert {
        ("column-vanished", "gone"),
        ("column-new", "new"),
        ("missing-changed", "a"),
        ("range-changed", "a"),
        ("type-changed", "c"),
    } <= found
    assert ("missing-changed", "b") not in found


def test_new_and_vanished_categories_are_named_with_their_rows(compare) -> None:
    result = compare(orders(5, 300), orders(6, 300, cities=CITIES["now"], month=2))
    new = next(one for one in result.findings if one.code == "new-values")
    assert (new.where, "Pune" in new.detail) == ("city", True)
    assert "Quito" in next(one for one in result.findings if one.code == "vanished-values").detail


def test_without_examples_no_value_is_shown_anywhere(compare, context) -> None:
    now = orders(6, 300, cities=("Oslo", "Zanzibar"), month=2)
    result = compare(orders(5, 300), now, sample_rows=0)
    files = b"".join(context.artefacts.values()).decode()
    assert "Zanzibar" not in result.model_dump_json() + files
    assert "Quito" not in result.model_dump_json() + files


def test_a_delivery_that_is_no_newer_is_named(compare) -> None:
    assert ("not-newer", "day") in codes(compare(orders(5, 60), orders(6, 60)))
    assert ("not-newer", "day") not in codes(compare(orders(5, 60), orders(6, 60, month=2)))


def test_a_change_never_lowers_the_score(compare, assess) -> None:
    now = orders(6, 300, shift=20, cities=CITIES["now"], month=2)
    assert compare(orders(5, 900), now).score == assess(now).score


ALERTS = """
alerts:
  - {name: rows do not halve, metric: rows_change_percent, warn: below -20, fail: below -50}
  - {name: amounts stay, metric: psi, columns: amount, warn: above 0.1, fail: above 0.25}
  - {name: nothing lost, metric: missing_percent, fail: above 0}
  - {metric: mean, columns: city, fail: above 1}
"""


def test_alerts_pass_warn_and_fail_with_the_figures_that_did_it(compare, context) -> None:
    result = compare(orders(1, 1_000), orders(2, 700, shift=6, month=2), expectations=ALERTS)
    report = AlertsReport.model_validate_json(context.artefacts["alerts.json"])
    states = {one.name: one.state for one in report.alerts}
    assert states == {
        "rows do not halve": "warn",
        "amounts stay": "fail",
        "nothing lost": "pass",
        "mean": "not evaluated",
    }
    assert (report.state, report.alerts[0].figures[0].figure) == ("fail", -30.0)
    assert report.alerts[1].figures[0].column == "amount"
    assert result.headline.endswith("alerts: 1 fail, 1 warn of 4")
    assert {("alert-fail", "amount"), ("alert-warn", "")} <= codes(result)


def test_an_alert_on_a_column_that_vanished_fails(compare, context) -> None:
    before, now = "a,b\n1,2\n3,4\n", "a\n1\n3\n"
    compare(before, now, expectations="alerts: [{metric: psi, columns: b, fail: above 9}]")
    (one,) = json.loads(context.artefacts["alerts.json"])["alerts"]
    assert (one["state"], one["note"]) == ("fail", "the column 'b' is not there any more")


@pytest.mark.parametrize(
    ("words", "figure", "raised"),
    [
        ("above 5", 5, False),
        ("above 5", 5.1, True),
        ("at least 5", 5, True),
        ("below 5", 5, False),
        ("at most 5", 5, True),
        ("not 0", 0, False),
        ("outside 1 to 3", 3, False),
        ("outside 1 to 3", 0.9, True),
    ],
)
def test_a_limit_holds_at_its_own_value_as_its_words_say(words: str, figure: float, raised: bool) -> None:
    from studio_magics.tools.data.quality.alert_rules import read_alerts

    (rule,) = read_alerts([{"metric": "rows", "fail": words}])
    assert rule.fail.holds(figure) is raised


@pytest.mark.parametrize(
    ("rules", "found", "action"),
    [
        ("alerts: [{metric: rwos, fail: below 1}]", "alerts[1].metric: 'rwos'", "did you mean 'rows'?"),
        ("alerts: [{metric: rows, fail: few}]", "alerts[1].fail: 'few'", "for example fail: above 5"),
        ("alerts: [{metric: rows, fail: outside 3 to 1}]", "outside 3 to 1", "for example fail: above 5"),
        ("alerts: [{metric: rows}]", "alerts[1]: neither warn nor fail", "add fail: above 5"),
        ("alerts: [{metric: rows, columns: a, fail: below 1}]", "alerts[1].columns", "leave it out"),
        ("alerts: [{metric: rows, fails: below 1}]", "unknown field 'fails'", "did you mean 'fail'?"),
        ("alerts: {metric: rows}", "alerts: {'metric': 'rows'}", "for example alerts:"),
        ("alerts: [{metric: psi, fail: above 1}]", "there is no earlier table", "add --previous FILE"),
        ("alerts: [{metric: mean, columns: amuont, fail: above 1}]", "'amuont'", "did you mean 'amount'?"),
    ],
)
def test_an_alert_that_cannot_be_watched_is_refused_with_what_would_be_right(
    assess, rules: str, found: str, action: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        assess(orders(1, 30), expectations=rules)
    assert found in refused.value.found
    assert refused.value.action.startswith(action)


def test_an_earlier_file_that_is_no_table_is_refused_by_its_own_name(compare) -> None:
    with pytest.raises(InputRejected, match=r"before\.csv") as refused:
        compare("a,b\n1\n2,3,4\n", "a,b\n1,2\n")
    assert refused.value.field == "previous"


def test_hostile_names_and_values_stay_text_in_pictures_and_sql(compare) -> None:
    bad = "\"><script>'"
    before = f'"{bad.replace(chr(34), chr(34) * 2)}"\n' + "a'b\nc\"d\n".replace('"', "") * 20
    now = before + "<script>\n" * 20
    result = compare(before, now)
    for figure in result.figures:
        assert "script" not in {element.tag for element in ET.fromstring(figure.svg).iter()}  # noqa: S314  - our own


def test_the_same_two_tables_give_the_same_bytes(compare, context) -> None:
    first = compare(orders(1, 100), orders(2, 90), expectations=ALERTS)
    files = dict(context.artefacts)
    assert compare(orders(1, 100), orders(2, 90), expectations=ALERTS) == first
    assert context.artefacts == files
