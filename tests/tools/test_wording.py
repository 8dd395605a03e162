"""Numbers and their nouns, as tools write them."""

import pytest

from studio_magics.tools.wording import counted


@pytest.mark.parametrize(("count", "text"), [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows")])
def test_a_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert counted(count, "row") == text
