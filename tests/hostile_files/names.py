"""Names of the files themselves."""

from __future__ import annotations

from tests.hostile_files.case import Case

NAMES = {
    "that climbs": ("../a.csv", "'..'"),
    "that is absolute": ("/etc/passwd", "empty parts"),
    "with a backslash": ("a\\b.csv", "backslashes"),
    "with a line break": ("a\nb.csv", "control signs"),
    "with a zero": ("a\x00.csv", "control signs"),
    "with an escape": ("\x1b]0;owned\x07.csv", "control signs"),
    "written from right to left": ("a\u202evsc.csv", "direction of writing"),
    "with a line separator": ("a\u2028b.csv", "line breaks"),
    "with half a sign": ("a\ud800.csv", "direction of writing"),
    "that is too long": ("a" * 252 + ".csv", "longer than 255 bytes"),
}
HOSTILE = [Case(f"a name {what}", name, b"id\n1\n", said) for what, (name, said) in NAMES.items()]
HARMLESS = [
    Case("a name in many scripts", "данi 表 más.csv", b"id\n1\n"),
    Case("a name of markup", "<img src=x onerror=alert(1)>.csv", b"id\n1\n"),
    Case("a name of formulas", "=cmd|' ; rm -rf ~; $(x) `y`.csv", b"id\n1\n"),
    Case("a name of an emoji", "\U0001f600.csv", b"id\n1\n"),
]
