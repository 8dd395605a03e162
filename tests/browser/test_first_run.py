"""The main job as a person does it in JupyterLab: see the price, run, see the charge, without a reload."""

import hashlib
import json
import re
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer
from tests.browser.lab import Lab
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

NOTEBOOK = "journey.ipynb"
READ, ESTIMATE, RUN, REFUSED, LONG = range(5)
PROGRESS = {
    "bar in the cell": ".jp-OutputArea .studio-Output [role='progressbar']",
    "bar in the panel": "#studio-panel [aria-label='Runs'] [role='progressbar']",
    "a way to cancel": "#studio-panel [aria-label='Cancel Data Quality Monitor']",
}
CELLS = (
    '%load_ext studio_magics\nimport pandas as pd\n\ndf = pd.read_csv("data/co2.csv", parse_dates=["week"])',
    "%studio estimate quality --data df",
    "%studio run quality --data df",
    "%studio run quality --data df --fresh",
    "many = pd.concat([df.assign(copy=number) for number in range(400)])\n%studio run quality --data many",
)


@pytest.fixture(scope="module")
def opened(server: LabServer, open_lab: OpenLab) -> Generator[Lab]:
    write_notebook(server.notebooks / NOTEBOOK, "# Is this table fit for use?", *CELLS)
    with open_lab(f"lab/tree/{NOTEBOOK}") as lab:
        lab.wait_for_kernel()
        lab.page.evaluate("window.studioNeverReloaded = true")
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Generator[Lab]:
    """The page all tests of this module share; nothing may have gone wrong on it."""
    yield opened
    assert opened.watch.requests > 0
    assert not opened.watch.offences, "\n".join(opened.watch.offences)


def runs(lab: Lab) -> Locator:
    return lab.section("Runs").get_by_role("listitem")


def test_a_metered_run_shows_progress_report_and_receipt_and_moves_the_balance_without_a_reload(
    lab: Lab,
) -> None:
    expect(lab.status).to_contain_text("300 credits")
    lab.open_panel()
    expect(lab.section("Balance")).to_contain_text("300 credits available")
    expect(lab.section("Runs")).to_contain_text("No metered runs yet.")
    lab.picture("01-before")

    lab.run_cell(READ)
    lab.run_cell(ESTIMATE)
    expect(lab.output(ESTIMATE).get_by_role("article")).to_contain_text("300 available")
    lab.picture("02-estimate")

    lab.note_appearance(PROGRESS)
    lab.begin_cell(RUN)
    lab.page.wait_for_function("Object.keys(window.studioAppeared).length > 0")
    lab.picture("03-progress")
    lab.wait_for_cell(RUN)
    assert lab.appeared() == PROGRESS.keys()

    receipt = lab.output(RUN).get_by_role("article", name="Receipt for Data Quality Monitor")
    expect(receipt).to_contain_text(re.compile(r"3 credits \(quoted at most \d+\) · 297 left"))
    report = lab.output(RUN).get_by_role("region", name=re.compile("^Result: "))
    expect(report).to_contain_text("2,284 rows × 2 columns")
    plot = report.get_by_role("img").first
    assert plot.evaluate("image => image.complete && image.naturalWidth") > 100

    expect(lab.status).to_contain_text("297 credits")
    expect(lab.section("Balance")).to_contain_text("297 credits available")
    expect(lab.section("Balance")).to_contain_text("Today 3 of 30 credits")
    expect(runs(lab).first).to_contain_text(
        re.compile("Data Quality Monitor.*succeeded · 3 credits", re.DOTALL)
    )
    lab.picture("04-after")
    plot.scroll_into_view_if_needed()
    lab.picture("05-plot")
    assert lab.page.evaluate("window.studioNeverReloaded")


def test_the_page_of_a_stranger_and_a_post_without_xsrf_are_refused(lab: Lab, server: LabServer) -> None:
    cookies = {cookie["name"]: cookie["value"] for cookie in lab.page.context.cookies()}
    balance, estimate = f"{server.url}studio/api/credits/balance", f"{server.url}studio/api/billing/estimate"
    question = {"tool": "data-studio-quality", "inputs": {}}
    assert httpx.get(balance, trust_env=False).status_code == 403
    assert "/login" in httpx.get(f"{server.url}lab", trust_env=False).headers["location"]
    assert httpx.get(balance, trust_env=False, cookies=cookies).status_code == 200
    assert httpx.post(estimate, json=question, trust_env=False, cookies=cookies).status_code == 403


def test_the_panel_unfolds_the_receipt_of_a_run(lab: Lab) -> None:
    newest = runs(lab).first
    newest.get_by_text("succeeded", exact=True).click()
    receipt = newest.get_by_role("article", name="Receipt for Data Quality Monitor")
    expect(receipt.get_by_role("table", name="How the price adds up, in credits")).to_contain_text("base")
    expect(receipt).to_contain_text(re.compile("Returned[1-9]"))
    lab.picture("06-receipt-in-panel")
    newest.get_by_role("list", name="Files of the run").scroll_into_view_if_needed()
    lab.picture("06-files-in-panel")
    newest.get_by_text("succeeded", exact=True).click()
    expect(receipt).to_be_hidden()


