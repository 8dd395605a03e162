"""Colours by meaning. Every picture brings its own white ground, so the contrast holds on any page."""

from typing import Literal

from studio_magics.contracts.results import Severity

Tone = Literal["good", "fair", "poor", "bad", "plain", "second", "quiet"]

BACKGROUND = "#ffffff"
BORDER = "#d5dae1"
TRACK = "#e9edf2"
INK = "#1b2430"
MUTED = "#4d5967"

TONES: dict[Tone, str] = {
    "good": "#15803d",
    "fair": "#a16207",
    "poor": "#c2410c",
    "bad": "#b91c1c",
    "plain": "#1d5fbf",
    "second": "#7c3aed",
    "quiet": "#6b7785",
}
SEVERITY: dict[Severity, Tone] = {
    "critical": "bad",
    "high": "poor",
    "medium": "fair",
    "low": "plain",
    "info": "quiet",
}
HEAT = ("#eef3fa", "#c6d9f2", "#8fb5e3", "#6a9dd9", "#1d5fbf", "#123d80")
"""From nothing to everything; labels on the two dark steps are white."""
HEAT_LABELS = (INK, INK, INK, INK, BACKGROUND, BACKGROUND)
CONTRAST_PAIRS: tuple[tuple[str, str, float], ...] = (
    (INK, BACKGROUND, 7.0),
    (MUTED, BACKGROUND, 4.5),
    (INK, TRACK, 4.5),
    *((colour, BACKGROUND, 4.5) for colour in TONES.values()),
    *((text, ground, 4.5) for text, ground in zip(HEAT_LABELS, HEAT, strict=True)),
)
"""Foreground, ground and the least contrast ratio they must have."""
