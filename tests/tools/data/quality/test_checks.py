"""Each check against small tables whose faults were counted by hand."""

import pytest

HUNDRED = range(100)


def _table(header: str, rows: list[str]) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_missing_values_are_empty_cells_blanks_and_spellings_of_nothing(assess, finding) -> None:
    result = assess('n,v\n1,a\n2,\n3,"  "\n4,N/A\n5,null\n6,-\n7,b\n8,c\n')
    missing = finding(result, "missing-values", "v")
    assert missing.count == 5
    assert "62.5 %" in missing.title
    assert missing.severity == "high"
    disguised = finding(result, "disguised-missing", "v")
    assert disguised.count == 3
    assert all(word in disguised.detail for word in ("“N/A” (1 row)", "“null” (1 row)", "“-” (1 row)"))


def test_own_spellings_of_missing_count_for_numbers_too(assess, finding) -> None:
    text = "n,v\n1,5\n2,-999\n3,-999\n4,7\n"
    assert finding(assess(text), "missing-values") is None
    result = assess(text, missing_tokens="-999, unknown")
    assert finding(result, "missing-values", "v").count == 2


def test_na_in_a_column_of_country_codes_is_namibia(assess, finding) -> None:
    codes = ["DE", "FR", "US", "GB", "IT", "NA"]
    result = assess(_table("n,country", [f"{place},{code}" for place, code in enumerate(codes)]))
    assert finding(result, "missing-values") is None
    result = assess(_table("n,word", [f"{place},{word}" for place, word in enumerate(["one", "two", "NA"])]))
    assert finding(result, "missing-values", "word").count == 1


def test_a_column_without_any_value_is_serious(assess, finding) -> None:
    result = assess("a,b\n1,\n2,\n")
    assert finding(result, "empty-column", "b").severity == "high"
    assert finding(result, "missing-values", "b") is None


def test_spellings_that_differ_in_case_and_blanks_are_counted_without_the_usual_one(assess, finding) -> None:
    cities = (
        ["Seattle"] * 6 + ["seattle "] * 2 + ["SEATTLE"] + ["New York"] * 4 + ["New  York"] + ["Dayton"] * 3
    )
    result = assess(_table("n,city", [f"{place},{city}" for place, city in enumerate(cities)]))
    found = finding(result, "category-variants", "city")
    assert found.count == 4
    assert "2 values" in found.title
    assert "“seattle·” 2" in found.detail


def test_texts_in_a_column_of_numbers_are_named(assess, finding) -> None:
    rows = [f"{place}.5" for place in HUNDRED]
    rows[10], rows[20], rows[30] = "abc", "abc", "12 kg"
    result = assess(_table("v", rows))
    found = finding(result, "mixed-types", "v")
    assert found.count == 3
    assert "“abc” (2 rows), “12 kg” (1 row)" in found.detail


def test_decimal_commas_are_numbers_stored_as_text(assess, finding) -> None:
    result = assess(_table("n;price", [f"{place};{place},50" for place in range(20)]))
    assert finding(result, "numbers-stored-as-text", "price").count == 20
    assert finding(result, "mixed-types", "price") is None


def test_dates_in_two_formats_are_counted_by_format(assess, finding) -> None:
    rows = [f"2024-01-{day:02d}" for day in range(1, 10)] + ["31/01/2024", "01/02/2024"]
    found = finding(assess(_table("d", rows)), "mixed-date-formats", "d")
    assert found.count == 2
    assert "2024-12-31 (9 rows)" in found.detail


def test_a_date_that_does_not_exist_is_named(assess, finding) -> None:
    rows = [f"2024-01-{day:02d}" for day in range(1, 21)] + ["2024-02-30"]
    found = finding(assess(_table("d", rows)), "mixed-types", "d")
    assert found.count == 1
    assert "2024-02-30" in found.detail


def test_entirely_equal_rows_are_counted_beyond_the_first(assess, finding) -> None:
    result = assess("a,b\n1,x\n1,x\n1,x\n2,y\n2,y\n3,z\n")
    found = finding(result, "duplicate-rows")
    assert found.count == 3
    assert "more than once: 2 rows" in found.detail
    assert "50.0 %" in found.detail


def test_rows_equal_but_for_an_identifier_are_a_suspicion(assess, finding) -> None:
    result = assess("id,a,b,c,d\n1,x,5,7,p\n2,x,5,7,p\n3,y,6,7,p\n")
    assert finding(result, "duplicate-rows") is None
    assert finding(result, "same-but-for-identifier").count == 1
    assert result.summary["score"]["uniqueness"] == 100


