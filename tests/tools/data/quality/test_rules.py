"""The user's rules: what passes, what fails with which rows, and what is refused with the right word."""

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality.expectations import ExpectationsRejected, parse_expectations

ORDERS = """id,status,net,tax,total,email,placed,zip
1,new,10,2,12,ann@example.org,2026-02-27,01234
2,paid,20,4,24,bob@example.org,2026-02-28,11234
3,Paid,30,6,37,nobody,2026-02-20,1234
4,,40,8,48,dan@example.org,2026-02-21,21234
4,new,-5,,,eve@example.org,2030-01-01,31234
"""


def _outcomes(result) -> dict[tuple[str, str], tuple]:
    rows = result.tables[0].rows
    return {(row[1], row[2]): (row[0], row[3], row[4], row[5]) for row in rows}


@pytest.mark.parametrize(
    ("rule", "column", "expected", "failing", "example"),
    [
        ("id: {unique: true}", "id", "no value twice", 2, "row 4: 4"),
        ("id: {min: 2}", "id", "at least 2", 1, "row 1: 1"),
        ("net: {max: 30}", "net", "at most 30", 1, "row 4: 40"),
        ("status: {not_null: true}", "status", "no missing values", 1, "row 4: (empty)"),
        ("status: {allowed: [new, paid]}", "status", "one of new, paid", 1, "row 3: Paid"),
        ("email: {regex: '[^@]+@[^@]+'}", "email", "matches [^@]+@[^@]+ as a whole", 1, "row 3: nobody"),
        ("zip: {min_length: 5}", "zip", "at least 5 characters", 1, "row 3: 1234"),
        ("placed: {min: 2026-02-21}", "placed", "at least 2026-02-21", 1, "row 3: 2026-02-20"),
        ("placed: {not_in_future: true}", "placed", "not later than the run", 1, "row 5: 2030-01-01"),
        ("tax: {max_missing_percent: 10}", "tax", "at most 10 % missing", 1, "row 5: (empty)"),
        ("status: {type: integer}", "status", "type integer", 4, "row 1: new"),
    ],
)
def test_a_broken_rule_counts_its_rows_and_names_the_first(  # noqa: PLR0917  - one row of the table above
    assess, rule, column, expected, failing, example
) -> None:
    result = assess(ORDERS, expectations=f"columns:\n  {rule}\n")
    status, counted, _, shown = _outcomes(result)[column, expected]
    assert (status, counted) == ("failed", failing)
    assert shown.startswith(example)
    assert any(one.code == "expectation-failed" and one.where == column for one in result.findings)


@pytest.mark.parametrize(
    "rule",
    [
        "id: {type: integer, min: 1, max: 4, not_null: true}",
        "status: {allowed: [new, paid, Paid], max_missing_percent: 20}",
        "net: {type: number, min: -5}",
        "placed: {type: date, max_age_days: 2}",
        "zip: {type: text, regex: '[0-9]{4,5}'}",
        "id: {allowed: [1, 2, 3, 4]}",
    ],
)
def test_a_kept_rule_passes(assess, rule: str) -> None:
    result = assess(ORDERS, expectations=f"columns:\n  {rule}\n")
    assert {row[0] for row in result.tables[0].rows} == {"passed"}
    assert "all rules are met" in result.headline


def test_bounds_are_inclusive_and_missing_values_break_only_rules_about_missing(assess) -> None:
    result = assess("v\n1\n\n3\n", expectations="columns:\n  v: {min: 1, max: 3, unique: true}\n")
    assert {row[0] for row in result.tables[0].rows} == {"passed"}


def test_rules_about_the_whole_table(assess) -> None:
    rules = "rows: {min: 6, max: 4}\nclosed: true\nkey: [id, status]\n"
    rules += "columns:\n  id: {required: true}\n  gone: {required: true}\n"
    found = _outcomes(assess(ORDERS, expectations=rules))
    assert found["(table)", "at least 6 rows"][0] == "failed"
    assert found["(table)", "at most 4 rows"][0] == "failed"
    assert found["(table)", "no column beyond the listed ones"][:2] == ("failed", 7)
    assert found["id, status", "complete and unique together"][:2] == ("failed", 1)
    assert found["id", "the column exists"][0] == "passed"
    assert found["gone", "the column exists"][0] == "failed"


