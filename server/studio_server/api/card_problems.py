"""What went wrong with saved cards, as answers over HTTP. The bank's word is passed on as a code only."""

from collections.abc import Callable
from typing import Any

from studio_magics.contracts.problems import FieldProblem, Problem
from studio_server.api.cards import CardNotCharged, ChargeUnsettled, RechargeIncomplete
from studio_server.api.wording import problem
from studio_server.payments.saved_cards.charging import ChargeUnderWay, NoSavedCard, PriceChanged
from studio_server.payments.saved_cards.recharging import RechargeRefused
from studio_server.payments.showing import price

SAID = {
    "authentication_required": "Your bank wants you to confirm this payment.",
    "card_removed": "There is no card to charge any more.",
    "not_needed": "Nothing had to be charged.",
}
"""Why a card was not charged; every other word of the bank is a card that was declined."""


def _not_charged(fault: CardNotCharged) -> Problem:
    code = fault.order.failure or "card_declined"
    instead = f"pay on this page: {fault.url}" if fault.url else f"%studio buy {fault.order.pack_id}"
    return problem(
        402,
        code if code in SAID else "card_declined",
        SAID.get(code, "Your card was declined."),
        "nothing was charged" if code in SAID else f"nothing was charged; the bank says {code}",
        instead,
        url=fault.url,
    )


def _price_changed(fault: PriceChanged) -> Problem:
    now = price(fault.pack.price_minor, fault.pack.currency)
    return problem(
        409,
        "price_changed",
        f"{fault.pack.title} costs {now} now.",
        "nothing was charged",
        f"look at it again: %studio buy {fault.pack.id} --card",
    )


def _recharge_refused(fault: RechargeRefused) -> Problem:
    pack, costs = fault.pack, price(fault.pack.price_minor, fault.pack.currency)
    reasons = {
        "threshold": ("threshold", "as much as the pack gives, or more", f"less than {pack.units:,}"),
        "ceiling": ("ceiling_minor", "less than one pack costs", f"at least {pack.price_minor} ({costs})"),
    }
    if fault.code in reasons:
        field, found, allowed = reasons[fault.code]
        wrong = FieldProblem(field=field, found=found, allowed=allowed)
        return problem(422, "recharge_refused", "Auto-recharge was not turned on.", fields=(wrong,))
    why = {"disputed": "a payment of yours is disputed", "debt": "you owe credits that were taken back"}
    return problem(
        409,
        f"recharge_waits_for_{fault.code}",
        "Auto-recharge was not turned on.",
        why[fault.code],
        "%studio buy PACK, and turn it on afterwards" if fault.code == "debt" else "ask the operator",
    )


def _incomplete(fault: RechargeIncomplete) -> Problem:
    wrong = FieldProblem(field=fault.missing, found="left out", allowed="pack, threshold and ceiling_minor")
    return problem(422, "recharge_refused", "Auto-recharge was not turned on.", fields=(wrong,))


CARDS: dict[type[BaseException], Callable[[Any], Problem]] = {
    CardNotCharged: _not_charged,
    PriceChanged: _price_changed,
    RechargeRefused: _recharge_refused,
    RechargeIncomplete: _incomplete,
    NoSavedCard: lambda _: problem(
        409,
        "no_saved_card",
        "You have no saved card.",
        "nothing was charged",
        "pay once with %studio buy PACK --save-card",
    ),
    ChargeUnderWay: lambda _: problem(
        409,
        "charge_under_way",
        "Your card is being charged already.",
        "nothing was charged by this request",
        "wait a minute, then look: %studio purchases",
    ),
    ChargeUnsettled: lambda _: problem(
        503,
        "charge_unsettled",
        "The payment provider does not answer.",
        "whether your card was charged is looked up before anything is charged again",
        "try again in a minute, or look: %studio purchases",
    ),
}
