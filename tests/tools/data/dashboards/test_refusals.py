"""What cannot be drawn is refused with what was found and what is allowed."""

import pytest

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.data.dashboards import TOOL

TABLE = "day,city,price,void\n" + "".join(f"2026-01-{n % 28 + 1:02d},c{n % 3},{n}.5,\n" for n in range(60))


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"layout": "charts:\n  - {x: ctiy}\n"}, "layout", "no column 'ctiy'"),
        ({"layout": "charts:\n  - {x: void}\n"}, "layout", "'void' without a value"),
        (
            {"layout": "charts:\n  - {x: city, y: sum(day)}\n"},
            "layout",
            "'day', which is a time, as a measure",
        ),
        ({"layout": "charts:\n  - {x: city, kind: line}\n"}, "layout", "'city', which is a category,"),
        ({"layout": "charts:\n  - {x: price, kind: density}\n"}, "layout", "no column ''"),
        ({"layout": "charts:\n  - {x: city, kind: heat}\n"}, "layout", "without color"),
        ({"layout": "tiles: [sum(city)]\ncharts:\n  - {x: city}\n"}, "layout", "'city'"),
        ({"questions": "banana"}, "questions", "names no column"),
        ({"filter": "price"}, "filter", "'price', which is a measure"),
        ({"filter": "town"}, "filter", "no column 'town'"),
    ],
)
def test_a_wish_that_does_not_fit_the_table_is_refused(draw, options, field, words):
    with pytest.raises(InputRejected) as refusal:
        draw(TABLE, **options)
    assert refusal.value.field == field
    assert words in refusal.value.found
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("charts:\n  - {x: city, kind: pie}\n", "line 2: kind 'pie' is not known"),
        ("charts:\n  - {x: city, colour: day}\n", "line 2: unknown key 'colour'"),
        ("a: &a [1]\nb: *a\n", "an anchor (&) in line 1"),
        ("charts: [", "not YAML"),
        ("just words", "a single value or a list"),
    ],
)
def test_a_wrong_layout_is_refused_when_the_price_is_asked(context, layout, words):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model.model_validate({"data": context.put("a.csv", TABLE), "layout": layout})
    assert words in refusal.value.found


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"a,b\n1\n2,3,4\n", "a.csv"),
        ("a.xlsx", b"PK", "'a.xlsx'"),
        ("a.csv", b"a,b\n", "without rows"),
        ("a.csv", b"a\n\x00\x01\n", "a.csv"),
    ],
)
def test_a_file_that_is_no_table_with_rows_is_refused(draw, name, content, words):
    with pytest.raises(InputRejected) as refusal:
        draw(content, name=name)
    assert words in refusal.value.found


def test_more_than_fifty_colours_are_refused_and_fifty_are_not(draw):
    def table(count):
        rows = "".join(f"2026-01-{n % 28 + 1:02d},c{n % count}\n" for n in range(count * 3))
        return "day,name\n" + rows

    layout = "charts:\n  - {x: day, color: name}\n"
    with pytest.raises(InputRejected, match="51 values of 'name' as colours"):
        draw(table(51), layout=layout)
    assert draw(table(50), layout=layout).figures


def test_a_run_can_be_cancelled_between_charts(draw, context):
    context.cancel_at = 0.5
    with pytest.raises(RunCancelled):
        draw(TABLE)
