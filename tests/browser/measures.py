"""What of WCAG 2.2 AA can be computed of what is to be seen."""

from pathlib import Path

from playwright.sync_api import Locator, Page

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
OUTSIDE = Path(__file__).with_name("outside.js").read_text()
TARGETS = Path(__file__).with_name("targets.js").read_text()
LEAST_CONTRAST = 4.5
CONTROLS = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "spinbutton",
    "combobox",
    "checkbox",
    "radio",
    "group",
    "DisclosureTriangle",
    "progressbar",
    "region",
    "heading",
    "list",
    "table",
    "article",
}
"""What a screen reader calls by a role, and so has to be able to call by a name as well."""
MAY_BE_NAMELESS = {"list", "group"}


def faint(place: Locator) -> list[str]:
    """Texts below this place that do not stand out from their ground."""
    texts = place.evaluate(CONTRAST)
    return [f"{text['ratio']:.2f} {text['text']!r}" for text in texts if text["ratio"] < LEAST_CONTRAST]


def sticking_out(place: Locator) -> list[str]:
    """Texts and controls that stick out of this place to the left or right."""
    return place.evaluate(OUTSIDE)


def crowded(place: Locator) -> list[str]:
    """Controls that are too small and too close to another one."""
    return place.evaluate(TARGETS)


def controls(page: Page, selector: str) -> list[tuple[str, str]]:
    """Role and name of everything a screen reader offers below the first of these."""
    session = page.context.new_cdp_session(page)
    found = session.send("Runtime.evaluate", {"expression": f"document.querySelector({selector!r})"})
    nodes = session.send("Accessibility.queryAXTree", {"objectId": found["result"]["objectId"]})["nodes"]
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]
    return [(role, name) for role, name in named if role in CONTROLS]


def nameless(page: Page, selector: str) -> list[str]:
    """Roles of the controls below the first of these that have no name."""
    return [
        role for role, name in controls(page, selector) if not name.strip() and role not in MAY_BE_NAMELESS
    ]
