"""What a notebook shows of packs and purchases."""

from studio_magics.contracts.payments import PackList
from studio_magics.display.buying import pack_list
from tests.client.samples import PACK

BEST = PACK.model_copy(
    update={
        "id": "professional",
        "title": "Professional",
        "credits": 3_000,
        "price": "£50",
        "unit_price": "£1.67",
        "saving_percent": 16,
        "is_best_value": True,
    }
)
DOLLARS = PACK.model_copy(
    update={"title": "10 dollars", "gives": "dollars", "credits": 0, "dollars_micros": 10_000_000}
)


def test_packs_are_compared_by_what_a_unit_costs_and_saves_and_the_best_value_is_marked() -> None:
    shown = pack_list(PackList(packs=(PACK, BEST)))
    starter, best = shown.text.splitlines()
    assert "£2.00 per 100 credits" in starter
    assert "★" not in starter
    assert best.split("  ")[0] == "Professional"
    assert "£1.67 per 100 credits" in best
    assert "saves 16 % ★ best value" in best
    assert best.endswith("%studio buy professional")
    assert starter.index("%studio") == best.index("%studio")


def test_packs_of_dollars_are_compared_by_the_dollar() -> None:
    assert "per dollar" in pack_list(PackList(packs=(DOLLARS,))).text


def test_where_nothing_is_sold_the_notebook_says_whom_to_ask() -> None:
    assert pack_list(PackList(packs=())).text.endswith("next: ask its operator for credits")
