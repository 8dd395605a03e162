"""Small SVG pictures written by hand: no drawing library, no fonts to load, legible on any page."""

from studio_magics.tools.pictures.bars import Bar, Segment, bar_chart
from studio_magics.tools.pictures.histogram import Bin, Mark, histogram
from studio_magics.tools.pictures.palette import BACKGROUND, CONTRAST_PAIRS, INK, MUTED, SEVERITY, TONES, Tone
from studio_magics.tools.pictures.strip import HeatRow, heat_strip
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, number, text_width

__all__ = [
    "BACKGROUND",
    "CONTRAST_PAIRS",
    "INK",
    "MUTED",
    "SEVERITY",
    "TONES",
    "Bar",
    "Bin",
    "HeatRow",
    "Mark",
    "Segment",
    "Tone",
    "bar_chart",
    "clipped",
    "document",
    "element",
    "escaped",
    "heat_strip",
    "histogram",
    "label",
    "number",
    "text_width",
]
