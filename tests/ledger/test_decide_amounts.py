"""The bounds of what a command may carry: the last value that passes and the first that does not."""

from __future__ import annotations

from typing import Any

import pytest
from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.refusals import AmountOutOfRange, TextMissing

MOST = 2**53 - 1


@pytest.mark.parametrize("amount", [1, 2, MOST - 1, MOST])
def test_a_whole_number_from_one_to_the_largest_passes(amount: int) -> None:
    assert amount_refusal("amount", amount) is None


@pytest.mark.parametrize("amount", [0, -1, MOST + 1, True, 1.0, float("nan"), "1", None])
def test_anything_else_is_refused_with_its_field_and_both_bounds(amount: Any) -> None:
    refusal = amount_refusal("amount", amount)
    assert isinstance(refusal, AmountOutOfRange)
    assert (refusal.field, refusal.least, refusal.most) == ("amount", 1, MOST)


def test_a_charge_may_be_nothing_where_the_command_says_so() -> None:
    assert amount_refusal("charge", 0, least=0) is None
    assert amount_refusal("charge", -1, least=0) is not None
    assert amount_refusal("lease", 10, most=10) is None
    assert amount_refusal("lease", 11, most=10) is not None


@pytest.mark.parametrize(("length", "passes"), [(0, False), (1, True), (255, True), (256, False)])
def test_a_text_has_from_one_to_255_characters(length: int, passes: bool) -> None:
    assert (text_refusal(reason="x" * length) is None) == passes


def test_the_first_text_that_is_missing_is_the_one_that_is_named() -> None:
    refusal = text_refusal(one="a", two="", three="")
    assert isinstance(refusal, TextMissing)
    assert refusal.field == "two"


def test_the_first_refusal_wins_and_none_is_none() -> None:
    first, second = TextMissing("one"), TextMissing("two")
    assert first_refusal(None, first, second) is first
    assert first_refusal(None, None) is None
    assert first_refusal() is None
