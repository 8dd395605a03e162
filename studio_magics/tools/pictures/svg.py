"""Elements, text and whole documents; everything that comes from a user is escaped here."""

import re
from collections.abc import Iterable
from html import escape

from studio_magics.tools.pictures.palette import BACKGROUND, BORDER, INK

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
CHARACTER_WIDTH = 0.56
"""Mean width of a character as a share of the font size; measured on the fonts above, on the wide side."""
_FORBIDDEN = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)


def escaped(text: object) -> str:
    """The text for element content and attributes; characters XML forbids or that reorder text become '�'."""
    return escape(_FORBIDDEN.sub("�", str(text)), quote=True)


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element; `children` are markup already, attribute values are escaped; `_` becomes `-`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, float) else escaped(value)


def label(x: float, y: float, text: object, *, size: float = 12, **attributes: object) -> str:
    """A text at its baseline; pass `fill`, `text_anchor`, `font_weight` as attributes."""
    return element(
        "text", escaped(text), x=float(x), y=float(y), font_size=float(size), **{"fill": INK, **attributes}
    )


def text_width(text: str, size: float = 12) -> float:
    """About how wide the text is drawn; wide scripts count double."""
    return sum(2 if ord(character) >= 0x1100 else 1 for character in text) * size * CHARACTER_WIDTH  # noqa: PLR2004  - Hangul Jamo, the first wide script


def clipped(text: str, width: float, size: float = 12) -> str:
    """The text, cut with '…' to about this width."""
    line = " ".join(text.split()) or repr(text)
    if text_width(line, size) <= width:
        return line
    while line and text_width(line + "…", size) > width:
        line = line[:-1]
    return line + "…"


def document(title: str, body: Iterable[str], *, width: float, height: float, description: str = "") -> str:
    """A whole SVG with its own ground, a title and a description for screen readers."""
    ground = element(
        "rect",
        x=0.5,
        y=0.5,
        width=float(width - 1),
        height=float(height - 1),
        rx=6.0,
        fill=BACKGROUND,
        stroke=BORDER,
    )
    parts = [element("title", escaped(title))]
    if description:
        parts.append(element("desc", escaped(description)))
    return element(
        "svg",
        *parts,
        ground,
        *body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=number(width),
        height=number(height),
        role="img",
        aria_label=title if not description else f"{title}. {description}",
        font_family=FONT,
        style="max-width:100%;height:auto",
    )