def test_a_file_of_a_run_is_downloaded_from_the_panel_as_its_digest_says(lab: Lab) -> None:
    newest = runs(lab).first
    newest.get_by_text("succeeded", exact=True).click()
    files = newest.get_by_role("list", name="Files of the run")
    expect(files.get_by_role("listitem").first).to_contain_text(re.compile(r"\d kB · until \w+ \d+, \d{4}"))
    link = files.get_by_role("link", name=re.compile(r"^Download .+\.json, \d")).first
    with lab.page.expect_download() as saving:
        link.click()
    content = Path(saving.value.path()).read_bytes()
    assert json.loads(content)
    assert link.get_attribute("title") == f"sha256:{hashlib.sha256(content).hexdigest()}"
    newest.get_by_text("succeeded", exact=True).click()


def test_a_tool_is_found_by_a_word_and_tells_its_price_and_an_example(lab: Lab) -> None:
    tools = lab.section("Tools")
    expect(tools.get_by_role("status").first).to_have_text("24 tools")
    tools.get_by_role("searchbox", name="Find tools").fill("duplicates")
    expect(tools.get_by_role("listitem")).to_have_count(1)
    tool = tools.get_by_role("button", name=re.compile("Data Quality Monitor"))
    expect(tool).to_contain_text("3–25 credits")
    tool.click()
    expect(tool).to_have_attribute("aria-expanded", "true")
    expect(tools).to_contain_text("never more than 25 credits")
    expect(tools).to_contain_text("%studio run quality")
    tools.get_by_role("button", name="Insert into notebook").scroll_into_view_if_needed()
    lab.picture("07-tool")
    tools.get_by_role("searchbox").fill("no such words anywhere")
    expect(tools).to_contain_text("No tool matches these words.")
    tools.get_by_role("searchbox").fill("")
    expect(tools.get_by_role("listitem")).to_have_count(24)


def test_a_daily_limit_set_in_the_panel_refuses_the_next_run_in_two_lines(lab: Lab) -> None:
    limits = lab.section("Spend limits")
    limits.get_by_role("heading", name="Spend limits").click()
    day = limits.get_by_label("A day, at most")
    expect(day).to_have_value("30")
    day.fill("a lot")
    limits.get_by_role("button", name="Save limits").click()
    expect(day).to_have_attribute("aria-invalid", "true")
    lab.picture("08-limit-not-understood")
    day.fill("5")
    limits.get_by_role("button", name="Save limits").click()
    expect(limits).to_contain_text("Limits saved.")
    expect(lab.section("Balance")).to_contain_text("Today 3 of 5 credits")

    lab.run_cell(REFUSED)
    said = lab.output(REFUSED).inner_text().strip().splitlines()
    assert len(said) == 2, said
    assert said[0].startswith("✘ Data Quality Monitor was refused by the daily limit")
    assert said[1].strip().startswith("Next: ")
    expect(lab.status).to_contain_text("297 credits")
    lab.picture("09-refused")

    day.fill("30")
    limits.get_by_role("button", name="Save limits").click()
    expect(lab.section("Balance")).to_contain_text("Today 3 of 30 credits")


def test_a_run_is_cancelled_from_the_panel_and_what_was_held_comes_back(lab: Lab) -> None:
    lab.begin_cell(LONG)
    cancel = runs(lab).get_by_role("button", name="Cancel Data Quality Monitor")
    cancel.click(timeout=60_000)
    lab.picture("10-cancelling")
    expect(runs(lab).first).to_contain_text("cancelled")
    lab.wait_for_cell(LONG)
    said = lab.output(LONG).locator(".jp-RenderedText").inner_text().strip().splitlines()
    assert len(said) == 2, said
    assert "cancelled" in said[0].lower()
    assert said[1].strip().startswith("Next: ")
    expect(lab.section("Balance")).to_contain_text("0 held by runs")
    lab.picture("11-cancelled")


def test_a_saved_notebook_draws_its_receipt_without_kernel_and_without_trust(
    lab: Lab, server: LabServer, open_lab: OpenLab
) -> None:
    lab.save()
    saved = json.loads((server.notebooks / NOTEBOOK).read_text())
    saved["metadata"] = {}
    (server.notebooks / "saved.ipynb").write_text(json.dumps(saved))
    with open_lab("lab/workspaces/saved/tree/saved.ipynb") as reader:
        reader.page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
        receipt = reader.output(RUN).get_by_role("article", name="Receipt for Data Quality Monitor")
        expect(receipt).to_contain_text("3 credits")
        receipt.locator("summary").click()
        expect(receipt.get_by_role("table", name="How the price adds up, in credits")).to_be_visible()
        expect(reader.output(ESTIMATE).get_by_role("article")).to_contain_text("at most")
        expect(reader.output(RUN).get_by_role("img").first).to_be_visible()
        receipt.scroll_into_view_if_needed()
        reader.picture("12-saved-without-kernel")
        paths = [session["path"] for session in json.loads(server.ask("GET", "api/sessions"))]
        assert paths == [NOTEBOOK]
        assert not reader.watch.offences, "\n".join(reader.watch.offences)
