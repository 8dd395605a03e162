"""Words that a database keeps for itself: as names they work only in quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERYWHERE = """
all and as asc between by case check column constraint create cross current_date current_time
current_timestamp default delete desc distinct drop else exists for foreign from full grant group
having in inner insert into is join left like limit not null on or order outer primary references
right select set table then to union unique update using values when where with
"""
_MORE = {
    "postgresql": """
analyse analyze any array authorization both cast collate concurrently current_role current_user
deferrable do end except false fetch ilike initially intersect lateral leading localtime
localtimestamp natural offset only overlaps placing returning session_user some symmetric
tablesample trailing true user variadic verbose window
""",
    "sqlite": """
add alter autoincrement collate commit deferrable escape except index intersect natural notnull
isnull returning transaction nothing
""",
    "mysql": """
add alter analyze before bigint binary blob both call change char character condition continue
convert cube cursor database databases dec decimal declare delayed describe div double each elseif
enclosed escaped except exit explain false fetch float force fulltext function generated groups
high_priority if ignore index infile inout int integer intersect interval iterate key keys kill
lateral leading leave lines load lock long loop match mod natural numeric of optimize option out
over partition precision procedure purge range rank read recursive regexp release rename repeat
replace require restrict return revoke row rows schema schemas separator show signal smallint
spatial sql ssl starting system terminated tinyint trailing trigger true undo unlock unsigned usage
use varchar varying virtual while window write xor zerofill
""",
}
_TITLES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}


def reserved_in(name: str, dialects: Sequence[str]) -> list[str]:
    """The titles of those databases to which this name is a reserved word."""
    word = name.lower()
    return [_TITLES[one] for one in dialects if word in set(_EVERYWHERE.split()) | set(_MORE[one].split())]


def title_of(dialect: str) -> str:
    """'PostgreSQL'."""
    return _TITLES[dialect]
