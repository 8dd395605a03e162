"""What the catalogue holds: a dataset for each table, with its columns and what fits to what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from studio_magics.tools.data.catalog.inputs import Sensitivity
    from studio_magics.tools.data.schema.facts import Kind as ValueKind
    from studio_magics.tools.data.schema.facts import Relation

SENSITIVITIES: tuple[Sensitivity, ...] = ("public", "internal", "confidential", "restricted")


@dataclass(frozen=True)
class ColumnEntry:
    """One column."""

    name: str
    type: str
    kind: ValueKind
    filled: int
    distinct: int
    low: str | None
    high: str | None
    mean: float | None
    personal: str
    """The kind of personal data it looks like, or ''."""
    sensitivity: Sensitivity
    description: str = ""
    is_key: bool = False


@dataclass(frozen=True)
class Dataset:
    """One table."""

    name: str
    file: str
    """The file of the input it is in."""
    source_kind: str
    """'file', 'sqlite' or 'duckdb'."""
    rows: int
    columns: tuple[ColumnEntry, ...]
    key: tuple[str, ...]
    size_bytes: int
    digest: str
    newest: date | None
    title: str = ""
    description: str = ""
    owner: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    sensitivity: Sensitivity = "internal"
    """The graver of what was said and what was found."""
    said: Sensitivity | None = None

    @property
    def found_sensitivity(self) -> Sensitivity:
        """The gravest of its columns."""
        return SENSITIVITIES[max((SENSITIVITIES.index(one.sensitivity) for one in self.columns), default=1)]

    def documented(self) -> dict[str, bool]:
        """What a dataset ought to have, and whether it has it."""
        described = sum(bool(one.description) for one in self.columns)
        return {
            "owner": bool(self.owner),
            "description": bool(self.description),
            "columns described": bool(self.columns) and described * 2 >= len(self.columns),
            "licence": bool(self.licence),
            "key": bool(self.key),
            "sensitivity": self.said is not None,
        }


@dataclass
class Catalogue:
    """Everything that was found."""

    name: str
    description: str = ""
    datasets: list[Dataset] = field(default_factory=list[Dataset])
    relations: list[tuple[str, Relation]] = field(default_factory=list["tuple[str, Relation]"])
    """The file or folder, and a reference between two of its tables."""
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """A file, and why it was not read."""
    skipped: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def coverage(self) -> dict[str, float]:
        """For each thing a dataset ought to have, the share that has it."""
        found: dict[str, list[bool]] = {}
        for dataset in self.datasets:
            for name, has in dataset.documented().items():
                found.setdefault(name, []).append(has)
        return {name: sum(values) / len(values) for name, values in found.items()}

    def score(self) -> int:
        """The mean of the coverage, from 0 to 100."""
        shares = list(self.coverage().values())
        return round(100 * sum(shares) / len(shares)) if shares else 0