def test_repeated_and_incomplete_keys_are_counted(assess, finding) -> None:
    result = assess("id,line,v\n1,1,a\n1,2,b\n1,2,c\n,1,d\n", key="id, line")
    assert finding(result, "duplicate-keys").count == 1
    assert finding(result, "duplicate-keys").severity == "critical"
    assert "1, 2 (2 times)" in finding(result, "duplicate-keys").detail
    assert finding(result, "key-missing").count == 1


def test_a_name_like_an_identifier_that_nearly_is_one_is_noticed(assess, finding) -> None:
    rows = [f"A{place},x" for place in range(199)] + ["A7,x"]
    found = finding(assess(_table("order_id,v", rows)), "nearly-unique", "order_id")
    assert found.count == 1
    assert finding(assess(_table("piano,v", rows)), "nearly-unique") is None


def test_outliers_lie_outside_tukeys_fences(assess, finding) -> None:
    # 1..99: quartiles 25.5 and 74.5, so 3 interquartile ranges reach from -121.5 to 221.5
    result = assess(_table("v", [str(value) for value in [*range(1, 100)]] + ["230", "-130"]))
    found = finding(result, "outliers", "v")
    assert found.count == 2
    wider = assess(
        _table("v", [str(value) for value in [*range(1, 100)]] + ["230", "-130"]), outlier_factor=4
    )
    assert finding(wider, "outliers", "v") is None


def test_a_column_without_spread_is_said_not_to_be_checked_for_outliers(assess, finding) -> None:
    result = assess(_table("v", ["0"] * 90 + [str(value) for value in range(1, 20)]))
    assert finding(result, "outliers") is None
    assert any(line.startswith("Outliers in 'v'") for line in result.not_checked)


def test_a_magic_number_at_the_end_of_the_range_is_a_suspicion(assess, finding) -> None:
    result = assess(_table("v", [str(100 + place % 10) for place in range(200)] + ["-999"] * 3))
    assert finding(result, "sentinel-values", "v").count == 3
    assert result.summary["score"]["completeness"] == 100


def test_a_few_negatives_among_positives_are_a_suspicion_but_many_are_not(assess, finding) -> None:
    few = assess(_table("v", [str(place + 1) for place in range(200)] + ["-5", "-6"]))
    assert finding(few, "negative-values", "v").count == 2
    many = assess(_table("v", [str(place - 100) for place in range(200)]))
    assert finding(many, "negative-values", "v") is None


def test_values_later_than_the_run_are_counted_by_the_clock_of_the_run(assess, finding) -> None:
    rows = [f"2026-02-{day:02d}" for day in range(1, 29)] + ["2026-03-02"]
    assert finding(assess(_table("d", rows)), "future-dates", "d").count == 1
    assert finding(assess(_table("d", rows[:-1])), "future-dates", "d") is None


def test_the_newest_past_value_decides_on_freshness(assess, finding) -> None:
    text = "d,v\n2026-02-20,1\n2026-02-25,2\n2031-01-01,3\n"
    stale = finding(assess(text, max_age_days=3), "stale-data", "d")
    assert "4.5 days" in stale.title
    fresh = assess(text, max_age_days=5)
    assert finding(fresh, "stale-data") is None
    assert fresh.summary["score"]["timeliness"] == 100
    assert assess(text).summary["score"]["timeliness"] is None


def test_long_stretches_without_rows_are_named(assess, finding) -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 16)] + [f"2024-02-{day:02d}" for day in range(10, 20)]
    found = finding(
        assess(_table("d,v", [f"{day},{place}" for place, day in enumerate(days)])), "date-gaps", "d"
    )
    assert found.count == 1
    assert "2024-01-15 to 2024-02-10" in found.detail


def test_a_constant_column_and_a_nearly_constant_one_are_told_apart(assess, finding) -> None:
    result = assess(_table("a,b,n", [f"EUR,{'no' if place == 7 else 'yes'},{place}" for place in HUNDRED]))
    assert finding(result, "constant-column", "a")
    assert finding(result, "near-constant-column", "b").count == 1


def test_a_table_without_rows_is_reported_and_not_rated(assess, finding) -> None:
    result = assess("a,b\n")
    assert finding(result, "empty-table").severity == "critical"
    assert result.score is None
    assert "no rows" in result.headline


def test_a_clean_table_scores_a_hundred_and_has_no_findings(assess) -> None:
    rows = [f"{place},{['red', 'green', 'blue'][place % 3]},{place % 7}.5" for place in range(60)]
    result = assess(_table("id,colour,size", rows))
    assert [one.code for one in result.findings if one.severity != "low"] == []
    assert result.score == 100


