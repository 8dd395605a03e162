"""Reads the files of frameworks and practices; a file that does not fit is refused as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FrameworkName = Literal["nist-csf-2.0", "iso-27001", "soc-2", "cis-8.1"]
FRAMEWORKS: tuple[FrameworkName, ...] = get_args(FrameworkName)
SHIPPED = Path(__file__).with_name("data")
REFRESHED = Path(__file__).with_name("refreshed")
"""The operator's newer files of the same names, where there are any."""
AS_OF = "# as of "
PARTS = 3
RANKS = frozenset({1, 2, 3})


class DataMisfit(ValueError):
    """A file of frameworks or practices does not fit; the line is named and nothing of it is used."""

    def __init__(self, name: str, number: int, fault: str) -> None:
        super().__init__(f"{name}, line {number}: {fault}")
        self.name = name
        self.number = number
        self.fault = fault


@dataclass(frozen=True)
class Practice:
    """Something an organisation does."""

    name: str
    theme: str
    words: str
    importance: int
    """1 to 3: how much risk it takes away."""
    effort: int
    """1 days, 2 weeks, 3 months."""


@dataclass(frozen=True)
class Control:
    """One control, criterion, safeguard or outcome of a framework."""

    id: str
    framework: FrameworkName
    family: str
    words: str
    practices: tuple[str, ...]
    group: int = 1
    """Implementation group of CIS; 1 elsewhere."""


@dataclass(frozen=True)
class Framework:
    """All controls of one edition."""

    name: FrameworkName
    title: str
    short: str
    file: str
    as_of: str
    controls: tuple[Control, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """Families in the order of the framework."""
        return tuple(dict.fromkeys(control.family for control in self.controls))


_ABOUT: Mapping[FrameworkName, tuple[str, str, str]] = {
    "nist-csf-2.0": ("NIST Cybersecurity Framework 2.0", "NIST CSF", "csf.txt"),
    "iso-27001": ("ISO/IEC 27001:2022 Annex A", "ISO 27001", "iso.txt"),
    "soc-2": ("Trust services criteria 2017/2022 (SOC 2)", "SOC 2", "soc2.txt"),
    "cis-8.1": ("CIS Controls 8.1", "CIS", "cis.txt"),
}


def practices() -> Mapping[str, Practice]:
    """All practices by name, in the order of the file.

    Raises:
        DataMisfit: The operator's file does not fit.
    """
    return read_practices(_path("practices.txt"))


def framework(name: FrameworkName) -> Framework:
    """One framework.

    Raises:
        DataMisfit: The operator's file does not fit.
    """
    return read_framework(name, _path(_ABOUT[name][2]), tuple(practices()))


def _path(file: str) -> Path:
    newer = REFRESHED / file
    return newer if newer.is_file() else SHIPPED / file


@cache
def read_practices(path: Path) -> Mapping[str, Practice]:
    """The practices of this file.

    Raises:
        DataMisfit: A line without its four parts, a name twice, or a rank that is not 1 to 3.
    """
    found: dict[str, Practice] = {}
    for number, theme, parts in _lines(path):
        if len(parts) != PARTS + 1 or parts[0] in found:
            raise DataMisfit(path.name, number, "not 'name | words | importance | effort', or a name twice")
        ranks = [int(part) for part in parts[2:] if part.isdigit()]
        if len(ranks) != 2 or not RANKS.issuperset(ranks):  # noqa: PLR2004  - importance and effort
            raise DataMisfit(path.name, number, "importance and effort are 1, 2 or 3")
        found[parts[0]] = Practice(parts[0], theme, parts[1], ranks[0], ranks[1])
    return found


@cache
def read_framework(name: FrameworkName, path: Path, known: tuple[str, ...]) -> Framework:
    """The framework of this file; every practice must be known.

    Raises:
        DataMisfit: A line without its parts, an identifier twice, an unknown practice, no date, no control.
    """
    title, short, file = _ABOUT[name]
    controls: dict[str, Control] = {}
    for number, family, parts in _lines(path):
        if len(parts) not in (PARTS, PARTS + 1) or parts[0] in controls or not family:
            raise DataMisfit(
                path.name, number, "not 'id | words | practices | group' in a family, or an id twice"
            )
        named = tuple(parts[2].split())
        unknown = [one for one in named if one not in known]
        if unknown or not named:
            raise DataMisfit(path.name, number, f"unknown practice '{(unknown or [''])[0]}'")
        group = int(parts[3]) if len(parts) > PARTS and parts[3].isdigit() else 1
        controls[parts[0]] = Control(parts[0], name, family, parts[1], named, group)
    as_of = _as_of(path)
    if not controls or not as_of:
        raise DataMisfit(path.name, 1, "no control, or no line '# as of DATE'")
    return Framework(name, title, short, file, as_of, tuple(controls.values()))


def _as_of(path: Path) -> str:
    dated = [line for line in _text(path) if line.startswith(AS_OF)]
    return dated[0].removeprefix(AS_OF).strip() if dated else ""


def _lines(path: Path) -> Iterator[tuple[int, str, Sequence[str]]]:
    family = ""
    for number, line in enumerate(_text(path), 1):
        if line.startswith("[") and line.endswith("]"):
            family = line[1:-1]
        elif line and not line.startswith("#"):
            yield number, family, [part.strip() for part in line.split("|")]


@cache
def _text(path: Path) -> tuple[str, ...]:
    return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
