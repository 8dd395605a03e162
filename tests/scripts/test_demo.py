"""The demo keeps what a person changed, and the headless run fails when a promise is not seen."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from scripts import headless, lab

PLAIN = "text/plain"


def estimate() -> headless.Bundle:
    return {PLAIN: "at most 8", headless.DRAWN["estimate"]: {"max_credits": 8}}


def receipt(charged: int, most: int = 8) -> headless.Bundle:
    facts: dict[str, Any] = {"id": "rcpt_1", "charged_credits": charged, "max_credits": most}
    return {PLAIN: f"{charged} credits", headless.DRAWN["receipt"]: facts}


def shown(*parts: tuple[str, headless.Bundle]) -> list[str]:
    return headless.shortcomings(list(parts))


BALANCE = ("balance", {PLAIN: "297 credits"})


def test_estimate_receipt_and_the_balance_after_it_are_all_that_is_asked() -> None:
    assert shown(("estimate", estimate()), ("receipt", receipt(3)), BALANCE) == []


def test_a_charge_above_its_quote_is_named_with_both_amounts() -> None:
    assert shown(("estimate", estimate()), ("receipt", receipt(9)), BALANCE) == [
        "rcpt_1 charged 9 credits, quoted at most 8"
    ]


def test_a_receipt_without_a_charge_is_not_enough() -> None:
    assert shown(("estimate", estimate()), ("receipt", receipt(0)), BALANCE) == [
        "no receipt carries a charge"
    ]


def test_a_balance_before_the_receipt_does_not_count_as_the_new_one() -> None:
    assert shown(BALANCE, ("estimate", estimate()), ("receipt", receipt(3))) == [
        "the notebook shows no balance after its receipt"
    ]


def test_a_notebook_that_shows_nothing_fails_for_all_three_reasons() -> None:
    assert len(shown()) == 3


def test_money_is_found_by_its_media_type_and_a_balance_by_its_line() -> None:
    cells = [
        ("%load_ext studio_magics\n%studio", {PLAIN: "ada · 300 credits"}),
        ("%studio estimate quality", estimate()),
        ("1 + 1", {PLAIN: "2"}),
        ("%studio run quality", receipt(3)),
    ]
    notebook = nbformat.v4.new_notebook()
    for source, bundle in cells:
        output = nbformat.v4.new_output("display_data", data=bundle)
        notebook.cells.append(nbformat.v4.new_code_cell(source, outputs=[output]))
    assert [name for name, _ in headless.money_bundles(notebook.cells)] == ["balance", "estimate", "receipt"]


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    source, target = tmp_path / "notebooks", tmp_path / "opened"
    (source / "data").mkdir(parents=True)
    (source / "01.ipynb").write_text("first")
    (source / "data" / "table.csv").write_text("a,b")
    lab.copy_notebooks(source, target)
    return source, target


def test_the_opened_notebooks_come_with_their_data(copies: tuple[Path, Path]) -> None:
    assert (copies[1] / "data" / "table.csv").read_text() == "a,b"


def test_a_changed_copy_is_kept_when_the_notebook_is_renewed(copies: tuple[Path, Path]) -> None:
    source, target = copies
    (target / "01.ipynb").write_text("mine")
    (source / "01.ipynb").write_text("second")
    lab.copy_notebooks(source, target)
    assert (target / "01.ipynb").read_text() == "mine"


def test_an_untouched_copy_follows_its_notebook(copies: tuple[Path, Path]) -> None:
    source, target = copies
    (source / "01.ipynb").write_text("second")
    lab.copy_notebooks(source, target)
    assert (target / "01.ipynb").read_text() == "second"
