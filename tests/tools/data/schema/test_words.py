"""How names are read."""

import pytest

from studio_magics.tools.data.schema.naming_checks import convention_of
from studio_magics.tools.data.schema.words import singular, style_of


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("order_id", "snake_case"),
        ("orderId", "camelCase"),
        ("OrderId", "PascalCase"),
        ("ORDER_ID", "UPPER_CASE"),
        ("order", "flat"),
        ("order id", "other"),
        ("2nd", "other"),
    ],
)
def test_the_style_of_a_name_is_told(name, style):
    assert style_of(name) == style


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("status", "status"),
        ("news", "news"),
        ("classes", "class"),
        ("data", "data"),
    ],
)
def test_the_singular_of_a_table_name_is_found(word, one):
    assert singular(word) == one
    assert singular(one) == one


def test_a_schema_of_plain_small_words_with_two_names_in_capitals_is_not_called_pascal_case():
    assert convention_of([*("id", "name", "price", "note") * 10, "Id", "Total", "far_id"]) == "snake_case"
    assert convention_of(["Id", "Total", "Name", "price"]) == "PascalCase"
    assert convention_of(["id", "placedAt", "paidAt", "far_id"]) == "camelCase"
