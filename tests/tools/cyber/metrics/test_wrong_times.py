"""Times that cannot be, and figures that pandas works out by itself."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_tables import HEAD, START, codes, durations, rows

from studio_magics.tools.base import InputRejected

GOALS = {"critical": 24, "high": 72, "medium": 168, "low": 720}
WHOLE = "id,severity,occurred,detected,acknowledged,resolved\n"


def test_a_wrong_time_is_left_out_of_its_own_figure_and_of_no_other(show):
    # five cases in order; five still open whose report came before their start and whose receipt before both
    good = "g,high,2026-01-01 08:00,2026-01-01 10:00,2026-01-01 11:00,2026-01-01 14:00\n" * 5
    bad = "b,high,2026-01-02 11:00,2026-01-02 10:00,2026-01-02 09:00,\n" * 5
    result = show(WHOLE + good + bad, skip_wrong_rows=True)
    assert [durations(result, name)["all"][2] for name in ("MTTD", "MTTA", "MTTR")] == [5, 5, 5]
    assert result.summary["open"] == {"incidents": 5}
    assert durations(result, "MTTR")["all"][10] == 5


def test_a_day_far_ahead_that_stands_for_never_is_refused_and_not_averaged(show):
    never = "9,high,2026-01-02 00:00:00,9999-12-31 00:00:00\n"
    with pytest.raises(InputRejected, match="1 times of 'resolved' over a year ahead, to 9999-12-31"):
        show(HEAD + never + rows([1] * 5))
    result = show(HEAD + never + rows([1] * 5), skip_wrong_rows=True)
    assert result.summary["open"] == {"incidents": 1}
    assert result.summary["as_of"] == "2026-01-02T00:00:00Z"
    assert codes(result, "far-ahead")[0].count == 1


def test_minutes_are_not_rounded_away_where_open_cases_count(show):
    # 3 minutes each, two of six open and older: half have ended after 3 minutes, which is 0.05 hours
    result = show(HEAD + rows([0.05] * 4 + [None, None]) + rows([0.06], start=START + timedelta(days=1)))
    assert durations(result)["all"][11] == 0.05


@pytest.mark.parametrize("seed", range(12))
def test_figures_are_those_that_pandas_works_out(show, seed):
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(seed)
    count = int(draw.integers(20, 300))
    begun = pd.Series(
        pd.Timestamp("2024-12-30 07:11:13") + pd.to_timedelta(draw.uniform(0, 9000, count), "h")
    )
    ended = begun + pd.to_timedelta(draw.lognormal(2, 1.5, count), "h")
    cases = pd.DataFrame({"severity": draw.choice(list(GOALS), count), "detected": begun, "resolved": ended})
    cases[["detected", "resolved"]] = cases[["detected", "resolved"]].apply(lambda one: one.dt.round("s"))
    cases.loc[draw.random(count) < 0.25, "resolved"] = pd.NaT
    result = show(cases.to_csv(index=False))
    hours = (cases.resolved - cases.detected).dt.total_seconds() / 3600
    age = (cases[["detected", "resolved"]].max().max() - cases.detected).dt.total_seconds() / 3600
    over = hours.isna() & (age > cases.severity.map(GOALS))
    met = (hours <= cases.severity.map(GOALS)).sum() / (hours.notna().sum() + over.sum())
    print(f"seed {seed}: {count} cases")
    found = durations(result)["all"]
    assert found[2] == hours.notna().sum()
    assert found[3:6] == pytest.approx((hours.mean(), hours.median(), hours.quantile(0.9)), abs=0.006)
    assert result.summary["over_target"]["incidents"] == over.sum()
    assert result.summary["target_met"]["resolve"] == pytest.approx(met, abs=1e-4)
