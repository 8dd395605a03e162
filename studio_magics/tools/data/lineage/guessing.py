"""When statements do not parse: would they in another dialect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from studio_magics.tools.data.lineage.inputs import Dialect
from studio_magics.tools.data.lineage.statements import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.lineage.statements import Fault

MAX_TEXTS = 6
MAX_CHARACTERS = 60_000
LIKELY: tuple[str, ...] = ("postgres", "spark", "bigquery", "snowflake", "duckdb", "mysql", "tsql", "sqlite")


def better_dialect(faults: Sequence[Fault], dialect: str) -> str | None:
    """The dialect in which clearly fewer of the faulty texts fail; None when there is none."""
    texts = list({fault.place.text: None for fault in faults})[:MAX_TEXTS]
    texts = [text for text in texts if len(text.sql) <= MAX_CHARACTERS]
    if not texts:
        return None
    others = [*LIKELY, *(name for name in get_args(Dialect) if name not in LIKELY)]
    counts: dict[str, int] = {}
    for name in (dialect, *(one for one in others if one != dialect)):
        reader = Reader("" if name == "ansi" else name)
        for text in texts:
            reader.read(text)
        counts[name] = len(reader.found.faults)
        if counts[name] == 0:
            break
    best = min(counts, key=lambda name: counts[name])
    return best if counts[best] * 2 <= counts[dialect] and counts[best] < counts[dialect] else None
