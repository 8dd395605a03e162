import pytest

from studio_magics.tools.wording import size_text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (812, "812 bytes"), (20_400, "20.4 kB"), (64 * 10**6, "64 MB"), (25 * 10**8, "2.5 GB")],
)
def test_sizes_are_counted_by_1000_and_written_short(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text
