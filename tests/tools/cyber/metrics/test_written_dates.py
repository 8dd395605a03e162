"""Dates as ticket systems write them: read as meant, or asked for; Python's own calendar is the judge."""

import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from statistics import mean, median

import pytest
from babel.dates import format_datetime
from running import table

sys.path.insert(0, str(Path(__file__).parent))

from small_tables import HEAD, durations

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.month_names import MONTHS

DAY_FIRST, MONTH_FIRST = {"date_order": "day first"}, {"date_order": "month first"}


def cases(write, seed, count=40):
    """A table of cases in a writing, and their hours."""
    draw = random.Random(seed)  # noqa: S311  - no secret, repeatable
    begun = [datetime(2024, 1, 1) + timedelta(minutes=draw.randrange(900_000)) for _ in range(count)]  # noqa: DTZ001  - CSV times without zone
    took = [draw.randrange(1, 5_000) for _ in range(count)]
    lines = [
        f'{number},high,"{write(begin)}","{write(begin + timedelta(minutes=minutes))}"\n'
        for number, (begin, minutes) in enumerate(zip(begun, took, strict=True))
    ]
    return HEAD + "".join(lines), [minutes / 60 for minutes in took]


def assert_read(result, hours):
    row = durations(result)["all"]
    assert row[2] == len(hours)
    assert row[3:5] == pytest.approx((mean(hours), median(hours)), abs=0.006)


def read_as(result):
    return {row[1]: row[3] for row in table(result, "Columns that were used")}


WRITINGS = [
    "%d/%b/%y %-I:%M %p",  # Jira, as it comes
    "%d/%b/%Y %H:%M",
    "%Y-%m-%d %H:%M:%S",  # ServiceNow
    "%d-%m-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%-m/%-d/%Y, %-I:%M:%S %p",  # a browser in the United States
    "%-m/%-d/%Y, %-I:%M:%S\u202f%p",
    "%-d.%-m.%Y, %H:%M",  # and in Germany
    "%d.%m.%y %H:%M",
    "%d/%m/%y %H:%M",
    "%Y-%m-%dT%H:%M:%SZ",  # GitHub
    "%Y-%m-%dT%H:%M:%S.000+0000",  # Jira's interface
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %-I:%M %p",
    "%Y.%m.%d %H:%M",
    "%b %-d, %Y, %-I:%M %p",
    "%B %d %Y %H:%M",
    "%d-%b-%Y %I:%M:%S %p",  # Oracle
    "%a, %d %b %Y %H:%M:%S +0000",  # mail
    "%d %B %Y at %H:%M",
    "%d/%m/%Y %H:%M:%S.250",
    "%d/%m/%Y %I:%M p.m." ,
]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("writing", WRITINGS)
def test_each_writing_is_read_as_it_was_meant(show, writing, seed):
    print(f"seed {seed}")
    if "p.m." in writing:
        text, hours = cases(
            lambda one: one.strftime(writing.replace("p.m.", "")) + ("a. m." if one.hour < 12 else "p. m."),
            seed,
        )
    else:
        text, hours = cases(lambda one: one.strftime(writing), seed)
    assert_read(show(text), hours)


LANGUAGES = ["en", "de", "fr", "es", "pt", "it", "nl", "sv", "nb", "da"]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("pattern", ["dd/MMM/yy HH:mm", "d MMMM y HH:mm"])
def test_months_by_name_are_read_in_ten_languages(show, locale, pattern):
    text, hours = cases(lambda one: format_datetime(one, pattern, locale=locale), 3)
    result = show(text)
    assert_read(result, hours)
    assert read_as(result)["detected"] == "day, name of the month, year"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_month_of_each_language_has_its_number(locale):
    for month in range(1, 13):
        for pattern in ("MMM", "MMMM", "LLL", "LLLL"):
            word = format_datetime(datetime(2025, month, 1), pattern, locale=locale)  # noqa: DTZ001  - a name
            assert MONTHS[word.lower().rstrip(".")] == month


def row(detected, resolved=""):
    return f'{HEAD}1,high,"{detected}","{resolved}"\n'


def hours_of(result):
    return durations(result)["all"][6]


def test_half_days_are_no_mornings(show):
    # from 3:04 at night to 3:04 in the afternoon are 12 hours, and from noon to midnight too
    assert hours_of(show(row("2025-03-12 3:04 AM", "2025-03-12 3:04 PM"))) == 12
    assert hours_of(show(row("13/03/2025 12:00 PM", "14/03/2025 12:00 AM"))) == 12
    assert hours_of(show(row("13/Mar/25 12:00 AM", "14/Mar/25 12:00 AM"))) == 24


