"""Files that a tool reads as text, behind guards of its own: no other guard has to parse them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext

MAX_NAME = 60


def plain_path(file: InputFile, context: RunContext) -> Path:
    """Where the file is, looked at as plain text whatever its ending.

    A scanner of texts reads YAML with tags and templates too, and an audit YAML with aliases; whoever parses
    such a text afterwards looks at it again.

    Raises:
        InputRejected: It is binary, or in an encoding that is not read here.
    """
    name = f"{file.name.rsplit('/', 1)[-1][:MAX_NAME]}.txt"
    return context.path(file.model_copy(update={"name": name}))
