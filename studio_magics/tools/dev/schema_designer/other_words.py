"""How what other tools and SQL call something is written in a design."""

from __future__ import annotations

from studio_magics.tools.dev.schema_designer.table_reading import KINDS

KEY = "give the column the type id, which the database counts, or write 'key: [COLUMN]' beside 'columns'"
EMPTY = "leave it out: a column may be empty unless it is 'required'"
REQUIRED = "write 'required'"
REFERENCE = "give the column the type 'ref TABLE'; keys of several columns stand under 'references'"
SIZE = "write the size behind the type: string(120), decimal(12,2)"
NOTE = "write 'comment', or ' - text' at the end of a line"
CHECK = "write it under 'checks' beside 'columns': a name and the condition"
WORDS = {
    "primary-key": KEY, "primary": KEY, "pk": KEY, "key": KEY, "autoincrement": KEY, "auto-increment": KEY,
    "identity": KEY, "nullable": EMPTY, "null": EMPTY, "optional": EMPTY, "not-null": REQUIRED,
    "not": REQUIRED, "notnull": REQUIRED, "references": REFERENCE, "foreign-key": REFERENCE,
    "fk": REFERENCE, "length": SIZE, "size": SIZE, "max-length": SIZE, "precision": SIZE,
    "description": NOTE, "check": CHECK,
}  # fmt: skip
TYPES = {"STR": "string", "BOOL": "boolean", "NUMBER": "decimal", "CLOB": "text", "OBJECT": "json"}


def instead_of_word(word: str) -> str:
    """What to write in place of this word or key of a column; empty where nobody can tell."""
    return WORDS.get(word.lower().replace("_", "-"), "")


def instead_of_type(kind: str) -> str:
    """What to write in place of this type; empty where nobody can tell."""
    known = KINDS.get(kind.upper()) or TYPES.get(kind.upper())
    return f"write '{known}'" if known else ""