def test_a_year_of_two_digits_is_of_this_century_and_never_the_first_number(show):
    result = show(row("13/03/25", "14/03/25"))
    assert result.summary["as_of"] == "2025-03-14T00:00:00Z"


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("03/04/2025", "13/04/2025"), "day, month, year (13/04/2025 in row 1)"),
        (("03/04/2025", "04/13/2025"), "month, day, year (04/13/2025 in row 1)"),
        (("3.4.2025", "5.4.2025"), "day, month, year (dots are written so)"),
    ],
)
def test_one_column_decides_for_the_whole_table_and_the_result_says_so(show, dates, said):
    found = read_as(show(row(*dates)))
    assert found["resolved"] == said
    assert found["detected"] == (said if "dots" in said else said.replace("(", "(as in 'resolved': "))


def test_where_nothing_decides_it_is_asked_and_what_is_said_is_taken(show):
    text = row("03/04/2025", "05/04/2025")
    with pytest.raises(InputRejected) as refusal:
        show(text)
    assert "03/04/2025: no value says whether the day or the month stands first" in refusal.value.found
    assert refusal.value.action == "date_order='day first' or date_order='month first'"
    assert hours_of(show(text, **DAY_FIRST)) == 48  # 3 to 5 April
    assert hours_of(show(text, **MONTH_FIRST)) == 61 * 24  # 4 March to 4 May
    assert read_as(show(text, **DAY_FIRST))["detected"] == "day, month, year (date_order says so)"


REFUSED = [
    (row("13/04/2025", "04/14/2025"), DAY_FIRST, "'resolved' has the month first (04/14/2025 in row 1)"),
    (row("13/04/2025"), MONTH_FIRST, "'detected' has the day first (13/04/2025 in row 1)"),
    (
        row("13/04/2025") + "2,high,04/13/2025,\n",
        {},
        "'detected' has the day first (13/04/2025 in row 1) and the month first (04/13/2025 in row 2)",
    ),
    (
        row("13/04/2025") + "2,high,2025-04-13,\n3,high,2025-04-13,\n",
        {},
        "dates of several forms: 2 as 2025-12-31 (first in row 2), 1 as 31/12/2025 (first in row 1)",
    ),
    (row("13/Apr/25") + "2,high,13/04/2025,\n", {}, "dates of several forms"),
    (row("31/02/2025"), {}, "1 values of 'detected' that are no time (first in row 1: 31/02/2025)"),
    (row("13/04/2025 13:05 PM"), {}, "that are no time (first in row 1: 13/04/2025 13:05 PM)"),
    (row("13/04/2025 25:05"), {}, "that are no time"),
    (row("13/Foo/2025"), {}, "the month 'foo' in 'detected'"),
    (
        row("13.04.2025") + "2,high,04.13.2025,\n",
        {},
        "the day first (13.04.2025 in row 1) and the month first",
    ),
    (row("04.13.2025"), {}, "'detected' has 04.13.2025 in row 1, where a month is expected"),
    (row("25/03/12") + "2,high,25/03/13,\n", {}, "whose year may stand first"),
    (
        row("13/04/2025 10:00 UTC", "13/04/2025 11:00"),
        {},
        "'detected' has time zones and 'resolved' has none",
    ),
    (row("13/04/2025 10:00Z") + "2,high,13/04/2025 11:00,\n", {}, "1 times with a zone and 1 without"),
    (row("yesterday"), {}, "1 values of 'detected' that are no time (first in row 1)"),
]


@pytest.mark.parametrize(("text", "options", "found"), REFUSED, ids=[one[2][:40] for one in REFUSED])
def test_what_is_not_one_writing_is_refused_by_name(show, context, text, options, found):
    with pytest.raises(InputRejected) as refusal:
        show(text, **options)
    assert found in refusal.value.found
    assert context.artefacts == {}


def test_zones_of_other_writings_are_compared_in_utc(show):
    assert hours_of(show(row("13/04/2025 12:00 +02:00", "13/04/2025 11:00Z"))) == 1
    assert hours_of(show(row("Sun, 13 Apr 2025 12:00:00 +0200", "Sun, 13 Apr 2025 11:00:00 GMT"))) == 1


def test_patches_and_incidents_decide_each_for_themselves(show):
    result = show(row("13/04/2025", "14/04/2025"), patches="cve,found,fixed\nCVE-1,04/13/2025,04/15/2025\n")
    rows = table(result, "Columns that were used")
    told = {(one[0], one[1]): one[3] for one in rows if one[3]}
    assert told["incidents", "detected"].startswith("day, month, year")
    assert told["patches", "found"].startswith("month, day, year")