@pytest.mark.parametrize(
    ("faulty", "expected"),
    # one column of 100 rows: mean and worst column are the same, 100 × (1 − √share), rounded down
    [(1, 90), (25, 50), (100, 0)],
)
def test_completeness_follows_the_formula(assess, faulty: int, expected: int) -> None:
    rows = ["" if place < faulty else f"v{place}" for place in HUNDRED]
    assert assess(_table("v", rows)).summary["score"]["completeness"] == expected


def test_the_total_is_the_weighted_mean_of_the_rated_dimensions(assess) -> None:
    # a: complete; b: 25 of 100 missing → columns 100 and 50, mean 75, worst 50, dimension 62.5
    # rated: completeness 62.5 × 30, validity 100 × 30, uniqueness 100 × 20; no text, no age: over 80
    rows = [f"{place},{'' if place < 25 else place}" for place in HUNDRED]
    result = assess(_table("a,b", rows))
    assert result.summary["score"]["completeness"] == 62
    assert result.score == int((62.5 * 30 + 100 * 30 + 100 * 20) / 80)


def test_findings_come_most_severe_first(assess) -> None:
    result = assess("id,v,w\n1,,a\n1,,b\n2,x,a \n3,y,A\n", key="id")
    order = ["critical", "high", "medium", "low", "info"]
    ranks = [order.index(one.severity) for one in result.findings]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0


def test_numbers_with_a_currency_or_percent_sign_are_numbers_stored_as_text(assess, finding) -> None:
    result = assess(_table("n;a;b", [f"{place};$1,{place + 100}.50;{place} %" for place in range(20)]))
    assert finding(result, "numbers-stored-as-text", "a").count == 20
    assert finding(result, "numbers-stored-as-text", "b").count == 20
    least = {row[0]: row[5] for row in result.tables[0].rows}
    assert (least["a"], least["b"]) == ("1,100.5", "0")


def test_dates_no_calendar_has_are_counted(assess, finding, tmp_path) -> None:
    import duckdb

    duckdb.connect().execute(
        "COPY (SELECT CASE WHEN i < 3 THEN TIMESTAMP 'infinity' ELSE TIMESTAMP '2024-01-01' END AS t, i"
        f" FROM range(10) r(i)) TO '{tmp_path}/odd.parquet'"
    )
    result = assess((tmp_path / "odd.parquet").read_bytes(), name="data.parquet")
    assert finding(result, "impossible-dates", "t").count == 3


def test_a_column_called_rowid_does_not_lend_its_values_as_row_numbers(assess) -> None:
    result = assess("rowid,v\n500,a\n600,b\n", expectations="columns:\n  v: {allowed: [a]}\n")
    assert result.tables[0].rows[0][5] == "b"


def test_types_of_every_kind_are_survived(assess, tmp_path) -> None:
    import duckdb

    duckdb.connect().execute(
        "COPY (SELECT i::DECIMAL(18,3) AS d, i::HUGEINT AS h, TIME '10:00' AS t, 'ab'::BLOB AS b, [i] AS l,"
        " {'a': i} AS s, MAP {'k': i} AS m, NULL::INTEGER AS n, (i % 2 = 0) AS f,"
        " DATE '5000000-01-01' AS far, 1e308 * (1 - i % 3) AS x"
        f" FROM range(40) r(i)) TO '{tmp_path}/all.parquet'"
    )
    result = assess((tmp_path / "all.parquet").read_bytes(), name="data.parquet")
    assert result.summary["column_count"] == 11
    assert any("The inside of" in line for line in result.not_checked)


def test_blanks_of_word_processors_and_tabs_are_blanks(assess, finding):
    cells = ["Oslo", "Oslo\u00a0", "Oslo\t", "New\u00a0York", "New York", "\u00a0", "\t", "\u202f"] * 10
    result = assess("city,n\n" + "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells)))
    assert finding(result, "missing-values", "city").count == 30
    variants = finding(result, "category-variants", "city")
    assert "2 values in more than one way" in variants.title
    assert "“New⍽York” 10" in variants.detail
    only_blanks = assess("city,n\n" + "".join(f"Oslo{n}\u00a0,{n}\n" for n in range(30)))
    assert finding(only_blanks, "padded-text", "city").count == 30


def test_phone_numbers_and_long_identifiers_are_no_numbers(assess, finding):
    rows = "".join(f"+4420794600{n:02d},{10**19 + n}\n" for n in range(40))
    table = next(one for one in assess("phone,id\n" + rows).tables if one.title == "Columns")
    assert {row[0]: row[1] for row in table.rows} == {"phone": "text", "id": "text"}
