"""JSON and JSON lines: depth, numbers and duplicate names looked at before anything is built."""

from __future__ import annotations

import json
import re
from typing import Any

from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused

MAX_BYTES = 256_000_000
MAX_DEPTH = 200
MAX_DIGITS = 400
ESCAPED = re.compile(rb"\\.", re.DOTALL)
LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (MAX_DIGITS + 1))
LARGE_EXPONENT = re.compile(rb"[eE][+]?0*[1-9][0-9]{3,}")
NOT_A_NUMBER = re.compile(rb"NaN|Infinity")
NO_STRUCTURE = bytes(set(range(256)) - set(b"[]{}"))
ALLOWED = "JSON in UTF-8"


def check_json(content: bytes) -> None:
    """Look at the structure without building it; JSON lines are JSON here too.

    Raises:
        IntakeRefused: Not UTF-8 text, too deep, or with numbers that no program keeps.
    """
    if len(content) > MAX_BYTES:
        raise IntakeRefused(
            f"JSON of {len(content):,} bytes", f"at most {MAX_BYTES:,}", "write it as Parquet"
        )
    decoded(content)
    outside = _outside_strings(content)
    if LONG_NUMBER.search(outside):
        found = f"a number of more than {MAX_DIGITS} digits"
        raise IntakeRefused(found, f"at most {MAX_DIGITS} digits", "write it as text, in quotes")
    if LARGE_EXPONENT.search(outside):
        raise IntakeRefused(
            "a number with a huge exponent", "numbers up to 1e308", "write it as text, in quotes"
        )
    if NOT_A_NUMBER.search(outside):
        raise IntakeRefused("NaN or Infinity, which JSON does not have", ALLOWED, "write null")
    _refuse_depth(outside)


def load_json(content: bytes) -> Any:
    """The value of one document.

    Raises:
        IntakeRefused: As `check_json`; or no JSON, several documents, or one name twice in an object.
    """
    check_json(content)
    try:
        return json.loads(decoded(content), object_pairs_hook=_once)
    except IntakeRefused:
        raise
    except (ValueError, RecursionError) as error:
        raise IntakeRefused("text that is not JSON", ALLOWED, "check the brackets and quotes") from error


def _outside_strings(content: bytes) -> bytes:
    """What stands outside of quotes; a quote that is never closed leaves the rest inside."""
    return b"\x22".join(ESCAPED.sub(b"", content).split(b'"')[::2])


def _refuse_depth(outside: bytes) -> None:
    depth = 0
    for sign in outside.translate(None, NO_STRUCTURE):
        depth += 1 if sign in b"[{" else -1
        if depth > MAX_DEPTH:
            found = f"JSON nested deeper than {MAX_DEPTH} levels"
            raise IntakeRefused(found, f"at most {MAX_DEPTH} levels", "flatten it")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise IntakeRefused("one name twice in an object", "each name once", "keep one of them")
    return found
