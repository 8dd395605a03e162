"""Writing names and texts of the user's into SQL so that they can never be anything but a name or a text."""

_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239)"


def quoted(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def trimmed(text_sql: str) -> str:
    """SQL of the text without blanks around it, also tabs, line ends and those of word processors."""
    return f"trim({text_sql}, {_BLANKS})"


def text_literal(text: str) -> str:
    """The text as a SQL string."""
    return "'" + text.replace("'", "''") + "'"
