"""What of WCAG 2.2 AA can be computed of what is to be seen."""

from pathlib import Path

from playwright.sync_api import Locator

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
OUTSIDE = Path(__file__).with_name("outside.js").read_text()
TARGETS = Path(__file__).with_name("targets.js").read_text()
LEAST_CONTRAST = 4.5


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
