"""Studio by keyboard, for screen readers, in both themes, narrow: what of WCAG 2.2 AA can be computed."""

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenLab
from tests.browser.jupyter_server import LabServer
from tests.browser.lab import SIZE, Lab
from tests.browser.measures import CONTRAST, LEAST_CONTRAST, OUTSIDE, TARGETS, controls, nameless
from tests.browser.notebook import write_notebook

pytestmark = pytest.mark.browser

THEMES = ("JupyterLab Light", "JupyterLab Dark")
NOTEBOOK = "everyone.ipynb"
ESTIMATE, RUN = 1, 2
CELLS = (
    "%load_ext studio_magics",
    "%studio estimate quality --data data/elnino.csv",
    "%studio run quality --data data/elnino.csv",
)
FAINT = """() => {
    const place = document.body.appendChild(document.createElement('div'));
    place.innerHTML = `<p style="color: #777; background: #fff">faint</p>
        <p style="color: #767676; background: #fff">fair</p>
        <p style="color: #000; background: #fff; opacity: 0.5">faded</p>`;
    return place;
}"""
NAMELESS = """() => {
    const place = document.body.appendChild(document.createElement('div'));
    place.id = 'nameless';
    place.innerHTML = '<button></button><button>named</button><ul><li>one</li></ul>';
    return place;
}"""
CROWDED = """() => {
    const place = document.body.appendChild(document.createElement('div'));
    const small = 'width: 20px; height: 12px; padding: 0; border: 0; margin: 0';
    place.style = 'position: fixed; top: 0; left: 0; width: 100px; background: white; z-index: 99999';
    place.innerHTML = `<button style="${small}">one</button><button style="${small}">two</button>
        <button style="${small}; margin-left: 30px">far</button>
        <p style="width: 200px">long</p>
        <div style="overflow-x: auto"><p style="width: 200px">scrolls</p></div>`;
    return place;
}"""


@pytest.fixture(scope="module")
def opened(server: LabServer, open_lab: OpenLab) -> Generator[Lab]:
    """A page after one run, its receipt unfolded, a tool opened, the limits unfolded: all there is to see."""
    write_notebook(server.notebooks / NOTEBOOK, *CELLS)
    with open_lab(f"lab/tree/{NOTEBOOK}") as lab:
        lab.wait_for_kernel()
        for number in range(len(CELLS)):
            lab.run_cell(number)
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Generator[Lab]:
    yield opened
    assert not opened.watch.offences, "\n".join(opened.watch.offences)


@pytest.fixture
def unfolded(lab: Lab) -> Lab:
    """Everything in the panel that can be opened is open."""
    lab.open_panel()
    unfold(lab.section("Spend limits").locator("details").first)
    expect(lab.section("Spend limits").get_by_label("A day, at most")).to_be_visible()
    unfold(lab.section("Runs").locator("details").first)
    expect(lab.section("Runs").get_by_role("article")).to_be_visible()
    tool = lab.section("Tools").get_by_role("button", name=re.compile("Data Quality Monitor"))
    if tool.get_attribute("aria-expanded") != "true":
        tool.click()
    expect(lab.section("Tools").get_by_role("button", name="Copy")).to_be_visible()
    return lab


def unfold(details: Locator) -> None:
    if details.get_attribute("open") is None:
        details.locator("summary").first.click()


def focused(lab: Lab) -> str:
    """The words of whatever has the keyboard's focus."""
    return lab.page.evaluate(
        "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
    )


def press_until(lab: Lab, words: str, *, key: str = "Tab", at_most: int = 20) -> list[str]:
    """Press a key until something with these words has the focus; what had it on the way."""
    passed: list[str] = []
    for _ in range(at_most):
        lab.page.keyboard.press(key)
        passed.append(focused(lab))
        if words in passed[-1]:
            return passed
    raise AssertionError(f"{key} never reaches {words!r}: {passed}")


