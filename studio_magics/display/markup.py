"""Builds HTML that is safe everywhere: all text is escaped, nothing runs, no style sheet is needed.

Colours come from the theme's variables with fall-backs that read well on light and on dark ground.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

MUTED = "opacity:.75"
BORDER = "1px solid var(--jp-border-color2, rgba(127,127,127,.45))"
GROUND = "var(--jp-layout-color2, rgba(127,127,127,.10))"
CARD = (
    f"border:{BORDER};border-radius:6px;padding:10px 14px;margin:4px 0;max-width:60rem;"
    "font-family:var(--jp-ui-font-family, system-ui, sans-serif);font-size:13px;line-height:1.5;color:inherit"
)
TABLE = "color:inherit;border-collapse:collapse;margin:6px 0;font-size:13px;width:auto"
CELL = f"border-bottom:{BORDER};padding:3px 10px;text-align:left;vertical-align:top"
NUMBER = (
    f"border-bottom:{BORDER};padding:3px 10px;text-align:right;vertical-align:top;"
    "font-variant-numeric:tabular-nums;white-space:nowrap"
)
CAPTION = (
    "caption-side:top;text-align:left;font-weight:600;padding:2px 0 4px;color:inherit;white-space:nowrap"
)


BEGINS_FORMULA = re.compile(r"[$\\]")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str) -> Html:
    """An element; content that is not `Html` is escaped. `class_` and `for_` lose their underscore."""
    inside = "".join(map(_inside, content))
    return Html(f"<{tag}{_attributes(attributes)}>{inside}</{tag}>")


def empty(tag: str, **attributes: str) -> Html:
    """An element without an end tag, such as an image."""
    return Html(f"<{tag}{_attributes(attributes)}>")


def join(parts: Iterable[str], separator: str = "") -> Html:
    """Several parts as one; those that are not `Html` are escaped."""
    return Html(separator.join(map(_inside, parts)))


def card(*content: str, label: str) -> Html:
    """A bordered box with a name for screen readers."""
    return element("section", *content, style=CARD, aria_label=label)


def line(*content: str, muted: bool = False) -> Html:
    """One line of text."""
    return element("div", *content, style=MUTED) if muted else element("div", *content)


def strong(text: str) -> Html:
    """Important text."""
    return element("strong", text)


def table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()
) -> Html:
    """A table with a caption and column heads; the columns in `numbers` are set to the right."""

    def style(column: int) -> str:
        return NUMBER if column in numbers else CELL

    head = join(element("th", name, scope="col", style=style(i)) for i, name in enumerate(heads))
    body = join(
        element("tr", join(element("td", cell, style=style(i)) for i, cell in enumerate(row))) for row in rows
    )
    parts = (element("thead", element("tr", head)), element("tbody", body))
    inside = element("table", element("caption", caption, style=CAPTION), *parts, style=TABLE)
    return element("div", inside, style="overflow-x:auto")


def bar(used: int, size: int, label: str) -> Html:
    """A meter of how much of a limit is used, readable without colour."""
    top = max(size, 1)
    meter = element(
        "progress",
        value=str(min(used, top)),
        max=str(top),
        aria_label=label,
        style="width:12rem;height:.8rem",
    )
    return join([meter, " ", label])


def _inside(part: str) -> str:
    """Markup as it is, text escaped; a dollar or a backslash in it begins no formula.

    Notebooks set what stands between two dollars in mathematics; a mark in an element of its own has no pair.
    """
    if isinstance(part, Html):
        return part
    return BEGINS_FORMULA.sub(r"<span>\g<0></span>", escape(part, quote=False))


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value, quote=True)}"'
        for name, value in attributes.items()
    )
