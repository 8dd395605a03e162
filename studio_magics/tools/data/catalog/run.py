"""Runs the tool: read everything, add what people know, index, judge, and write it out."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Cell, Column, ColumnKind, Provenance, Table, ToolResult
from studio_magics.tools.data.catalog import exports, index
from studio_magics.tools.data.catalog.croissant import as_croissant
from studio_magics.tools.data.catalog.describing import describe
from studio_magics.tools.data.catalog.entries import Catalogue
from studio_magics.tools.data.catalog.figures import figures_of
from studio_magics.tools.data.catalog.findings import SEVERITIES, all_findings, listed
from studio_magics.tools.data.catalog.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.data.catalog.inputs import about_of
from studio_magics.tools.data.catalog.reading import SAMPLE_ROWS, read_everything
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from studio_magics.contracts.results import Artefact, Figure, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.catalog.index import Match
    from studio_magics.tools.data.catalog.inputs import CatalogInput

MAX_ROWS = 400
MAX_FINDINGS = 200


def run(inputs: CatalogInput, context: RunContext) -> ToolResult:
    """Build the catalogue.

    Raises:
        InputRejected: Nothing can be read, or a description names what is not there.
        MemoryError: A table needs more memory than a run has.
    """
    about = about_of(inputs.about)
    catalogue = Catalogue(about.name)
    read_everything(inputs, context, catalogue)
    describe(catalogue, about)
    context.progress(0.85, "indexing")
    db = index.build(catalogue)
    try:
        matches = index.search(db, inputs.query)
        content = index.as_bytes(db)
    finally:
        db.close()
    findings = all_findings(catalogue, context.now, inputs.stale_after_days)
    context.progress(0.93, "drawing")
    figures = figures_of(catalogue)
    return ToolResult(
        headline=_headline(catalogue, inputs.query, matches),
        score=catalogue.score(),
        summary=_summary(catalogue, matches, findings),
        findings=findings[:MAX_FINDINGS],
        tables=_tables(catalogue, inputs.query, matches),
        figures=figures,
        artefacts=_artefacts(catalogue, content, figures, findings, context),
        not_checked=_not_checked(catalogue),
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES}
        ),
    )


def _headline(catalogue: Catalogue, query: str, matches: list[Match]) -> str:
    rows = sum(one.rows for one in catalogue.datasets)
    columns = sum(len(one.columns) for one in catalogue.datasets)
    text = (
        f"{catalogue.name}: {counted(len(catalogue.datasets), 'dataset')}, {counted(columns, 'column')}, "
        f"{counted(rows, 'row')}; {catalogue.score()} of 100 documented"
    )
    if catalogue.unread:
        text += f"; {counted(len(catalogue.unread), 'file')} could not be read"
    if query:
        text += f"; {len(matches)} {'match' if len(matches) == 1 else 'matches'} for '{query}'"
    return text


def _summary(catalogue: Catalogue, matches: list[Match], findings: tuple[Finding, ...]) -> dict[str, Any]:
    levels = [one.sensitivity for one in catalogue.datasets]
    return {
        "datasets": len(catalogue.datasets),
        "columns": sum(len(one.columns) for one in catalogue.datasets),
        "rows": sum(one.rows for one in catalogue.datasets),
        "sensitivity": {level: levels.count(level) for level in dict.fromkeys(sorted(levels))},
        "coverage": {name: round(share, 4) for name, share in catalogue.coverage().items()},
        "fits": len(catalogue.relations),
        "unread": [name for name, _ in catalogue.unread],
        "matches": [[one.dataset, one.item] for one in matches],
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _tables(catalogue: Catalogue, query: str, matches: list[Match]) -> tuple[Table, ...]:
    found = (_matches(catalogue, query, matches), _datasets(catalogue), _columns(catalogue), _fits(catalogue))
    return tuple(table for table in found if table.rows)


def _table(title: str, kinds: tuple[tuple[str, ColumnKind], ...], rows: list[tuple[Cell, ...]]) -> Table:
    left = len(rows) - MAX_ROWS
    return Table(
        title=title,
        columns=tuple(Column(name=name, kind=kind) for name, kind in kinds),
        rows=tuple(rows[:MAX_ROWS]),
        note=f"{left} more are in catalogue.json. " if left > 0 else "",
    )


def _matches(catalogue: Catalogue, query: str, matches: list[Match]) -> Table:
    known = {one.name: one for one in catalogue.datasets}
    rows: list[tuple[Cell, ...]] = [
        (one.dataset, one.item or "the dataset", known[one.dataset].title, round(one.rank, 2))
        for one in matches
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"),
        ("match", "text"),
        ("title", "text"),
        ("weight", "number"),
    )
    return _table(f"Matches for '{query}'", kinds, rows)


def _datasets(catalogue: Catalogue) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            one.title,
            one.rows,
            len(one.columns),
            size_text(one.size_bytes),
            one.owner or None,
            one.sensitivity,
            ", ".join(one.tags) or None,
            ", ".join(one.key) or None,
            one.newest.isoformat() if one.newest else None,
        )
        for one in catalogue.datasets
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"),
        ("title", "text"),
        ("rows", "integer"),
        ("columns", "integer"),
        ("file size", "text"),
        ("owner", "text"),
        ("sensitivity", "text"),
        ("tags", "text"),
        ("key", "text"),
        ("newest date", "text"),
    )
    return _table("Datasets", kinds, rows)


def _columns(catalogue: Catalogue) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            column.name,
            column.type,
            round(100 * column.filled / one.rows, 1) if one.rows else None,
            column.distinct,
            column.low,
            column.high,
            column.personal or None,
            column.description or None,
        )
        for one in catalogue.datasets
        for column in one.columns
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"),
        ("column", "text"),
        ("type", "text"),
        ("filled", "percent"),
        ("different", "integer"),
        ("from", "text"),
        ("to", "text"),
        ("personal data", "text"),
        ("about", "text"),
    )
    return _table("Columns", kinds, rows)


def _fits(catalogue: Catalogue) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{child}.{', '.join(relation.columns)}",
            f"{parent}.{', '.join(relation.parent_columns)}",
            relation.is_declared,
            round(100 * relation.found_share, 1),
        )
        for child, parent, relation in exports.named_relations(catalogue)
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("from", "text"),
        ("to", "text"),
        ("declared", "flag"),
        ("values found", "percent"),
    )
    return _table("What fits together", kinds, rows)


def _artefacts(
    catalogue: Catalogue,
    content: bytes,
    figures: tuple[Figure, ...],
    findings: tuple[Finding, ...],
    context: RunContext,
) -> tuple[Artefact, ...]:
    facts = f"{context.now:%Y-%m-%d}"
    html = exports.page(catalogue, figures, findings, headline=_headline(catalogue, "", []), facts=facts)
    made = (
        ("catalogue.html", "text/html", html, "Catalogue to search and share"),
        ("datapackage.json", "application/json", exports.as_data_package(catalogue), "Data Package"),
        ("croissant.json", "application/ld+json", as_croissant(catalogue, context.now), "Croissant"),
        ("catalogue.sqlite", "application/vnd.sqlite3", content, "Index with full-text search"),
        ("catalogue.json", "application/json", exports.as_json(catalogue), "Catalogue for programs"),
    )
    return tuple(context.add_artefact(name, kind, body, title=title) for name, kind, body, title in made)


def _not_checked(catalogue: Catalogue) -> tuple[str, ...]:
    said = [
        (
            "Sensitivity was told from the names of columns, and addresses, accounts and cards from the "
            f"first {SAMPLE_ROWS} values; %studio run privacy looks at every value."
        ),
        "Whether the values are right was not judged; %studio run quality does.",
    ]
    if any(one.source_kind != "file" for one in catalogue.datasets):
        said.append("Tables in databases are not in croissant.json, which describes files.")
    if catalogue.unread:
        said.append(f"Not read: {listed([name for name, _ in catalogue.unread])}.")
    if catalogue.skipped:
        said.append(f"Files that are no table or database: {listed(catalogue.skipped)}.")
    said += catalogue.notes[:40]
    return tuple(said)
