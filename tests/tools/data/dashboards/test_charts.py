"""Which charts are chosen, and whether their numbers are those counted by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import vega_datasets

from studio_magics.tools.base import InputRejected

NOTEBOOKS = Path(__file__).parents[4] / "notebooks" / "data"
DATA = Path(vega_datasets.__file__).parent / "_data"


def _kinds(result):
    return [(one["kind"], one["x"], one["measure"], one["second"]) for one in result.summary["charts"]]


def test_totals_means_and_counts_are_those_of_the_rows(draw, sales, numbers):
    result = draw(sales, questions="units by city; average price by city; number of rows by city")
    # Oslo 1+1+1+1+3, Rome 2+2+2+2, Lima 3+3+3; prices: Oslo (10+12+14+16+18)/5, Rome 92/4, Lima 64/2
    assert numbers(result, "Total units by city") == (("Lima", 9), ("Rome", 8), ("Oslo", 7))
    assert numbers(result, "Mean price by city") == (("Lima", 32), ("Rome", 23), ("Oslo", 14))
    assert numbers(result, "Rows by city") == (("Oslo", 5), ("Rome", 4), ("Lima", 3))


def test_a_question_over_time_becomes_a_line_by_the_named_category(draw, sales, numbers):
    result = draw(sales, questions="units over time by city")
    assert _kinds(result) == [("line", "day", "sum(units)", "city")]
    rows = numbers(result, "Total units over day by city")
    assert rows[:3] == (("2026-01-01", "Lima", 3), ("2026-01-01", "Oslo", 1), ("2026-01-01", "Rome", 2))
    assert ("2026-01-04", "Lima", 0) in rows  # no row of Lima on that day is a total of zero
    assert ("2026-01-04", "Oslo", 4) in rows


@pytest.mark.parametrize(
    ("question", "chart"),
    [
        ("distribution of price", ("histogram", "price", "count", "")),
        ("price against units", ("density", "price", "count", "units")),
        ("highest price per city", ("bar", "city", "max(price)", "")),
        ("PRICES by Cities", ("bar", "city", "mean(price)", "")),
        ("monthly price", ("line", "day", "mean(price)", "")),
        ("what is the total of units in each city?", ("bar", "city", "sum(units)", "")),
    ],
)
def test_plain_english_is_read_by_the_names_of_columns_and_a_few_words(draw, question, chart):
    rows = "".join(f"2026-0{n % 9 + 1}-01,{'Oslo' if n % 2 else 'Rome'},{n}.5,{n * 3}\n" for n in range(40))
    assert _kinds(draw("day,city,price,units\n" + rows, questions=question)) == [chart]


@pytest.mark.parametrize("question", ["median price by city", "max temperature by city", "std of price"])
def test_a_question_for_a_figure_that_cannot_be_drawn_is_refused_and_not_answered_with_another(
    draw, question
):
    with pytest.raises(InputRejected) as refused:
        draw("city,price\n" + "Oslo,1.5\nRome,2.5\nOslo,3.5\n" * 9, questions=question)
    assert "not drawn here" in refused.value.found


def test_the_top_of_a_question_is_the_number_of_bars_beside_the_others(draw, numbers):
    rows = "".join(f"city{n % 20},{n}\n" for n in range(210))
    shown = numbers(draw("city,x\n" + rows, questions="top 5 cities by number of rows"), "Rows by city")
    assert [row[0] for row in shown] == ["city0", "city1", "city2", "city3", "city4", "other (15)"]


def test_rows_by_month_are_a_line_though_no_column_is_named(draw, sales):
    assert _kinds(draw(sales, questions="number of rows by month")) == [("line", "day", "count", "")]


@pytest.mark.parametrize("column", ["CYLINDERS", "INCOMEINDEX", "COPPERPRICE", "step"])
def test_a_value_on_the_edge_of_a_bin_is_counted_above_it_as_numpy_does(draw, column):
    copper = pd.read_csv(NOTEBOOKS / "copper.csv")
    copper["step"] = [round(4.2 + place % 19 * 0.2, 1) for place in range(len(copper))]
    copper["CYLINDERS"] = [round(0.1 * place, 1) for place in range(len(copper))]
    result = draw(copper.to_csv(index=False), layout=f"charts: [{{x: {column}, kind: histogram}}]")
    spec = result.figures[0].vega_lite
    counted = {row["x"]: row["v"] for row in spec["data"]["values"]}
    step = float(spec["transform"][-1]["calculate"].rpartition("+ ")[2])
    edges = [
        round(min(counted) + step * place, 10)
        for place in range(round((max(counted) - min(counted)) / step) + 2)
    ]
    expected, _ = np.histogram(copper[column], bins=[*edges[:-1], edges[-1] + step])
    assert [counted.get(edge, 0) for edge in edges[:-1]] == list(expected)


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2.5, float("inf"), float("-inf"), float("nan")],
        [1.0, 2.5, 1e308, -1e308],
        [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-01"), None],
    ],
    ids=["infinite", "huge", "days"],
)
def test_values_without_a_place_on_an_axis_are_left_out_and_told(draw, tmp_path, values):
    pd.DataFrame({"x": values * 20, "g": ["a", "b"] * 10 * len(values)}).to_parquet(tmp_path / "t.parquet")
    result = draw((tmp_path / "t.parquet").read_bytes(), name="t.parquet")
    lost = 20 * (len(values) - 2)
    told = [str(figure.vega_lite["title"]["subtitle"]) for figure in result.figures if figure.vega_lite]
    assert any(f"{lost} rows without x left out" in text for text in told)
    json.loads(result.model_dump_json(), parse_constant=pytest.fail)


def test_an_end_of_the_year_9999_is_no_day_on_the_axis(draw):
    result = draw("until,v\n" + "2024-01-01,1\n2024-06-01,2\n9999-12-31,3\n" * 9, questions="v over time")
    assert result.figures[0].vega_lite["data"]["values"][-1]["x"] == "2024-06-01"


def test_places_are_drawn_as_a_map_and_never_averaged(draw):
    kinds = _kinds(draw((DATA / "airports.csv").read_bytes(), name="airports.csv"))
    assert ("density", "longitude", "count", "latitude") in kinds
    assert {measure for _, _, measure, _ in kinds} == {"count"}


def test_without_a_wish_the_types_of_the_columns_choose(draw):
    result = draw((DATA / "seattle-weather.csv").read_bytes(), name="seattle-weather.csv")
    assert _kinds(result)[:3] == [
        ("line", "date", "sum(precipitation)", "weather"),
        ("bar", "weather", "sum(precipitation)", ""),
        ("histogram", "precipitation", "count", ""),
    ]
    assert result.summary["filter"] == "weather"
    assert result.summary["rows"] == 1461


def test_dates_written_in_words_are_read_as_dates(draw, numbers):
    result = draw((DATA / "stocks.csv").read_bytes(), name="stocks.csv", questions="average price over time")
    rows = numbers(result, "Mean price over date")
    # January 2000: MSFT 39.81, AMZN 64.56, IBM 100.52, AAPL 25.94; Google was not traded yet
    assert rows[0] == ("2000-01-01", pytest.approx((39.81 + 64.56 + 100.52 + 25.94) / 4))
    assert "one point per month" in result.tables[1].note


def test_a_date_that_may_be_day_or_month_first_is_not_guessed(draw):
    rows = "".join(f"0{n % 9 + 1}/0{(n * 7) % 9 + 1}/20{n % 30 + 10},{n}\n" for n in range(120))
    assert draw("when,v\n" + rows).summary["charts"][0]["kind"] != "line"
    rows += "25/01/2020,5\n"
    assert draw("when,v\n" + rows).summary["charts"][0]["kind"] == "line"


def test_bins_hold_every_value_once(draw, numbers):
    values = [0, 1, 1, 2, 5, 9, 10, 10]
    result = draw("v\n" + "".join(f"{value}\n" for value in values), questions="distribution of v")
    # 0 to 10 in steps of one: the values are whole numbers
    assert numbers(result, "Distribution of v") == ((0, 1), (1, 2), (2, 1), (5, 1), (9, 1), (10, 2))


def test_only_the_most_frequent_are_shown_and_the_rest_is_counted_together(draw, numbers):
    rows = "".join(f"city{place % 20 if place < 40 else 0},1\n" for place in range(60))
    layout = "charts:\n  - {x: city, top: 4}\n"
    result = draw("city,v\n" + rows, layout=layout)
    shown = dict(numbers(result, "Rows by city"))
    assert shown["city0"] == 22  # 2 of the first 40, and all 20 after them
    assert shown["other (17)"] == 60 - 22 - 2 - 2
    assert "the 3 most frequent of 20 values" in result.tables[1].note


def test_a_layout_decides_title_charts_tiles_and_filter(draw, sales):
    layout = (
        "title: Shop\nfilter: city\ntiles: [count, max(price)]\n"
        "charts:\n  - {x: day, y: sum(units), color: city, title: Units a day}\n"
        "  - {x: price, kind: histogram}\n  - {x: city, color: day, kind: heat}\n"
    )
    result = draw(sales, layout=layout)
    assert next(one["title"] for one in result.summary["charts"]) == "Units a day"
    assert [one["kind"] for one in result.summary["charts"]] == ["line", "histogram", "heat"]
    assert result.summary["tiles"] == {"Rows": 12, "Greatest price": 34}


def test_an_incomplete_last_period_is_told_and_left_out_of_the_trend(draw, found):
    days = [f"2025-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 11, 21, 28)]
    content = "day,amount\n" + "".join(f"{day},10\n" for day in [*days, "2026-01-01", "2026-01-03"])
    result = draw(content, questions="monthly amount")
    [finding] = found(result, "last-period-incomplete")
    assert "2026-01-03" in finding.detail
    [trend] = found(result, "trend")
    assert trend.title == "Total amount stayed from 40 to 40"
    whole = "day,amount\n" + "".join(f"{day},10\n" for day in [*days, "2026-01-31"])
    assert not found(draw(whole, questions="monthly amount"), "last-period-incomplete")


def test_spellings_that_split_a_bar_are_told(draw, found):
    content = "city,v\n" + "Seattle,1\nseattle ,2\nRome,3\n" * 8
    [finding] = found(draw(content, questions="v by city"), "spellings-split")
    assert "'Seattle' and 'seattle '" in finding.detail or "'seattle ' and 'Seattle'" in finding.detail
    assert not found(draw("city,v\n" + "Seattle,1\nRome,3\n" * 8, questions="v by city"), "spellings-split")


def test_a_question_nobody_can_answer_is_told_and_the_others_are_drawn(draw, sales, found):
    result = draw(sales, questions="banana; units by city")
    assert [one.title for one in found(result, "question-not-understood")] == ["No chart answers 'banana'"]
    assert len(result.figures) == 1


def test_related_numbers_are_told_with_their_correlation(draw, found):
    content = "a,b\n" + "".join(f"{n}.5,{2 * n}.25\n" for n in range(40))
    [finding] = found(draw(content, questions="a against b"), "numbers-related")
    assert "Correlation 1.00 over 40 rows" in finding.detail