def test_the_panel_opens_and_works_by_keyboard_alone(lab: Lab) -> None:
    page = lab.page
    page.locator(".jp-NotebookPanel").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+s")
    expect(lab.panel).to_be_focused()

    passed = press_until(lab, "Spend limits")
    assert len(passed) == 1, passed
    page.keyboard.press("Enter")
    day = lab.section("Spend limits").get_by_label("A day, at most")
    expect(day).to_be_visible()
    press_until(lab, "A day, at most")
    page.keyboard.press("Control+a")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    expect(lab.section("Spend limits")).to_contain_text("Limits saved.")
    expect(lab.section("Balance")).to_contain_text("of 20 credits")
    expect(day).to_be_focused()

    press_until(lab, "succeeded")
    page.keyboard.press("Enter")
    expect(lab.section("Runs").get_by_role("article")).to_be_visible()
    press_until(lab, "Find tools")
    page.keyboard.type("orphans")
    expect(lab.section("Tools").get_by_role("listitem")).to_have_count(1)
    press_until(lab, "Schema Inspector")
    page.keyboard.press("Enter")
    expect(lab.section("Tools").get_by_role("button", name="Copy")).to_be_visible()
    press_until(lab, "Copy")
    lab.picture("20-keyboard")
    lab.section("Tools").get_by_role("searchbox").fill("")
    expect(lab.section("Tools").get_by_role("listitem")).to_have_count(24)


def test_whatever_has_the_focus_shows_it(unfolded: Lab) -> None:
    unfolded.panel.focus()
    for _ in range(12):
        unfolded.page.keyboard.press("Tab")
        outline = unfolded.page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "none" not in outline, (focused(unfolded), outline)


def test_every_control_of_the_panel_has_a_name_for_screen_readers(unfolded: Lab) -> None:
    found = controls(unfolded.page, "#studio-panel")
    assert {"button", "textbox", "searchbox", "progressbar", "region"} <= {role for role, _ in found}
    assert nameless(unfolded.page, "#studio-panel") == []
    assert not [name for _, name in found if "▸" in name or "▾" in name]


def test_no_control_of_the_panel_is_too_small_or_too_close_to_another(unfolded: Lab) -> None:
    assert unfolded.panel.evaluate(TARGETS) == []


@pytest.mark.parametrize("theme", THEMES)
def test_all_text_of_studio_stands_out_from_its_ground_in_both_themes(unfolded: Lab, theme: str) -> None:
    unfolded.use_theme(theme)
    places = [
        unfolded.panel,
        unfolded.page.locator(".studio-StatusItem"),
        unfolded.output(ESTIMATE),
        unfolded.output(RUN),
    ]
    texts = [text for place in places for text in place.evaluate(CONTRAST)]
    assert len(texts) > 100
    faint = [f"{text['ratio']:.2f} {text['text']!r}" for text in texts if text["ratio"] < LEAST_CONTRAST]
    unfolded.picture(f"21-{theme.rsplit(maxsplit=1)[-1].lower()}")
    assert not faint, "\n".join(faint)


def test_faint_text_is_found_by_the_measure_of_contrast(lab: Lab) -> None:
    place = lab.page.evaluate_handle(FAINT)
    measured = {text["text"]: text["ratio"] for text in place.evaluate(CONTRAST)}
    place.evaluate("node => node.remove()")
    assert measured["faint"] < LEAST_CONTRAST <= measured["fair"]
    assert 3.9 < measured["faded"] < 4.0


def test_a_control_without_a_name_is_found(lab: Lab) -> None:
    place = lab.page.evaluate_handle(NAMELESS)
    found = nameless(lab.page, "#nameless")
    place.evaluate("node => node.remove()")
    assert found == ["button"]


def test_crowded_small_controls_and_what_sticks_out_are_found(lab: Lab) -> None:
    place = lab.page.evaluate_handle(CROWDED)
    crowded, outside = place.evaluate(TARGETS), place.evaluate(OUTSIDE)
    place.evaluate("node => node.remove()")
    assert [found.split()[1] for found in crowded] == ["one", "two"]
    assert outside == ["P long"]


@pytest.mark.parametrize("wanted_px", [120, 600])
def test_nothing_is_cut_off_in_the_narrowest_and_in_a_wide_panel(unfolded: Lab, wanted_px: int) -> None:
    unfolded.widen_panel(wanted_px)
    unfolded.picture(f"22-panel-{wanted_px}")
    assert unfolded.panel.evaluate("node => node.scrollWidth - node.clientWidth") == 0
    assert unfolded.panel.evaluate(OUTSIDE) == []


def test_cards_of_the_notebook_fit_into_a_narrow_window(unfolded: Lab) -> None:
    unfolded.widen_panel(120)
    unfolded.page.set_viewport_size({"width": 640, "height": 900})
    unfolded.picture("23-narrow-window")
    for number in (ESTIMATE, RUN):
        card = unfolded.output(number).get_by_role("article").first
        assert card.evaluate(OUTSIDE) == []
        output = unfolded.output(number).bounding_box()
        box = card.bounding_box()
        assert output
        assert box
        assert box["x"] + box["width"] <= output["x"] + output["width"]
    expect(unfolded.status).to_be_visible()
    unfolded.page.set_viewport_size(SIZE)
