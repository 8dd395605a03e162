"""Buying a pack as a person does it: from the notebook to the pay page and back; the balance follows."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from scripts.fake_payments import selling
from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import Lab
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

NOTEBOOK = "buying.ipynb"
LOAD, BUY, BUY_MORE = range(3)
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


def pay_page(lab: Lab, cell: int, price: str) -> Page:
    """The page a cell's link leads to, in a tab of its own."""
    lab.run_cell(cell)
    with lab.page.context.expect_page() as opening:
        lab.output(cell).get_by_role("link", name=f"Pay {price}").click()
    return opening.value


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
