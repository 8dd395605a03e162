"""The dated table of actions and the commits they are pinned to."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import as_map, as_text, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext

COMMIT = re.compile(r"[0-9a-f]{40}")
ACTION = re.compile(r"[\w.-]+/[\w.-]+(/[\w./-]+)?")
MAX_FILE_BYTES = 500_000
STALE_DAYS = 180


@dataclass(frozen=True)
class Pin:
    """One action at one commit."""

    action: str
    version: str
    commit: str

    @property
    def reference(self) -> str:
        """What stands behind 'uses:'."""
        return f"{self.action}@{self.commit}"


@dataclass(frozen=True)
class Pins:
    """The whole table."""

    as_of: date
    actions: Mapping[str, Pin]
    older: Mapping[str, Pin]
    """Releases of an older major."""

    def of(self, action: str) -> str:
        """The pinned reference of an action that the builder uses itself."""
        return self.actions[action].reference

    def versions(self) -> dict[str, str]:
        """Commit → version, for comments."""
        return {one.commit: one.version for one in (*self.older.values(), *self.actions.values())}

    def same_major(self, action: str, tag: str) -> Pin | None:
        """The pin for an action at a tag; None where the table knows other majors only, or older releases."""
        for table in (self.actions, self.older):
            known = table.get(action)
            if known and known.version.split(".")[0] == tag.split(".", maxsplit=1)[0]:
                return None if numbers_of(tag) > numbers_of(known.version) else known
        return None


def numbers_of(version: str) -> tuple[int, ...]:
    """'v4.2.2' as (4, 2, 2), to tell which of two is newer."""
    return tuple(int(one) for one in re.findall(r"\d+", version))


def read_pins(file: InputFile | None, context: RunContext) -> Pins:
    """The embedded table, with rows of the operator's own in place of its own.

    Raises:
        InputRejected: The file is not such a table.
    """
    own = _table(files(__package__ or "").joinpath("pins.toml").read_bytes())
    if file is None:
        return own
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected("pins", found=f"{file.size_bytes:,} bytes", allowed=f"at most {MAX_FILE_BYTES:,}")
    given = _table(context.path(file).read_bytes())
    return Pins(max(own.as_of, given.as_of), {**own.actions, **given.actions}, {**own.older, **given.older})


def _table(content: bytes) -> Pins:
    try:
        value: dict[str, Any] = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputRejected("pins", found="text that is not TOML", allowed="TOML in UTF-8") from error
    as_of = value.get("as_of")
    if not isinstance(as_of, date):
        raise InputRejected("pins", found="no 'as_of' date", allowed="as_of = 2026-01-31")
    actions, older = (
        {name: _pin(name, as_map(row)) for name, row in as_map(value.get(table)).items()}
        for table in ("actions", "older")
    )
    return Pins(as_of, actions, older)


def _pin(name: str, row: dict[str, Any]) -> Pin:
    commit, version = as_text(row.get("commit")), as_text(row.get("version"))
    if (
        not ACTION.fullmatch(name)
        or not COMMIT.fullmatch(commit)
        or not re.fullmatch(r"[\w.+-]{1,40}", version)
    ):
        found = f"the row of '{shown(name)}'"
        allowed = 'owner/name = { version = "v1.2.3", commit = "40 hexadecimal digits" }'
        raise InputRejected("pins", found=found, allowed=allowed)
    return Pin(name, version, commit)
