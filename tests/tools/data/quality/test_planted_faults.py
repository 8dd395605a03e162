"""Real data with faults planted at random: exactly these, and those it had before, are found."""

import csv
import io
import random
from pathlib import Path

import pytest

SEED = 20_260_301
CITIES = ("Seattle", "Dayton", "Charleston", "Fitchburg")


@pytest.fixture(scope="module")
def planted() -> tuple[str, int, int, dict[str, int]]:
    """RAND health data with 1 % of `lpi` emptied and 0.1 % of the cities misspelt; what must be found."""
    import statsmodels

    path = Path(statsmodels.__file__).parent / "datasets" / "randhie" / "src" / "randhie.csv"
    header, *body = csv.reader(io.StringIO(path.read_text()))
    print(f"seed {SEED}")
    rng = random.Random(SEED)  # noqa: S311  - repeatable test data
    misspelt, place = 0, header.index("lpi")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["id", "city", *header])
    empty = dict.fromkeys(header, 0)
    for number, row in enumerate(body):
        city = CITIES[number % 4]
        if rng.random() < 0.01:
            row[place] = ""
        if city == "Seattle" and rng.random() < 0.004:
            city = "seattle "
            misspelt += 1
        for name, cell in zip(header, row, strict=True):
            empty[name] += not cell
        writer.writerow([number, city, *row])
    return written.getvalue(), len(body), misspelt, empty


def test_exactly_the_planted_and_the_original_faults_are_counted(planted, assess, finding) -> None:
    text, row_count, misspelt, empty = planted
    result = assess(text)
    assert result.summary["row_count"] == row_count
    assert finding(result, "category-variants", "city").count == misspelt > 5
    found = {one.where: one.count for one in result.findings if one.code == "missing-values"}
    assert found == {name: count for name, count in empty.items() if count}
    assert 150 < found["lpi"] < 260
    assert finding(result, "duplicate-rows") is None
    assert finding(result, "mixed-types") is None


def test_the_quartiles_and_outliers_agree_with_a_plain_calculation(planted, assess, context, finding) -> None:
    import json
    import statistics

    text, *_ = planted
    result = assess(text)
    incomes = [float(row["income"]) for row in csv.DictReader(io.StringIO(text)) if row["income"]]
    low, middle, high = statistics.quantiles(incomes, n=4, method="inclusive")
    written = next(
        one
        for one in json.loads(context.artefacts["quality-report.json"])["columns"]
        if one["name"] == "income"
    )
    assert written["numbers"]["lower_quartile"] == pytest.approx(low)
    assert written["numbers"]["median"] == pytest.approx(middle)
    assert written["numbers"]["mean"] == pytest.approx(statistics.fmean(incomes))
    fences = (low - 3 * (high - low), high + 3 * (high - low))
    outside = sum(not fences[0] <= value <= fences[1] for value in incomes)
    assert finding(result, "outliers", "income").count == outside > 0
