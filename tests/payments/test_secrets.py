"""Keys and secrets are in no answer, row, log, error or file; a live key goes to Stripe only."""

import logging
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import studio_server
from studio_server.payments.opening import PaymentsMisconfigured, refuse_payments
from studio_server.settings import Settings
from studio_server.wiring import build

from tests.payments.card_shop import CHARGE, OK, keep_card, recharge, top_up
from tests.payments.shop import KEY, OLD_SECRET, SECRET, Shop

LIVE = "sk_live_canary_key"


async def test_neither_key_nor_secret_is_in_any_answer_log_or_file(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = []
    shop.fake.key = "sk_test_another"  # Stripe refuses our key, and says so
    answers.append(await shop.ada.post("/api/billing/checkout", json={"pack": "starter"}))
    shop.fake.key = KEY
    page = await shop.buy()
    answers += [await shop.verify(page["session_id"]), await shop.ada.get("/api/billing/purchases")]
    shop.fake.faults["GET /v1/payment_intents/{id}"] = ["fail"] * 3
    answers.append(await shop.verify(page["session_id"]))
    event = shop.fake.books.events[0]
    assert await shop.courier.bring(event, secret=OLD_SECRET) == 400
    method = await keep_card(shop)
    answers += [await top_up(shop), await recharge(shop), await shop.ada.get("/api/billing/card")]
    shop.fake.faults[CHARGE] = ["fail"] * 3
    answers.append(await top_up(shop, key="k2"))
    shop.fake.key = "sk_test_another"
    answers.append(await top_up(shop, key="k3"))
    shop.fake.key = KEY
    customer = shop.fake.books.methods[method]["customer"]
    answers.append(await shop.ada.get("/openapi.json"))
    said = "\n".join(answer.text for answer in answers) + caplog.text + repr(shop.services)
    rows = b"".join(
        path.read_bytes() for path in shop.services.settings.data_dir.rglob("*") if path.is_file()
    )
    for canary in (KEY, SECRET, OLD_SECRET):
        assert canary not in said
        assert canary.encode() not in rows
    assert not [name for name in (method, customer) for answer in answers if name in answer.text]
    assert OK.encode() not in rows
    assert answers[0].status_code == 502


def settings(**said: object) -> Settings:
    """A key and an address."""
    return replace(Settings.for_local(data_dir=Path("x"), owner="ada"), **said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"stripe_secret_key": LIVE, "stripe_api_base": "http://127.0.0.1:12111"},
            "only ever sent to Stripe",
        ),
        (
            {"stripe_secret_key": "rk_live_x", "stripe_api_base": "https://api.stripe.com.evil"},
            "only ever sent",
        ),
        ({"stripe_secret_key": "pk_test_public"}, "no secret key"),
        ({"stripe_secret_key": "sk_test_x", "stripe_webhook_secrets": ("",)}, "not Stripe's"),
        ({"stripe_secret_key": "sk_test_x", "stripe_webhook_secrets": ("whsec_short",)}, "not Stripe's"),
    ],
)
def test_settings_that_could_send_money_or_belief_astray_are_refused(said: dict, words: str) -> None:
    with pytest.raises(PaymentsMisconfigured, match=words) as refused:
        refuse_payments(settings(**said))
    assert all(
        str(value) not in str(refused.value) for key, value in said.items() if key != "stripe_api_base"
    )


@pytest.mark.parametrize("base", ["", "https://api.stripe.com"])
def test_a_live_key_is_accepted_for_stripe_itself(base: str) -> None:
    refuse_payments(settings(stripe_secret_key=LIVE, stripe_api_base=base))


def test_a_test_key_may_go_to_a_fake() -> None:
    refuse_payments(settings(stripe_secret_key="sk_test_x", stripe_api_base="http://127.0.0.1:1"))  # noqa: S106  - of a fake


def test_a_key_without_stripes_client_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "studio_server.payments.at_stripe.payments", raising=False)
    monkeypatch.setitem(sys.modules, "stripe", None)
    with pytest.raises(PaymentsMisconfigured, match="not installed"):
        build(settings(stripe_secret_key="sk_test_x", data_dir=tmp_path / "data"))  # noqa: S106  - of a fake


def test_only_the_modules_at_stripe_import_its_client() -> None:
    server = Path(studio_server.__file__).parent
    imports = re.compile(r"^\s*(?:import|from) stripe\b", re.MULTILINE)
    found = {
        path.relative_to(server).as_posix()
        for path in server.rglob("*.py")
        if imports.search(path.read_text("utf-8"))
    }
    assert found == {f"payments/at_stripe/{name}.py" for name in ("payments", "cards", "customers", "plans")}
