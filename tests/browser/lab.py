"""JupyterLab as a person uses it: cells, status bar, Studio panel, themes, and pictures of it all."""

import contextlib
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.jupyter_server import LabServer
from tests.browser.watch import Watch

SCREENSHOTS = Path(os.environ.get("STUDIO_SCREENSHOTS", Path(__file__).parent / "screenshots"))
NOTE_APPEARANCE = """selectors => {
    window.studioAppeared = {};
    const note = () => Object.entries(selectors).forEach(([name, selector]) => {
        if (document.querySelector(selector)?.checkVisibility()) window.studioAppeared[name] = true;
    });
    const everything = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver(note).observe(document.body, everything);
}"""
SIZE: ViewportSize = {"width": 1400, "height": 900}
PATIENCE_MS = 30_000
FIRST_PATIENCE_MS = 90_000
"""For the first look at a server that has just started on a busy machine."""


@dataclass(frozen=True)
class Lab:
    """One page with JupyterLab in it."""

    page: Page
    watch: Watch

    @property
    def status(self) -> Locator:
        """The balance in the status bar."""
        return self.page.locator(".studio-StatusItem").get_by_role("button")

    @property
    def panel(self) -> Locator:
        """Studio's side panel."""
        return self.page.get_by_role("region", name="Studio", exact=True)

    def section(self, name: str) -> Locator:
        """A part of the panel."""
        return self.panel.get_by_role("region", name=name, exact=True)

    def cell(self, number: int) -> Locator:
        """The code cell with this number, from 0."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(number)

    def output(self, number: int) -> Locator:
        """What a cell has shown."""
        return self.cell(number).locator(".jp-Cell-outputWrapper")

    def begin_cell(self, number: int) -> None:
        """Start a cell the way a person does, without waiting for its end."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run_cell(self, number: int) -> None:
        """Start a cell and wait until it is over."""
        self.begin_cell(number)
        self.wait_for_cell(number)

    def wait_for_cell(self, number: int) -> None:
        """Wait until the cell carries its execution count."""
        prompt = self.cell(number).locator(".jp-InputArea-prompt")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=FIRST_PATIENCE_MS)

    def save(self) -> None:
        """Save the notebook and wait until the server has it."""
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url
        ):
            self.page.keyboard.press("Control+s")

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is there: cells that are started earlier are lost."""
        expect(self.page.get_by_text("| Idle")).to_be_visible(timeout=FIRST_PATIENCE_MS)

    def note_appearance(self, of: dict[str, str]) -> None:
        """From now on note what appears, by name and selector, however shortly it is there."""
        self.page.evaluate(NOTE_APPEARANCE, of)

    def appeared(self) -> set[str]:
        """Names of what has been there since `note_appearance`."""
        return set(self.page.evaluate("Object.keys(window.studioAppeared)"))

    def open_panel(self) -> None:
        """Click the balance unless the panel is open already."""
        if not self.panel.is_visible():
            self.status.click()
        expect(self.section("Balance")).to_be_visible()

    def choose(self, *items: str) -> None:
        """Choose from the menu bar, one menu after the other."""
        self.page.get_by_role("menuitem", name=items[0], exact=True).first.click()
        for item in items[1:]:
            self.page.locator(".lm-Menu").get_by_text(item, exact=True).click()

    def widen_panel(self, wanted_px: int) -> None:
        """Drag the edge of the panel until it is this wide, or as near to it as JupyterLab lets it go."""
        box = self.panel.bounding_box()
        if box is None:
            raise AssertionError("the panel is not open")
        edge = self.page.locator("#jp-main-split-panel > .lm-SplitPanel-handle").first.bounding_box()
        if edge is None:
            raise AssertionError("the panel has no edge")
        self.page.mouse.move(ceil(edge["x"]), 400)  # the edge is one pixel, and may begin within one
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + wanted_px, 400, steps=4)
        self.page.mouse.up()

    def use_theme(self, name: str) -> None:
        """Switch JupyterLab's theme."""
        if self.theme() != name:
            self.choose("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)  # it lies over everything meanwhile

    def theme(self) -> str:
        """The name of the theme in use."""
        return self.page.locator("body").get_attribute("data-jp-theme-name") or ""

    def picture(self, name: str) -> None:
        """Keep what is to be seen now."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled", caret="hide")


@contextlib.contextmanager
def opened_lab(browser: Browser, server: LabServer, path: str) -> Generator[Lab]:
    """Open a page of JupyterLab: no cookie, no storage, the token in the first address only."""
    expect.set_options(timeout=PATIENCE_MS)
    profile = browser.new_context(viewport=SIZE, locale="en-US", timezone_id="UTC")
    with contextlib.closing(profile):
        watch = Watch(urlsplit(server.url).netloc)
        watch.over(profile)
        profile.set_default_timeout(PATIENCE_MS)
        page = profile.new_page()
        page.goto(server.page(path), timeout=FIRST_PATIENCE_MS)
        lab = Lab(page, watch)
        expect(lab.status).to_have_text(re.compile("credits"), timeout=FIRST_PATIENCE_MS)
        yield lab
