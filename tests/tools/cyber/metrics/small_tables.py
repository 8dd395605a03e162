"""Tables small enough to work out by hand, and what tests ask of results."""

from datetime import datetime, timedelta

from running import table

START = datetime(2026, 1, 1)  # noqa: DTZ001  - CSV times without zone
HEAD = "id,severity,detected,resolved\n"


def rows(hours, level="high", start=START):
    """Cases that took so many hours; None is still open."""
    lines = []
    for number, one in enumerate(hours):
        begin = start + timedelta(minutes=number)
        end = "" if one is None else (begin + timedelta(hours=one)).isoformat(" ")
        lines.append(f"{number},{level},{begin.isoformat(' ')},{end}\n")
    return "".join(lines)


def durations(result, short="MTTR"):
    return {row[1]: row for row in table(result, "Durations") if row[0].startswith(short)}


def codes(result, code):
    return [one for one in result.findings if one.code == code]
