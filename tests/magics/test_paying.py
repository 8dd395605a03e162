"""`%studio buy --card`, `card` and `recharge`: nothing is charged without somebody who agrees."""

import json

import pytest
from IPython.core.error import StdinNotImplementedError

from studio_magics.client.problems import from_problem
from studio_magics.client.refusals import PaymentRefused
from studio_magics.contracts.problems import Problem
from studio_magics.runners import asking


class Person:
    """Answers yes, unless told otherwise, and keeps the questions."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.answers: list[str] = []

    def answer(self, question: str) -> str:
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else "yes"


@pytest.fixture
def asked(monkeypatch):
    person = Person()
    monkeypatch.setattr("builtins.input", person.answer)
    return person


def refused(notebook, line: str) -> str:
    """The two lines of a refusal."""
    cell = notebook.run(line)
    assert cell.error is not None, line
    return "\n".join(cell.error.lines())


def test_with_the_card_a_pack_is_charged_only_after_its_owner_agreed_to_the_amount(notebook, fake, asked):
    cell = notebook.run("%studio buy starter --card")
    assert asked.questions == ["Charge £10 to Visa ending 4242 now, for 500 credits? Type yes: "]
    assert cell.texts == ["✔ Starter: 500 credits for £10 · 800 credits available"]
    assert fake.paths("POST").count("/api/billing/top-up") == 1


@pytest.mark.parametrize("answer", ["no", "", "10", "Y es"])
def test_any_answer_but_yes_charges_nothing(notebook, fake, asked, answer):
    asked.answers.append(answer)
    assert "Nobody agreed" in refused(notebook, "%studio buy starter --card")
    assert "/api/billing/top-up" not in fake.paths("POST")


def test_where_nobody_can_be_asked_nothing_is_charged_or_turned_on(notebook, fake, monkeypatch):
    def nobody(question: str) -> str:
        raise StdinNotImplementedError(question)

    monkeypatch.setattr("builtins.input", nobody)
    assert "Nobody can be asked" in refused(notebook, "%studio buy starter --card")
    assert "Nobody can be asked" in refused(notebook, "%studio recharge --below 100 --pack starter --most 30")
    assert ("/api/billing/top-up" in fake.paths("POST"), fake.paths("PUT")) == (False, [])


def test_without_asking_every_execution_of_the_cell_would_charge(notebook, fake, monkeypatch):
    monkeypatch.setattr(asking, "answer_to", lambda *_, **__: "yes")
    for _ in range(2):
        notebook.run("%studio buy starter --card")
    assert fake.paths("POST").count("/api/billing/top-up") == 2


def test_a_program_names_the_price_and_another_one_charges_nothing(studio, fake):
    assert studio.top_up("starter", price="£10").purchase.state == "paid"
    with pytest.raises(Exception, match="costs £10, not £9"):
        studio.top_up("starter", price="£9")
    assert fake.paths("POST").count("/api/billing/top-up") == 1


def test_the_card_is_shown_by_four_digits_and_removed_on_request(notebook, fake):
    assert notebook.run("%studio card").texts[0].startswith("Visa ending 4242, valid until 08/2030")
    gone = notebook.run("%studio card --remove").texts
    assert gone == ["no saved card – next: %studio buy PACK --save-card"]
    assert fake.paths("DELETE") == ["/api/billing/card"]


def test_saving_the_card_is_asked_for_only_with_the_option(notebook, fake):
    for line in ("%studio buy starter", "%studio buy starter --save-card"):
        notebook.run(line)
    said = [json.loads(one.body)["save_card"] for one in fake.asked if one.path.endswith("checkout")]
    assert said == [False, True]


def test_recharging_says_what_it_may_charge_before_it_is_turned_on(notebook, fake, asked):
    cell = notebook.run("%studio recharge --below 100 --pack starter --most 30")
    question = "Charge £10 to Visa ending 4242 whenever less than 100 credits are left, at most £30 a month?"
    assert asked.questions == [f"{question} Type yes: "]
    assert cell.texts[0].splitlines()[1] == "turn it off: %studio recharge --off"
    notebook.run("%studio recharge --off")
    assert (len(asked.questions), fake.paths("PUT")) == (1, ["/api/billing/recharge"] * 2)


def test_an_incomplete_recharge_is_refused_with_a_whole_example(notebook, fake):
    assert "--below 100 --pack starter --most 30" in refused(notebook, "%studio recharge --below 100")
    assert fake.paths("PUT") == []


def test_a_card_that_is_not_paid_with_is_a_refusal_of_its_own_that_leads_to_the_page():
    problem = Problem(
        status=402,
        code="authentication_required",
        error="Your bank wants you to confirm this payment.",
        action="pay on this page: https://pay.example/pay/cs_1",
        url="https://pay.example/pay/cs_1",
    )
    refusal = from_problem(problem)
    assert isinstance(refusal, PaymentRefused)
    assert refusal.lines()[1] == "  Next: pay on this page: https://pay.example/pay/cs_1"
