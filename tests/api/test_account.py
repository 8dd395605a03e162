import httpx
import pytest


async def test_a_new_user_has_the_free_plan_and_its_credits_until_the_month_ends(
    ada: httpx.AsyncClient,
) -> None:
    balance = (await ada.get("/api/credits/balance")).json()
    assert (balance["plan"]["id"], balance["available_credits"], balance["level"]) == ("free", 300, "ok")
    assert balance["lots"] == [
        {"source": "plan", "left_credits": 300, "ends_at": balance["month"]["resets_at"]}
    ]
    assert balance["spendable_credits"] == 30


async def test_looking_at_everything_changes_nothing(ada: httpx.AsyncClient) -> None:
    before = (await ada.get("/api/credits/statement")).content
    for path in ("/api/account", "/api/tools", "/api/runs", "/api/account/settings/credits", "/openapi.json"):
        assert (await ada.get(path)).status_code == 200
    assert (await ada.get("/api/credits/statement")).content == before


async def test_an_own_limit_is_kept_and_null_goes_back_to_the_plans(ada: httpx.AsyncClient) -> None:
    path = "/api/account/settings/credits"
    assert (await ada.put(path, json={"daily_limit_credits": 10})).json()["daily_limit_credits"] == 10
    assert (await ada.put(path, json={"alert_percents": [80, 50]})).json()["alert_percents"] == [50, 80]
    assert (await ada.get(path)).json()["daily_limit_credits"] == 10
    assert (await ada.put(path, json={"daily_limit_credits": None})).json()["daily_limit_credits"] == 30


async def test_a_limit_above_the_plans_is_refused_with_the_most_that_is_allowed(
    ada: httpx.AsyncClient,
) -> None:
    answer = await ada.put("/api/account/settings/credits", json={"daily_limit_credits": 31})
    assert (answer.status_code, answer.json()["available"]) == (422, 30)
    assert (await ada.get("/api/account/settings/credits")).json()["daily_limit_credits"] == 30


@pytest.mark.parametrize(
    "path", ["/api/account", "/api/credits/balance", "/api/runs", "/api/events", "/api/credits/statement"]
)
async def test_without_a_voucher_everything_personal_is_401(nobody: httpx.AsyncClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"X-Studio-User": "ada", "Cookie": "user=ada"}):
        answer = await nobody.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_an_estimate_without_signing_in_has_a_price_but_no_quote(nobody: httpx.AsyncClient) -> None:
    estimate = (await nobody.post("/api/billing/estimate", json={"tool": "count"})).json()
    assert (estimate["min_credits"], estimate["typical_credits"], estimate["max_credits"]) == (3, 3, 6)
    assert estimate["quote"] is None
    assert estimate["standing"] is None
