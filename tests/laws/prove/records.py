"""What runs found: the latest of every law under .build/prove, the longest clean ones in docs/proof.json."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.laws.tally import Tally

ROOT = Path(__file__).resolve().parents[3]
LATEST = ROOT / ".build" / "prove"
LONGEST = ROOT / "docs" / "proof.json"


@dataclass(frozen=True)
class Record:
    """One run of one law."""

    law: str
    count: int
    seed: int
    findings: int
    seconds: float
    detail: str
    commit: str
    at: str
    machine: dict[str, str] = field(default_factory=dict[str, str])


def recorded(law: str, tally: Tally, commit: str, machine: dict[str, str]) -> Record:
    """A tally with where and when it was made."""
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    numbers = (tally.count, tally.seed, len(tally.findings), round(tally.seconds, 1))
    return Record(law, *numbers, tally.detail, commit, at, machine)


def kept(record: Record, latest: Path = LATEST, longest: Path = LONGEST) -> None:
    """Store a record: as the latest of its law, and as the longest clean one if none was longer."""
    latest.mkdir(parents=True, exist_ok=True)
    (latest / f"{record.law}.json").write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    best = longest_of(longest)
    if beats(record, best.get(record.law)):
        best[record.law] = record
        told = {name: asdict(one) for name, one in sorted(best.items())}
        longest.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def beats(record: Record, other: Record | None) -> bool:
    """Clean, and at least as long as the one it replaces."""
    return record.findings == 0 and record.count > 0 and (other is None or record.count >= other.count)


def longest_of(file: Path = LONGEST) -> dict[str, Record]:
    """The longest clean run of every law that had one."""
    stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {name: Record(**one) for name, one in stored.items()}


def latest_of(folder: Path = LATEST, longest: Path = LONGEST) -> dict[str, Record]:
    """The latest run of every law in this checkout; where there was none, the longest clean one on record."""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return longest_of(longest) | {one["law"]: Record(**one) for one in found}


def commit() -> str:
    """The commit that is checked out, with a remark when files differ from it."""
    short = _answer("git", "rev-parse", "--short", "HEAD")
    changed = _answer("git", "status", "--porcelain", "--", "server", "studio_magics", "tests")
    return f"{short} + changes" if changed else short


def machine() -> dict[str, str]:
    """What a reader needs to judge counts and times."""
    import apsw

    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "SQLite": apsw.sqlite_lib_version(),
        "PostgreSQL": _postgresql(),
    }


def _postgresql() -> str:
    found = shutil.which("postgres")
    places = Path("/", "usr", "lib", "postgresql").glob("*/bin/postgres")
    program = found or max(map(str, places), default="")
    return _answer(program, "--version").rpartition(") ")[2].split(" ")[0] if program else "none"


def _answer(*words: str) -> str:
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.strip()
