import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from studio_server.pricing.limits import Limits
from studio_server.pricing.quote import Quote, QuoteRefused, read, sign

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
QUOTE = Quote("user_1", "t", "1", "p", "d", 3, 3, 6, 0, Limits(1, 2, 3, 4), NOW + timedelta(minutes=10))
SECRET = b"s" * 32


def test_a_quote_comes_back_as_it_was_signed() -> None:
    assert read(sign(QUOTE, SECRET), SECRET, now=NOW) == QUOTE


def test_the_text_of_a_quote_is_canonical() -> None:
    """What is signed does not hang on the order in which the fields happen to be declared."""
    body = base64.urlsafe_b64decode(sign(QUOTE, SECRET).partition(".")[0]).decode()
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))


def test_a_quote_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(QuoteRefused):
        read(sign(QUOTE, b"t" * 32), SECRET, now=NOW)


def test_a_quote_with_one_changed_character_is_refused() -> None:
    text = sign(QUOTE, SECRET)
    for place in range(0, len(text), 7):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(QuoteRefused):
            read(changed, SECRET, now=NOW)


def test_a_cheaper_body_under_an_old_signature_is_refused() -> None:
    cheap, signature = (
        sign(replace(QUOTE, maximum=3), SECRET).split(".")[0],
        sign(QUOTE, SECRET).split(".")[1],
    )
    with pytest.raises(QuoteRefused):
        read(f"{cheap}.{signature}", SECRET, now=NOW)


def test_a_quote_holds_until_its_end_and_not_a_moment_longer() -> None:
    text = sign(QUOTE, SECRET)
    assert read(text, SECRET, now=QUOTE.expires_at - timedelta(microseconds=1)) == QUOTE
    with pytest.raises(QuoteRefused, match="ended at 09:10:00"):
        read(text, SECRET, now=QUOTE.expires_at)
