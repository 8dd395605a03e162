"""What depends on a change: every column, by value or by choice, and nothing else."""

import pytest

from studio_magics.tools.base import InputRejected


def _impact(result):
    table = next(one for one in result.tables if one.title.startswith("What depends on"))
    return {(row[0], row[1]): (row[2], row[3]) for row in table.rows}


def test_the_value_of_a_column_is_followed_through_all_statements(trace, shop):
    # amount → paid.amount → by_customer.total → report.money; total > 10 also chooses the rows of report
    result = trace(shop, change="orders.amount")
    assert _impact(result) == {
        ("paid", "amount"): ("value", 1),
        ("by_customer", "total"): ("value", 2),
        ("report", "money"): ("value", 3),
        ("report", "its rows"): ("choice", 3),
        ("report", "who"): ("choice", 3),
    }
    assert result.summary["impact"] == {"columns": 4, "datasets": ["by_customer", "paid", "report"]}


def test_a_column_that_only_filters_touches_everything_after_it_by_choice(trace, shop):
    impact = _impact(trace(shop, change="shop.orders.status"))
    assert {way for way, _ in impact.values()} == {"choice"}
    assert {("paid", "id"), ("paid", "amount"), ("report", "money")} <= set(impact)


def test_a_change_of_a_whole_table_follows_all_of_its_columns(trace, shop):
    impact = _impact(trace(shop, change="customers"))
    assert impact["by_customer", "name"] == ("value", 1)
    assert impact["report", "who"] == ("value", 2)


def test_a_column_nobody_reads_reaches_nothing(trace, shop, found):
    result = trace(shop, change="customers.country")
    assert [one.title for one in found(result, "change-reaches-nothing")] == [
        "Nothing here depends on customers.country"
    ]


def test_the_change_is_marked_in_the_picture_and_nowhere_else(trace, shop):
    plain, marked = trace(shop).figures[0].svg, trace(shop, change="orders.amount").figures[0].svg
    assert "takes the value that changes" in marked
    assert "takes the value that changes" not in plain
    assert marked.count('stroke="#c2410c"') == 3


@pytest.mark.parametrize("wanted", ["orders.amuont", "nowhere", "customers.", "."])
def test_a_change_of_what_is_not_there_is_refused_with_the_closest_names(trace, shop, wanted):
    with pytest.raises(InputRejected) as refusal:
        trace(shop, change=wanted)
    assert refusal.value.field == "change"
    assert "orders" in refusal.value.allowed or "customers" in refusal.value.allowed


def test_source_columns_are_ranked_by_what_takes_their_value(trace, shop):
    ranked = next(one for one in trace(shop).tables if one.title.startswith("Source columns")).rows
    assert ranked[0] == ("shop.orders.amount", 3, 3)
    assert ("customers.name", 2, 2) in ranked
    assert not [row for row in ranked if row[0] == "customers.country"]
