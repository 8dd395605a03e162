"""Which files of a folder stay at home: hidden ones, caches, and what a `.studioignore` file lists.

One pattern a line, as in a shell: `*.log` by name at any depth, `data/raw/*` by path, `build/` for a whole
folder; lines that begin with `#` are comments. There is no `!`: what is listed stays at home.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

RULES_FILE = ".studioignore"
ALWAYS = ("__pycache__/", "node_modules/", "*.pyc", "Thumbs.db")
MAX_RULES_BYTES = 64_000


class RulesRefused(ValueError):
    """A line of the rules cannot be followed."""

    def __init__(self, line: int, found: str) -> None:
        super().__init__(f"line {line} of {RULES_FILE}: {found}")
        self.line = line
        self.found = found


@dataclass(frozen=True)
class Ignored:
    """The rules for one folder."""

    patterns: tuple[str, ...]

    def covers(self, name: str, *, is_folder: bool) -> bool:
        """Whether the file or folder of this relative name stays at home."""
        last = name.rsplit("/", 1)[-1]
        return last.startswith(".") or any(
            self._matches(pattern, name, last, is_folder=is_folder) for pattern in self.patterns
        )

    def _matches(self, pattern: str, name: str, last: str, *, is_folder: bool) -> bool:
        if pattern.endswith("/") and not is_folder:
            return False
        bare = pattern.rstrip("/")
        return fnmatchcase(name, bare.lstrip("/")) if "/" in bare else fnmatchcase(last, bare)


def rules_of(folder: Path) -> Ignored:
    """The rules that hold in this folder.

    Raises:
        RulesRefused: A line cannot be followed, or the rules are no short text.
    """
    path = folder / RULES_FILE
    if not path.is_file():
        return Ignored(ALWAYS)
    if path.stat().st_size > MAX_RULES_BYTES:
        raise RulesRefused(1, f"more than {MAX_RULES_BYTES:,} bytes")
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise RulesRefused(1, "not UTF-8 text") from error
    wanted = [(number, line.strip()) for number, line in enumerate(lines, start=1)]
    kept = [(number, line) for number, line in wanted if line and not line.startswith("#")]
    wrong = next((number for number, line in kept if line.startswith("!")), None)
    if wrong is not None:
        raise RulesRefused(wrong, "'!' is not known here; list what stays at home")
    return Ignored((*ALWAYS, *(line for _, line in kept)))
