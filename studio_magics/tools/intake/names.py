"""Names of entries in an archive: plain, relative, and each for one file only, on every system."""

import unicodedata

from studio_magics.contracts.inputs import name_fault
from studio_magics.tools.intake.refusal import IntakeRefused

RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)
ALLOWED = "relative names of plain files and folders"
REPACK = "pack the folder again, without this entry"
SHOWN = 60


class Names:
    """The names seen so far in one archive."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def take(self, name: str, *, is_folder: bool) -> str:
        """Note the name of an entry and give it back without a closing slash.

        Raises:
            IntakeRefused: It is absolute, climbs out, cannot be shown, or stands for two things.
        """
        plain = name.removesuffix("/") if is_folder else name
        fault = entry_fault(plain)
        if fault:
            raise IntakeRefused(f"the entry {shown(name)} {fault}", ALLOWED, REPACK)
        key = _key(plain)
        if key in self._files or (key in self._folders and not is_folder):
            raise IntakeRefused(
                f"two entries called {shown(name)} (upper and lower case count as equal)",
                "each name once",
                REPACK,
            )
        self._note(key, is_folder=is_folder)
        return plain

    def _note(self, key: str, *, is_folder: bool) -> None:
        parts = key.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        inside = above & self._files
        if inside:
            raise IntakeRefused(
                f"{shown(min(inside))} is a file and a folder", "each name for one thing", REPACK
            )
        self._folders |= above
        (self._folders if is_folder else self._files).add(key)


def entry_fault(name: str) -> str:
    """What is wrong with the name of an entry, as the end of a sentence; empty when nothing is."""
    if name.startswith(("/", "\\")) or name[1:2] == ":":
        return "has an absolute name"
    fault = name_fault(name)
    if fault:
        return fault
    parts = name.split("/")
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "begins or ends with a space, or ends with a dot"
    if any(part.split(".", 1)[0].casefold() in RESERVED for part in parts):
        return "has a name that is a device on some systems"
    return ""


def shown(name: str) -> str:
    """The name as it may be shown: one line, short, no invisible signs."""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def _key(name: str) -> str:
    """What counts as the same name on a system that folds case and accents."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
