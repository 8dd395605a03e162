"""A value goes to the server unseen; what the notebook shows and keeps is its name."""

import pytest

from studio_magics.client.refusals import Unknown, UsageRefused
from studio_magics.display.formats import draw

CANARY = "canary-value-31f"


def test_the_value_is_asked_for_unseen_and_only_the_name_is_shown(studio, fake, monkeypatch):
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        return CANARY

    monkeypatch.setattr("studio_magics.runners.asking.getpass", answer)
    found = studio.set_secret("shop")
    assert questions == ["Value of secret:shop (it is not shown): "]
    assert draw(found).text == "secret:shop · set 2026-01-15 · not used yet"
    assert CANARY not in repr(found) + draw(found).html
    assert CANARY in fake.asked[0].body.decode()
    assert [asked.path for asked in fake.asked if CANARY in asked.path] == []


def test_where_nobody_can_be_asked_the_refusal_says_what_the_operator_does(studio, fake, monkeypatch):
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr("studio_magics.runners.asking.getpass", nobody)
    with pytest.raises(UsageRefused) as caught:
        studio.set_secret("shop")
    assert "studio-server secret" in caught.value.action
    assert fake.asked == []


def test_a_secret_is_forgotten_by_name(studio):
    studio.set_secret("shop", CANARY)
    assert draw(studio.delete_secret("shop")).text.startswith("no secret is kept for you")
    with pytest.raises(Unknown):
        studio.delete_secret("shop")