def test_a_check_in_sql_fails_where_it_is_false_and_not_where_it_is_unknown(assess) -> None:
    rules = "checks:\n  - {name: total adds up, sql: total = net + tax}\n"
    status, failing, checked, shown = _outcomes(assess(ORDERS, expectations=rules))[
        "(table)", "total adds up"
    ]
    assert (status, failing, checked) == ("failed", 1, 5)
    assert "row 3" in shown
    assert "unknown for 1 row" in shown


@pytest.mark.parametrize(
    "condition",
    [
        "status IN ('new', 'paid', 'Paid') OR status IS NULL",
        "data.net BETWEEN -5 AND 40",
        "extract(year FROM placed) >= 2026",
        "CASE WHEN net < 0 THEN total IS NULL ELSE total >= net END",
        "regexp_matches(zip, '^[0-9]+$') -- a comment",
        "abs(coalesce(total - net - tax, 0)) <= 1",
    ],
)
def test_usual_conditions_in_sql_are_accepted(assess, condition: str) -> None:
    result = assess(ORDERS, expectations=f"checks:\n  - sql: |-\n      {condition}\n")
    assert result.tables[0].rows[0][0] == "passed"


def test_an_optional_column_that_is_missing_is_skipped_and_a_required_one_fails(assess) -> None:
    rules = "columns:\n  note: {required: false, max_length: 9}\n  memo: {required: true, max_length: 9}\n"
    result = assess(ORDERS, expectations=rules)
    assert [row[:3] for row in result.tables[0].rows] == [
        ("failed", "memo", "the column exists"),
        ("not evaluated", "memo", "max_length 9"),
    ]


def test_yes_and_no_are_words_not_flags(assess) -> None:
    result = assess("n,v\n1,yes\n2,no\n", expectations="columns:\n  v: {allowed: [yes, no]}\n")
    assert result.tables[0].rows[0][0] == "passed"


def test_a_failing_rule_lowers_its_dimension(assess) -> None:
    rules = "columns:\n  v: {min: 26}\n"
    result = assess("v\n" + "".join(f"{value}\n" for value in range(1, 101)), expectations=rules)
    # 25 of 100 fail: the column has 50, the table 100 → mean 75, worst 50, dimension 62.5
    assert result.summary["score"]["validity"] == 62


@pytest.mark.parametrize(
    ("rules", "found", "action"),
    [
        ("columns:\n  stauts: {not_null: true}", "column 'stauts'", "did you mean 'status'?"),
        ("key: [ID2]", "column 'ID2'", "did you mean 'id'?"),
        ("columns:\n  status: {min: 3}", "min: 3 on 'status', a column of text", "another rule"),
        ("columns:\n  net: {max: 2024-01-01}", "on 'net', a column of integer", "another rule"),
        ("columns:\n  status: {max_age_days: 3}", "a column of text", "another rule"),
        ("columns:\n  net: {allowed: [a]}", "a column of integer", "another rule"),
        ("columns:\n  status: {regex: '('}", "columns.status.regex", "RE2"),
        ("columns:\n  status: {regex: '(?=x)'}", "columns.status.regex", "RE2"),
        ("checks: [{sql: totl = 1}]", "no column 'totl'", "did you mean 'total'?"),
        ("checks: [{sql: total + 1}]", "a result of type", "for example"),
        ("checks: [{sql: 'total ='}]", "syntax error", "for example"),
        ("checks: [{sql: 'true); SELECT (1'}]", "more than one statement", "for example"),
        ("checks: [{sql: 'true); DROP TABLE data; SELECT (1'}]", "check", "for example"),
        ("checks: [{sql: 'true) FROM data; DROP TABLE data; --'}]", "syntax error", "for example"),
        ("checks: [{sql: 'true) ORDER BY (id'}]", "more than an expression", "for example"),
        ("checks: [{sql: 'true) UNION SELECT (true'}]", "more than an expression", "for example"),
        ("checks: [{sql: '1 = (SELECT count(*) FROM data)'}]", "subquery", "for example"),
        ("checks: [{sql: 'random() > 2'}]", "'random'", "for example"),
        ("checks: [{sql: 'now() > placed'}]", "'now'", "for example"),
        ("checks: [{sql: 'placed > current_date'}]", "no column 'current_date'", "use one of"),
        ("checks: [{sql: \"rpad('x', 2000000000, 'y') = 'x'\"}]", "'rpad'", "for example"),
        ("checks: [{sql: \"read_text('/etc/passwd') = ''\"}]", "'read_text'", "for example"),
        ("checks: [{sql: 'count(*) > 2'}]", "check", "for example"),
        ("checks: [{sql: 'total > $1'}]", "check", "for example"),
        ("checks: [{sql: 'status::INTEGER > 2'}]", "Could not convert", "for example"),
    ],
)
def test_a_rule_that_does_not_fit_the_table_is_refused_before_anything_is_charged(
    assess, rules, found, action
) -> None:
    with pytest.raises(InputRejected) as refused:
        assess(ORDERS, expectations=rules)
    assert refused.value.field == "expectations"
    assert found in refused.value.found
    assert action in refused.value.action


