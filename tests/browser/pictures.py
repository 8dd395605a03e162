"""Takes the pictures of the README and of the docs: `python -m tests.browser.pictures docs/images`."""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from scripts.fake_payments import selling
from tests.browser.chromium import chromium
from tests.browser.jupyter_server import serving_lab
from tests.browser.lab import Lab, opened_lab
from tests.browser.notebook import write_notebook

NOTEBOOK = "co2.ipynb"
CELLS = (
    '%load_ext studio_magics\nimport pandas as pd\n\nco2 = pd.read_csv("data/co2.csv", parse_dates=["week"])',
    "%studio estimate quality --data co2",
    "report = %studio run quality --data co2",
)
RUN = 2
PANEL_PX = 330


def main(folder: Path) -> None:
    """Run a real tool in a real JupyterLab and keep what it looks like, light and dark."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        serving_lab(Path(scratch)) as server,
        chromium() as browser,
    ):
        write_notebook(server.notebooks / NOTEBOOK, *CELLS)
        with opened_lab(browser, server, f"lab/tree/{NOTEBOOK}") as lab:
            lab.wait_for_kernel()
            for number in range(len(CELLS)):
                lab.run_cell(number)
            _arrange(lab)
            for theme, name in (("JupyterLab Dark", "lab-dark.png"), ("JupyterLab Light", "lab.png")):
                lab.use_theme(theme)
                lab.cell(RUN).evaluate("cell => cell.scrollIntoView({ block: 'start' })")
                lab.page.screenshot(path=folder / name, animations="disabled")
            card = lab.output(RUN).get_by_role("article").first
            card.locator("summary").click()
            card.screenshot(path=folder / "receipt.png", animations="disabled")
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        _buying(Path(scratch), browser, folder)


def _buying(scratch: Path, browser: Browser, folder: Path) -> None:
    """Buy a pack from a fake Stripe and keep what the panel shows of it."""
    os.environ["PAYMENTS"] = "fake"
    with selling() as extra, serving_lab(scratch, extra) as server, opened_lab(browser, server, "lab") as lab:
        lab.open_panel()
        lab.widen_panel(PANEL_PX)
        buying = lab.section("Buy credits")
        buying.get_by_role("heading", name="Buy credits").click()
        with lab.page.context.expect_page() as opening:
            buying.get_by_role("button", name="Buy Starter, 500 credits, for £10").click()
        opening.value.get_by_role("button", name="Card that pays").first.click()
        expect(opening.value.get_by_role("main")).to_contain_text("500 credits were added")
        opening.value.close()
        expect(buying).to_contain_text("500 credits arrived")
        lab.panel.screenshot(path=folder / "buying.png", animations="disabled")


def _arrange(lab: Lab) -> None:
    """Open the panel, with the receipt of the run unfolded."""
    lab.open_panel()
    lab.widen_panel(PANEL_PX)
    lab.section("Runs").locator("summary").first.click()
    expect(lab.section("Runs").get_by_role("article")).to_be_visible()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
