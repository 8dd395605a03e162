"""Buying as a person does it: from notebook, panel or page to the pay page and back; the balance follows."""

import re
from collections.abc import Generator
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from scripts.fake_payments import selling
from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import SCREENSHOTS, SIZE, Lab
from tests.browser.measures import controls, crowded, faint, nameless, sticking_out
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

NOTEBOOK = "buying.ipynb"
LOAD, BUY, BUY_MORE = range(3)
NARROW: ViewportSize = {"width": 320, "height": 900}
CELLS = ("%load_ext studio_magics", "%studio buy starter", "%studio buy standard")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LabServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAYMENTS", "fake")
        with selling() as extra, serving_lab(tmp_path_factory.mktemp("shop"), extra) as running:
            yield running


@pytest.fixture(scope="module")
def lab(server: LabServer, open_lab: OpenLab) -> Generator[Lab]:
    write_notebook(server.notebooks / NOTEBOOK, "# More credits", *CELLS)
    with open_lab(f"lab/tree/{NOTEBOOK}") as opened:
        opened.wait_for_kernel()
        opened.page.evaluate("window.studioNeverReloaded = true")
        opened.run_cell(LOAD)
        yield opened


def opened_by(lab: Lab, control: Locator) -> Page:
    """The tab that a press opens."""
    with lab.page.context.expect_page() as opening:
        control.click()
    return opening.value


def shop(lab: Lab) -> Locator:
    """The section of the panel where credits are bought, unfolded."""
    lab.open_panel()
    found = lab.section("Buy credits")
    if found.locator("details").first.get_attribute("open") is None:
        found.get_by_role("heading", name="Buy credits").click()
    expect(found.get_by_role("button").first).to_be_visible()
    return found


def press_until(page: Page, words: str, *, at_most: int = 30) -> None:
    """Press Tab until what has these words has the focus; whatever has it on the way shows it."""
    passed: list[str] = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", passed
        if passed[-1] == words:
            return
    raise AssertionError(f"Tab never reaches {words!r}: {passed}")


def pay_page(lab: Lab, cell: int, price: str) -> Page:
    """The page a cell's link leads to, in a tab of its own."""
    lab.run_cell(cell)
    return opened_by(lab, lab.output(cell).get_by_role("link", name=f"Pay {price}"))