@pytest.mark.parametrize(
    ("rules", "found", "action"),
    [
        ("colums:\n  a: {}", "unknown section 'colums'", "did you mean 'columns'?"),
        ("columns:\n  a: {not_nul: true}", "unknown rule of 'a' 'not_nul'", "did you mean 'not_null'?"),
        ("columns:\n  a: {type: int}", "'int'", "integer"),
        ("columns:\n  a: {min: low}", "columns.a.min: 'low'", "for example"),
        ("columns:\n  a: {min: .nan}", "columns.a.min: nan", "for example"),
        ("columns:\n  a: {max: 1" + "0" * 400 + "}", "columns.a.max", "for example"),
        ("columns:\n  a: {max_missing_percent: .nan}", "nan", "for example"),
        ("columns:\n  a: {allowed: [.inf]}", "columns.a.allowed: [inf]", "for example"),
        ("columns:\n  a: {max_age_days: 1.0e+9}", "columns.a.max_age_days", "for example"),
        ("columns:\n  a: {unique: 1}", "columns.a.unique: 1", "for example"),
        ("columns:\n  a: {max_missing_percent: 101}", "101", "for example"),
        ("columns:\n  a: {allowed: []}", "columns.a.allowed: []", "for example"),
        ("columns:\n  a: {min_length: -1}", "-1", "for example"),
        ("columns: [a, b]", "columns: ['a', 'b']", "columns:"),
        ("just a text", "'just a text'", "columns:"),
        ("rows: {least: 3}", "unknown limit of rows 'least'", "min, max"),
        ("checks: [{name: x, sql: ''}]", "checks[1].sql", "for example"),
        ("columns:\n  a: {min: 1}\n  a: {min: 2}", "the key 'a' twice", "keep one"),
        ("a: [1, 2", "line", "check"),
        ("columns:\n  a: {min: 2024-13-45}", "month must be in 1..12", "quotes"),
        ("- &x [1]\n- *x", "an alias (*) in line 2", "write the value out"),
        ("[" * 400 + "]" * 400, "nesting deeper", "flatten"),
        (
            "columns: {" + ", ".join(f"c{n}: {{unique: true}}" for n in range(201)) + "}",
            "201 rules",
            "two runs",
        ),
        ("!!python/object/apply:os.system [id]", "could not determine a constructor", "check"),
    ],
)
def test_wrong_rules_are_refused_with_what_would_be_right(rules: str, found: str, action: str) -> None:
    with pytest.raises(ExpectationsRejected) as refused:
        parse_expectations(rules)
    assert found in refused.value.found
    assert action in refused.value.action + refused.value.allowed


def test_an_alias_bomb_is_refused_at_its_first_alias() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    with pytest.raises(ExpectationsRejected, match="alias"):
        parse_expectations(bomb)


def test_wrong_rules_are_refused_when_the_price_is_asked(context) -> None:
    from studio_magics.tools.data.quality import TOOL

    data = context.put("a.csv", "a\n1\n").model_dump()
    with pytest.raises(InputRejected) as refused:
        TOOL.input_model.model_validate({"data": data, "expectations": "colums: {}"})
    assert (refused.value.field, refused.value.action) == ("expectations", "did you mean 'columns'?")


@pytest.mark.parametrize(
    ("options", "field", "action"),
    [
        ({"key": "idd"}, "key", "did you mean 'id'?"),
        ({"date_column": "plcd"}, "date_column", "did you mean 'placed'?"),
        ({"date_column": "status"}, "date_column", "2024-12-31"),
    ],
)
def test_an_option_that_names_no_fitting_column_is_refused(assess, options, field: str, action: str) -> None:
    with pytest.raises(InputRejected) as refused:
        assess(ORDERS, **options)
    assert refused.value.field == field
    assert action in refused.value.action


def test_an_age_without_a_date_column_is_refused(assess) -> None:
    with pytest.raises(InputRejected, match="no single date column"):
        assess("a\n1\n", max_age_days=2)
