"""The extension's one connection, in Chromium: nothing is polled, and a lost server is found again."""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.labextension.lab import prepared

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000


def test_one_stream_serves_the_tab_and_a_lost_server_is_told_and_found_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lab = prepared(tmp_path_factory.mktemp("lab"))
    asked: list[str] = []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url.partition("/base/studio/")[2]))
        status = page.locator(".studio-status")
        with lab.running():
            page.goto(lab.page("lab"))
            expect(status).to_contain_text("300 credits")
            expect(page.locator(".jp-Launcher")).to_be_visible()  # it takes the focus when it appears
            page.keyboard.press("Control+Alt+s")
            expect(page.locator("#studio-panel")).to_be_focused()
            expect(page.locator(".studio-opener")).to_have_count(24)
            assert list(filter(None, asked)) == ["api/events", "api/billing/packs", "api/tools?q="]
        expect(status).to_contain_text("Studio: offline")
        expect(page.locator(".studio-offline")).to_contain_text("cannot be reached")
        with lab.running():
            expect(status).to_contain_text("300 credits")
            expect(page.locator(".studio-offline")).to_be_empty()
        browser.close()
