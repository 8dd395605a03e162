"""A plan from the page of credits: begun, changed and cancelled at the provider, seen in the status bar."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from scripts.fake_payments import selling
from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import Lab
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

NOTEBOOK = "plans.ipynb"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LabServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAYMENTS", "fake")
        with selling() as extra, serving_lab(tmp_path_factory.mktemp("plans"), extra) as running:
            yield running


@pytest.fixture(scope="module")
def lab(server: LabServer, open_lab: OpenLab) -> Generator[Lab]:
    write_notebook(server.notebooks / NOTEBOOK, "# Plans", "%load_ext studio_magics")
    with open_lab(f"lab/tree/{NOTEBOOK}") as opened:
        opened.wait_for_kernel()
        yield opened


@pytest.fixture
def page(lab: Lab) -> Generator[Page]:
    """The page of credits."""
    opened = lab.page.context.new_page()
    opened.goto(f"{lab.page.url.split('/lab/')[0]}/studio/account/credits")
    expect(opened.locator("html")).to_have_attribute("data-ready", "true")
    yield opened
    opened.close()


def test_a_plan_is_subscribed_to_on_the_page_and_the_status_bar_shows_its_credits(
    page: Page, lab: Lab
) -> None:
    expect(page.get_by_role("region", name="Your plan: Free")).to_be_visible()
    page.get_by_role("button", name="Choose the plan Supporter, £15 a month").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay 15.00 GBP")
    page.get_by_role("button", name="Card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_role("button", name="Card that pays").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is paid")
    expect(page.get_by_role("main")).to_contain_text("You have 3,300 credits now.")
    expect(lab.status).to_contain_text("3,300 credits")
    page.get_by_role("link", name="Your credits").click()
    expect(page.get_by_role("region", name="Your plan: Supporter")).to_contain_text("for £15 a month")
    bought = page.get_by_role("region", name="Your purchases").get_by_role("row")
    expect(bought.filter(has_text="Supporter, monthly").get_by_role("link")).to_have_count(2)


def test_an_upgrade_and_cancelling_are_confirmed_on_the_providers_page_and_seen_on_the_way_back(
    page: Page, lab: Lab
) -> None:
    page.get_by_role("button", name="Choose the plan Pro, £45 a month").click()
    expect(page.get_by_role("main")).to_contain_text("Supporter, 15.00 GBP a month")
    page.get_by_role("button", name="Change to Pro").click()
    expect(page.get_by_role("region", name="Your plan: Pro")).to_be_visible()
    expect(lab.status).to_contain_text("12,300 credits")
    page.get_by_role("button", name="Card, invoices, cancel").click()
    page.get_by_role("button", name="Cancel at the end of the period").click()
    expect(page.get_by_role("region", name="Your plan: Pro")).to_contain_text("you have the plan Free")
