"""Files as programs and people leave them: long values, ties, numbers and dates written as text."""

from datetime import date, timedelta

import pytest


def bars(result, title):
    """What the text of a chart says of each bar."""
    figure = next(one for one in result.figures if one.title == title)
    parts = figure.alt_text.split(": ", 1)[1].rstrip(".").split("; ")
    return [tuple(part.rsplit(": ", 1)) for part in parts]


def test_values_that_are_alike_in_their_first_signs_stay_apart(draw):
    lines = "".join(f"{'G' * 200}{n % 3}{'H' * 90},{n}.5\n" for n in range(60))
    found = bars(draw("grp,amount\n" + lines), "Total amount by grp")
    assert [name[:5] for name, _ in found] == ["GGGGG"] * 3
    assert len({name for name, _ in found}) == 3
    totals = {f"{sum(n + 0.5 for n in range(60) if n % 3 == rest):,.0f}" for rest in range(3)}
    assert {value for _, value in found} == totals


@pytest.mark.parametrize(
    ("counts", "told"), [((20, 20, 20), False), ((20, 20, 10), False), ((21, 20, 20), True)]
)
def test_of_a_tie_none_has_the_most(draw, counts, told):
    lines = "".join(f"{name}\n" for name, count in zip("abc", counts, strict=True) for _ in range(count))
    codes = {one.code for one in draw("grp\n" + lines).findings}
    assert ("largest-group" in codes) is told


WRITTEN = {
    "decimal comma": (lambda n: f"{n}.234,50" if n % 2 else f"{n},5", 90),
    "money": (lambda n: f"$1,{100 + n}.50" if n % 2 else f"({n}.00)", 90),
    "percent": (lambda n: f"{n}%" if n % 2 else f"{n}.5 %", 90),
    "not there": (lambda n: str(n) if n % 3 else "NA", 60),
}
OTHERS = {
    "codes": lambda n: f"0{n}",
    "phones": lambda n: f"+4420794600{n}",
    "words": lambda n: f"word {n}",
    "long numbers": lambda n: f"123456789012345678{n}",
}


def table_of(write):
    return "v;grp\n" + "".join(f"{write(n)};g{n % 2}\n" for n in range(10, 100))


@pytest.mark.parametrize(("write", "count"), WRITTEN.values(), ids=WRITTEN)
def test_numbers_that_are_written_as_text_are_named(draw, write, count):
    told = [one for one in draw(table_of(write)).findings if one.code == "numbers-as-text"]
    assert [(one.where, one.count) for one in told] == [("v", count)]


@pytest.mark.parametrize("write", OTHERS.values(), ids=OTHERS)
def test_codes_and_words_are_no_numbers(draw, write):
    assert "numbers-as-text" not in {one.code for one in draw(table_of(write)).findings}


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%d.%m.%y", "%d-%b-%y", "%d-%b-%Y", "%m/%d/%y"])
def test_few_days_written_as_in_a_spreadsheet_are_a_time_axis(draw, form):
    days = [date(2024, 1, 25) + timedelta(days=n) for n in range(12)]
    lines = "".join(f"{days[n % 12].strftime(form)};{n % 5}.5\n" for n in range(60))
    result = draw("day;amount\n" + lines)
    figure = next(one for one in result.figures if one.title == "Total amount over day")
    assert "2024-01-25" in figure.alt_text
