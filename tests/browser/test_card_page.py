"""The saved card and auto-recharge on the page of credits, as a person uses them with keyboard and mouse."""

from collections.abc import Generator
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from scripts.fake_payments import selling
from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import SCREENSHOTS, SIZE, Lab
from tests.browser.measures import crowded, faint, sticking_out
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

NOTEBOOK = "cards.ipynb"
NARROW: ViewportSize = {"width": 320, "height": 900}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LabServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAYMENTS", "fake")
        with selling() as extra, serving_lab(tmp_path_factory.mktemp("cards"), extra) as running:
            yield running


@pytest.fixture(scope="module")
def lab(server: LabServer, open_lab: OpenLab) -> Generator[Lab]:
    write_notebook(server.notebooks / NOTEBOOK, "# Cards", "%load_ext studio_magics")
    with open_lab(f"lab/tree/{NOTEBOOK}") as opened:
        opened.wait_for_kernel()
        yield opened


@pytest.fixture
def page(lab: Lab) -> Generator[Page]:
    """The page of credits; it complains of nothing, and its owner says yes when asked."""
    complaints: list[str] = []
    opened = lab.page.context.new_page()
    opened.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    opened.on("dialog", lambda dialog: dialog.accept())
    opened.goto(f"{lab.page.url.split('/lab/')[0]}/studio/account/credits")
    expect(opened.locator("html")).to_have_attribute("data-ready", "true")
    assert complaints == []
    yield opened
    opened.close()


def save(page: Page, card: str, *, confirm: bool = False) -> None:
    """Buy the first pack and keep the card that pays."""
    region = page.get_by_role("region", name="Saved card")
    box = region.get_by_label("Keep the card I pay with")
    expect(box).not_to_be_checked()
    box.check()
    region.get_by_role("button", name="Go to the page to pay on").press("Enter")
    page.get_by_role("button", name=card).first.click()
    if confirm:
        page.get_by_role("button", name="Confirm with my bank").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")


def test_a_card_is_kept_charged_after_a_yes_and_removed(page: Page, lab: Lab) -> None:
    base = page.url
    save(page, "Card that pays")
    page.goto(base)
    region = page.get_by_role("region", name="Saved card")
    expect(region).to_contain_text("Visa ending 4242, valid until 08/2030")
    expect(lab.status).to_contain_text("800 credits")
    region.get_by_role("button", name="Charge £10 to Visa ending 4242 for 500 credits").click()
    expect(lab.status).to_contain_text("1,300 credits")
    expect(page.get_by_role("region", name="Your purchases").get_by_role("row")).to_have_count(3)
    region.get_by_role("button", name="Remove this card").click()
    expect(region).to_contain_text("No card is saved.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SIZE, NARROW], ids=["wide", "narrow"])
def test_without_a_card_the_section_can_be_read_and_pressed(
    page: Page, scheme: Literal["light", "dark"], size: ViewportSize
) -> None:
    looked_at(page, scheme, size, "60-no-card")


def looked_at(page: Page, scheme: Literal["light", "dark"], size: ViewportSize, name: str) -> None:
    """Take a picture and measure what is hard to read or to press."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{size['width']}.png", full_page=True)
    body = page.locator("body")
    assert faint(body) == []
    assert crowded(body) == []
    assert sticking_out(body) == []


def test_a_card_that_has_to_be_confirmed_leads_to_a_page_where_it_can_be(page: Page, lab: Lab) -> None:
    base = page.url
    save(page, "Card that asks (3-D Secure)", confirm=True)
    page.goto(base)
    region = page.get_by_role("region", name="Saved card")
    region.get_by_role("button", name="Charge £10 to Visa ending 3184 for 500 credits").click()
    alert = region.get_by_role("alert")
    expect(alert).to_contain_text("Your bank wants you to confirm this payment. Nothing was charged")
    page.screenshot(path=SCREENSHOTS / "61-confirm-on-a-page.png", full_page=True)
    before = lab.status.inner_text()
    alert.get_by_role("link", name="Pay on this page").click()
    page.get_by_role("button", name="Card that pays").first.click()
    expect(page.get_by_role("main")).to_contain_text("500 credits were added.")
    expect(lab.status).not_to_have_text(before)


def test_auto_recharge_is_set_and_taken_back_with_one_tick(page: Page) -> None:
    region = page.get_by_role("region", name="Auto-recharge")
    region.get_by_label("When fewer credits are left than").fill("100")
    region.get_by_label("for at most so many £ in a calendar month").fill("20")
    region.get_by_label("by itself, as set here").check()
    region.get_by_role("button", name="Save").press("Enter")
    expect(region).to_contain_text(
        "Below 100 credits it buys Starter for £10, at most £20 a month (£0 so far)"
    )
    region.get_by_label("for at most so many £ in a calendar month").fill("5")
    region.get_by_role("button", name="Save").click()
    expect(region.get_by_role("alert")).to_contain_text("ceiling_minor: allowed is at least 1000 (£10).")
    page.reload()
    region.get_by_label("by itself, as set here").uncheck()
    region.get_by_role("button", name="Save").click()
    expect(region).to_contain_text("Auto-recharge is off.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SIZE, NARROW], ids=["wide", "narrow"])
def test_with_a_card_both_sections_can_be_read_and_pressed(
    page: Page, scheme: Literal["light", "dark"], size: ViewportSize
) -> None:
    looked_at(page, scheme, size, "62-card")