def test_a_declined_and_then_a_confirmed_card_buy_a_pack_and_the_status_bar_changes(lab: Lab) -> None:
    expect(lab.status).to_contain_text("300 credits")
    page = pay_page(lab, BUY, "£10")
    page.get_by_role("button", name="Card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    expect(lab.status).to_contain_text("300 credits")
    page.get_by_role("button", name="Card that asks (3-D Secure)").click()
    expect(page.get_by_role("alert")).to_contain_text("asks you to confirm")
    page.get_by_role("button", name="Confirm with my bank").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    expect(page.get_by_role("main")).to_contain_text("500 credits were added. You have 800 credits now.")
    page.close()
    expect(lab.status).to_contain_text("800 credits")
    assert lab.page.evaluate("window.studioNeverReloaded") is True


def test_going_back_without_paying_says_that_nothing_was_charged(lab: Lab) -> None:
    page = pay_page(lab, BUY_MORE, "£25")
    page.get_by_role("button", name="Go back without paying").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was charged")
    page.close()
    expect(lab.status).to_contain_text("800 credits")


def test_the_panel_compares_packs_and_says_what_the_plan_gives_and_when(lab: Lab) -> None:
    buying = shop(lab)
    expect(buying).to_contain_text("At most 30 can be spent a day, bought ones included.")
    expect(buying).to_contain_text("The next credits come on")
    packs = buying.get_by_role("list").first.get_by_role("listitem")
    expect(packs).to_have_count(3)
    expect(packs.nth(0)).to_contain_text("£2.00 per 100")
    expect(packs.nth(1)).to_contain_text("£1.79 per 100")
    expect(packs.nth(1)).to_contain_text("saves 10 %")
    expect(packs.nth(2)).to_contain_text("★ best value")
    lab.picture("30-packs-in-the-panel")


def test_a_pack_bought_in_the_panel_opens_its_page_and_the_panel_tells_when_it_arrived(lab: Lab) -> None:
    buying = shop(lab)
    page = opened_by(lab, buying.get_by_role("button", name="Buy Standard, 1,400 credits, for £25"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay 25.00 GBP")
    assert page.evaluate("window.opener") is None
    expect(buying).to_contain_text("1,400 credits for £25: the page is open in another tab.")
    expect(buying.get_by_role("link", name="Pay £25")).to_have_attribute("href", page.url)
    lab.picture("31-waiting-for-payment")
    page.get_by_role("button", name="Card that pays").click()
    expect(page.get_by_role("main")).to_contain_text("1,400 credits were added. You have 2,200 credits now.")
    page.screenshot(path=SCREENSHOTS / "32-paid.png")
    page.close()
    expect(lab.status).to_contain_text("2,200 credits")
    expect(buying).to_contain_text("✔ 1,400 credits arrived. Thank you.")
    expect(lab.section("Notices")).to_contain_text("1,400 credits arrived.")
    expect(lab.page.get_by_role("alert").filter(has_text="Studio: 1,400 credits arrived")).to_be_visible()
    lab.picture("33-arrived")
    for words in ("1,400 credits arrived.", "500 credits arrived."):
        lab.section("Notices").get_by_role("button", name=f"Dismiss: {words}", exact=True).click()
    expect(lab.section("Notices")).to_be_hidden()
    assert lab.page.evaluate("window.studioNeverReloaded") is True


def test_a_browser_that_opens_no_tab_leaves_a_link_to_pay_on(lab: Lab) -> None:
    buying = shop(lab)
    lab.page.evaluate("() => { window.studioOpen = window.open; window.open = () => null; }")
    buying.get_by_role("button", name="Buy Starter, 500 credits, for £10").click()
    expect(buying).to_contain_text("your browser kept the page from opening.")
    lab.picture("34-no-tab")
    lab.page.evaluate("() => { window.open = window.studioOpen; }")
    page = opened_by(lab, buying.get_by_role("link", name="Pay £10"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay 10.00 GBP")
    page.close()


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_what_is_sold_in_the_panel_can_be_read_and_pressed_in_both_themes_narrow_too(
    lab: Lab, theme: str
) -> None:
    buying = shop(lab)
    lab.use_theme(theme)
    lab.widen_panel(120)
    if not buying.get_by_role("button", name="Buy 10 dollars").is_visible():
        buying.get_by_text("Dollars for language models").click()
    lab.picture(f"35-shop-{theme.rsplit(maxsplit=1)[-1].lower()}")
    assert faint(buying) == []
    assert crowded(lab.panel) == []
    assert sticking_out(lab.panel) == []
    assert nameless(lab.page, "#studio-panel") == []
    assert ("button", "Buy Starter, 500 credits, for £10") in controls(lab.page, "#studio-panel")


def test_a_pack_is_bought_in_the_panel_by_keyboard_alone(lab: Lab) -> None:
    buying = shop(lab)
    buying.locator("summary").first.click()
    expect(buying.get_by_role("button").first).to_be_hidden()
    lab.panel.focus()
    press_until(lab.page, "Buy credits · from £10")
    lab.page.keyboard.press("Enter")
    expect(buying.get_by_role("button").first).to_be_visible()
    press_until(lab.page, "Buy £25")
    with lab.page.context.expect_page() as opening:
        lab.page.keyboard.press("Enter")
    expect(opening.value.get_by_role("heading", level=1)).to_have_text("Pay 25.00 GBP")
    opening.value.close()


@pytest.fixture
def credits_page(lab: Lab) -> Generator[Page]:
    """The page of credits, as the panel's link opens it: it complains of nothing."""
    complaints: list[str] = []
    page = opened_by(lab, shop(lab).get_by_role("link", name="Purchases and receipts"))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    assert complaints == []
    yield page
    page.close()


def test_the_page_of_credits_shows_balance_plan_packs_and_purchases_with_receipts(credits_page: Page) -> None:
    main = credits_page.get_by_role("main")
    expect(main).to_contain_text("2,200 credits available")
    expect(main.get_by_role("region", name="Your plan: Free")).to_contain_text("300 credits a month")
    packs = main.get_by_role("region", name="Buy credits", exact=True).get_by_role("listitem")
    expect(packs).to_have_count(3)
    expect(packs.nth(2)).to_contain_text("best value")
    bought = main.get_by_role("region", name="Your purchases")
    expect(bought.get_by_role("row").filter(has_text="Standard").first).to_contain_text("paid")
    expect(bought.get_by_role("link", name=re.compile("^Receipt of Standard"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SIZE, NARROW], ids=["wide", "narrow"])
def test_the_page_of_credits_can_be_read_and_pressed_light_and_dark_wide_and_narrow(
    credits_page: Page, scheme: Literal["light", "dark"], size: ViewportSize
) -> None:
    credits_page.emulate_media(color_scheme=scheme)
    credits_page.set_viewport_size(size)
    path = SCREENSHOTS / f"36-credits-{scheme}-{size['width']}.png"
    credits_page.screenshot(path=path, full_page=True)
    body = credits_page.locator("body")
    assert faint(body) == []
    assert crowded(body) == []
    assert sticking_out(body) == []
    assert nameless(credits_page, "main") == []
    assert body.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_pack_is_bought_on_the_page_by_keyboard_alone(lab: Lab, credits_page: Page) -> None:
    before = lab.status.inner_text()
    press_until(credits_page, "Buy for £50")
    credits_page.keyboard.press("Enter")
    credits_page.get_by_role("button", name="Card that pays").press("Enter")
    expect(credits_page.get_by_role("main")).to_contain_text("3,000 credits were added.")
    expect(lab.status).not_to_have_text(before)


def test_a_refusal_on_the_page_is_said_beside_the_button(credits_page: Page) -> None:
    credits_page.route("**/api/billing/checkout", lambda route: route.abort())
    card = credits_page.get_by_role("listitem").filter(has_text="Starter")
    card.get_by_role("button").click()
    expect(card.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    credits_page.screenshot(path=SCREENSHOTS / "37-refused-on-the-page.png")


def test_a_card_is_kept_when_its_owner_says_so_and_then_buys_with_two_presses(lab: Lab) -> None:
    buying = shop(lab)
    lab.widen_panel(330)
    buying.get_by_label("Keep the card I pay with").check()
    page = opened_by(lab, buying.get_by_role("button", name="Buy Starter, 500 credits, for £10"))
    page.get_by_role("button", name="Card that pays").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    page.close()
    expect(buying.get_by_label(re.compile("^Visa ending 4242"))).to_be_checked()
    lab.picture("50-card-kept")
    before = lab.status.inner_text()
    buying.get_by_role("button", name="Buy Starter, 500 credits, for £10").click()
    expect(buying).to_contain_text("Charge £10 to Visa ending 4242 now, for 500 credits?")
    expect(buying.get_by_role("button", name="Charge £10")).to_be_focused()
    assert lab.status.inner_text() == before
    lab.picture("51-charge-the-card")
    lab.page.keyboard.press("Enter")
    expect(buying).to_contain_text("✔ Starter is paid. Thank you.")
    expect(lab.status).not_to_have_text(before)


def test_auto_recharge_is_turned_on_with_a_limit_and_off_again(lab: Lab) -> None:
    buying = shop(lab)
    buying.get_by_role("heading", name="Auto-recharge").click()
    threshold = buying.get_by_label("When fewer credits are left than")
    expect(threshold).to_have_value("50")
    threshold.fill("500")
    buying.get_by_role("button", name="Turn on").click()
    expect(threshold).to_have_attribute("aria-invalid", "true")
    lab.picture("52-recharge-refused")
    threshold.fill("100")
    buying.get_by_role("button", name="Turn on").click()
    expect(buying).to_contain_text("Below 100 credits it buys Starter for £10, at most £30 a month")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab.use_theme(theme)
        lab.picture(f"53-recharge-{theme.rsplit(maxsplit=1)[-1].lower()}")
        assert faint(buying) == []
        assert crowded(lab.panel) == []
        assert sticking_out(lab.panel) == []
    buying.get_by_role("button", name="Turn off").click()
    expect(buying).to_contain_text("Auto-recharge is off")
    buying.get_by_role("button", name="Remove Visa ending 4242").click()
    expect(buying.get_by_label("Keep the card I pay with")).not_to_be_checked()


def test_a_plan_is_begun_from_the_panel_and_cancelled_on_the_own_page_at_the_provider(lab: Lab) -> None:
    buying = shop(lab)
    buying.get_by_role("heading", name="Change plan").click()
    expect(buying.get_by_role("listitem").filter(has_text="your plan")).to_contain_text("Free")
    lab.picture("54-plans")
    page = opened_by(lab, buying.get_by_role("button", name=re.compile("^Choose the plan Supporter")))
    page.get_by_role("button", name="Card that pays").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    page.screenshot(path=SCREENSHOTS / "55-plan-paid.png")
    page.close()
    expect(buying).to_contain_text("✔ You are on the plan Supporter now. Thank you.")
    expect(buying).to_contain_text(
        re.compile("Your plan Supporter gives 3,000 credits a month.*It renews on")
    )
    expect(lab.section("Balance")).to_contain_text("ada · Supporter")
    lab.picture("56-on-supporter")
    portal = opened_by(lab, buying.get_by_role("button", name="Card, invoices, cancel"))
    portal.get_by_role("button", name="Cancel at the end of the period").click()
    expect(portal.get_by_role("heading", level=1)).to_have_text("Credits")
    portal.screenshot(path=SCREENSHOTS / "57-page-on-supporter.png", full_page=True)
    portal.close()


def test_a_press_keeps_its_key_until_it_is_known_what_became_of_it(credits_page: Page) -> None:
    answers = iter([503, 503, 409, 409])
    keys: list[str] = []

    def answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        status = next(answers)
        route.fulfill(status=status, json={"status": status, "code": "x", "error": f"answered {status}"})

    credits_page.route("**/api/billing/checkout", answer)
    card = credits_page.get_by_role("listitem").filter(has_text="Starter")
    for press, status in enumerate((503, 503, 409, 409)):
        card.get_by_role("button").click()
        expect(card.get_by_role("alert")).to_have_text(f"Answered {status}.")
        expect(card.get_by_role("button")).not_to_have_attribute("aria-busy", "true")
        assert len(keys) == press + 1
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_a_kept_card_that_is_declined_leaves_a_page_to_pay_on_instead(lab: Lab) -> None:
    buying = shop(lab)
    buying.get_by_label("Keep the card I pay with").check()
    page = opened_by(lab, buying.get_by_role("button", name="Buy Starter, 500 credits, for £10"))
    page.get_by_role("button", name="Card that is kept, but declined later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    page.close()
    expect(buying.get_by_role("radio").first).to_be_checked()
    before = lab.status.inner_text()
    buying.get_by_role("button", name="Buy Starter, 500 credits, for £10").click()
    buying.get_by_role("button", name="Charge £10").click()
    expect(buying.get_by_role("alert")).to_contain_text("Your card was declined.")
    lab.widen_panel(120)
    lab.picture("58-declined-in-the-panel")
    assert sticking_out(lab.panel) == []
    instead = opened_by(lab, buying.get_by_role("link", name="pay on a page instead"))
    expect(instead.get_by_role("heading", level=1)).to_have_text("Pay 10.00 GBP")
    instead.close()
    assert lab.status.inner_text() == before
