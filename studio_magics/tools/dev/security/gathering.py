"""The files to scan, copied into a folder of their own; what is left out is noted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.plain_files import plain_path
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.unpacking import unpack
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext

FIELD = "code"
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
MAX_BYTES = 200_000_000
MAX_TEXT_BYTES = 1_000_000
MAX_LINE = 5_000
TEXTS = (
    ".py",
    ".pyi",
    ".ipynb",
    ".yml",
    ".yaml",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".json",
    ".env",
    ".txt",
    ".in",
    ".md",
    ".rst",
    ".sh",
    ".bash",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".java",
    ".go",
    ".rb",
    ".php",
    ".cs",
    ".tf",
    ".tfvars",
    ".xml",
    ".properties",
    ".sql",
    ".html",
    ".htm",
    ".ps1",
    ".bat",
    ".gradle",
    ".kt",
    ".rs",
    ".lock",
    ".pem",
    ".key",
    ".dockerfile",
    ".j2",
    ".tmpl",
    ".envrc",
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".htpasswd",
)
NAMES = frozenset(
    {"dockerfile", "makefile", "jenkinsfile", "procfile", ".env", ".npmrc", ".pypirc", ".netrc", ".htpasswd"}
)
NOT_OURS = re.compile(
    r"(^|/)(node_modules|site-packages|\.git|\.venv|venv|dist-packages|__pycache__|vendor)/"
)
TEST = re.compile(
    r"(^|/)(tests?|testing|examples?|fixtures|__tests__|__mocks__)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$|"
    r"(_test\.go|\.(test|spec)\.[cm]?[jt]sx?)$"
)


@dataclass
class Gathered:
    """What is scanned."""

    root: Path
    names: list[str] = field(default_factory=list[str])
    left_out: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Reason → names."""

    def path(self, name: str) -> Path:
        """Where the copy is."""
        return self.root / name

    def text(self, name: str) -> str:
        """The text; signs that are no UTF-8 are replaced."""
        return self.path(name).read_text("utf-8", "replace")

    @property
    def python(self) -> list[str]:
        """Python files and notebooks."""
        return [one for one in self.names if one.endswith((".py", ".pyi", ".ipynb"))]

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a file is not scanned; its copy goes away."""
        self.left_out.setdefault(reason, []).append(name)
        self.path(name).unlink(missing_ok=True)


def is_test(name: str) -> bool:
    """Whether the file belongs to tests or examples."""
    return TEST.search(name) is not None


def gather(code: InputFile | InputFolder, root: Path, context: RunContext) -> Gathered:
    """Copy or unpack everything below `root`, which must not exist.

    Raises:
        InputRejected: A trap of an archive, too much, or nothing that can be scanned.
    """
    found = Gathered(root)
    if isinstance(code, InputFile) and code.name.lower().endswith(ARCHIVES):
        try:
            unpack(context.path(code), root, most_bytes=MAX_BYTES)
        except IntakeRefused as refused:
            raise InputRejected(
                FIELD, found=refused.found, allowed=refused.allowed, action=refused.action
            ) from refused
    else:
        _copy(code, found, context)
    for name in sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()):
        _keep(name, found)
    if not found.names:
        names = [name for several in found.left_out.values() for name in several]
        endings = sorted({Path(name).suffix or Path(name).name for name in names})[:15]
        raise InputRejected(
            FIELD,
            found=f"{counted(len(names), 'file')}, none that can be scanned; endings: "
            f"{', '.join(endings) or 'none'}",
            allowed="code, configuration and text, for example .py, .ipynb, .yml, .toml, Dockerfile",
        )
    return found


def _copy(code: InputFile | InputFolder, found: Gathered, context: RunContext) -> None:
    files = code.files if isinstance(code, InputFolder) else (code,)
    total = sum(one.size_bytes for one in files)
    if total > MAX_BYTES:
        raise InputRejected(FIELD, found=f"{total:,} bytes", allowed=f"at most {MAX_BYTES:,} bytes")
    for one in files:
        if _is_left_out(one.name, found):
            continue
        try:
            content = plain_path(one, context).read_bytes()
        except InputRejected:
            found.leave_out(one.name, "no plain text, or not in UTF-8")
            continue
        target = found.root / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _is_left_out(name: str, found: Gathered) -> bool:
    """Whether its name says that it is not scanned; that is noted."""
    lowered = name.lower()
    base = lowered.rsplit("/", 1)[-1]
    if NOT_OURS.search(name):
        found.leave_out(name, "code of others (node_modules, site-packages, vendor, .git)")
        return True
    if not lowered.endswith(TEXTS) and base not in NAMES and not base.startswith((".env", "dockerfile")):
        found.leave_out(name, "no text that is known")
        return True
    return False


def _keep(name: str, found: Gathered) -> None:
    path = found.path(name)
    if _is_left_out(name, found):
        return
    if path.stat().st_size > MAX_TEXT_BYTES:
        found.leave_out(name, f"larger than {MAX_TEXT_BYTES // 10**6} MB")
    elif _is_minified(path):
        found.leave_out(name, "minified, or made by a machine")
    else:
        found.names.append(name)


def _is_minified(path: Path) -> bool:
    if path.suffix not in {".js", ".css", ".html", ".json", ".ts"}:
        return False
    with path.open("rb") as stream:
        return any(len(line) > MAX_LINE for line in stream.readlines(100_000))
