"""How easily rows are told apart, counted by hand on twelve rows."""

import pytest

# postcode, age, disease: two pairs alike, one group of six, two rows alone
ROWS = [
    ("N1", 31, "flu"), ("N1", 31, "flu"), ("N2", 44, "flu"), ("N2", 44, "gout"), ("S9", 70, "flu"),
    ("S8", 22, "gout"), *[("E5", 50, "flu")] * 5, ("E5", 50, "gout"),
]  # fmt: skip
TABLE = "postcode,age,diagnosis\n" + "".join(f"{a},{b},{c}\n" for a, b, c in ROWS)


def _row(result, title, table="people.csv"):
    return next(row for one in result.tables if one.title == title for row in one.rows if row[0] == table)


def test_groups_lone_rows_and_rows_below_k_are_those_counted_by_hand(assess):
    result = assess(TABLE, k=3)
    # groups: (N1,31)=2, (N2,44)=2, (S9,70)=1, (S8,22)=1, (E5,50)=6
    assert _row(result, "Re-identification")[1:] == ("postcode, age", 12, 5, 1, 2, 6, 50.0)


@pytest.mark.parametrize(("k", "exposed"), [(2, 2), (3, 6), (6, 6), (7, 12)])
def test_a_larger_k_exposes_more_rows(assess, k, exposed):
    assert assess(TABLE, k=k).summary["tables"]["people.csv"]["rows_below_k"] == exposed


def test_what_would_help_is_counted_too(assess):
    result = assess(TABLE, k=3)
    table = next(one for one in result.tables if one.title == "What would help")
    changes = {row[1]: row[2] for row in table.rows}
    # by age alone: 31 twice, 44 twice, 70, 22, 50 six times; by postcode alone the same here
    assert changes["without postcode"] == 6
    assert changes["without age"] == 6
    assert changes["postcode as its first two signs, age as steps of ten"] == 6


def test_a_group_that_shares_one_sensitive_value_reveals_it(assess, found):
    [revealed] = found(assess(TABLE, k=3), "value-revealed")
    # (N1,31) both flu, (S9,70) and (S8,22) alone; (N2,44) and (E5,50) have two values
    assert revealed.count == 4
    assert revealed.where == "people.csv.diagnosis"


def test_named_columns_are_used_instead_of_those_found(assess):
    result = assess(TABLE, k=3, quasi_identifiers="postcode", sensitive="age")
    assert result.summary["tables"]["people.csv"]["quasi_identifiers"] == ["postcode"]


def test_rows_that_all_look_alike_expose_nobody(assess, found):
    content = "postcode,age,diagnosis\n" + "N1,30,flu\nN1,30,gout\n" * 10
    assert not found(assess(content), "rows-told-apart")
    assert found(assess(TABLE), "rows-told-apart")
