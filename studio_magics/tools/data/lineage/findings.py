"""What is wrong or open, each with what to do: ranked, and grouped where there would be too many."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.data.lineage.tracing import STAR
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.lineage.changing import Change
    from studio_magics.tools.data.lineage.model import Lineage
    from studio_magics.tools.data.lineage.texts import Gathered

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
SHOWN_NAMES = 12
MOST_SINGLE = 8


def all_findings(
    lineage: Lineage, gathered: Gathered, change: Change | None, better: str | None
) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found = [
        *_impact(change),
        *_faults(lineage, better),
        *_missing(lineage),
        *_unplaced(lineage),
        *_stars(lineage),
        *_unread(gathered),
        *_cycles(lineage),
        *_fragile(lineage),
        *_undeclared(lineage),
        *_unused(lineage),
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _impact(change: Change | None) -> Iterator[Finding]:
    if change is None:
        return
    direct = [one for one in change.columns if one.is_direct]
    if not change.impacts:
        yield Finding(
            code="change-reaches-nothing",
            severity="info",
            title=f"Nothing here depends on {change.name}",
            where=change.name,
            detail="No statement that was read takes a value from it or chooses rows by it.",
            action="Check what was not read before you rely on this.",
            count=0,
        )
        return
    choices = len(change.columns) - len(direct)
    yield Finding(
        code="change-reaches",
        severity="high" if direct else "medium",
        title=f"Changing {change.name} reaches {counted(len(change.columns), 'column')} in "
        f"{counted(len(change.datasets), 'dataset')}",
        where=change.name,
        detail=f"The value goes into {counted(len(direct), 'column')}; it only decides on rows, groups or "
        f"branches of {choices} more. Datasets: {listed(list(change.datasets))}.",
        action="Change the statements in the impact table together, nearest first.",
        count=len(change.columns),
    )


def _faults(lineage: Lineage, better: str | None) -> Iterator[Finding]:
    if better is not None:
        yield Finding(
            code="dialect-unlikely",
            severity="high",
            title=f"More of these statements parse as {better}",
            where="dialect",
            detail=f"{counted(len(lineage.faults), 'statement')} did not parse as they were read.",
            action=f"Run again with --dialect {better}",
            count=len(lineage.faults),
        )
    for fault in lineage.faults:
        yield Finding(
            code="statement-unparsed",
            severity="high",
            title=f"A statement does not parse: {fault.message}",
            where=str(fault.place),
            detail="What it reads and writes is missing from the lineage.",
            action="Check the statement and the dialect.",
            count=1,
        )
    for fault in lineage.untraced:
        yield Finding(
            code="statement-untraced",
            severity="high",
            title=f"A statement cannot be traced: {fault.message}",
            where=str(fault.place),
            detail="Its columns are missing from the lineage.",
            action="Give the DDL of the tables it reads, or qualify its columns.",
            count=1,
        )


def _missing(lineage: Lineage) -> Iterator[Finding]:
    for step in lineage.steps:
        for dataset, column in step.missing:
            known = list(lineage.columns.get(dataset, {}))
            yield Finding(
                code="column-missing",
                severity="high",
                title=f"'{dataset}' has no column '{column}'",
                where=str(step.place),
                detail=f"{step.name} reads it; the columns are {listed(known)}.",
                action="Correct the name, or the DDL if it is out of date.",
                count=1,
            )


def _unplaced(lineage: Lineage) -> Iterator[Finding]:
    lost = [step for step in lineage.steps if step.unplaced]
    if len(lost) > MOST_SINGLE:
        tables = sorted({name for step in lost for name in step.reads if name in lineage.undeclared})
        yield Finding(
            code="column-unplaced",
            severity="medium",
            title=f"{counted(len(lost), 'statement')} with columns of which nobody can say the table",
            where=str(lost[0].place),
            detail=f"The names are not qualified and no columns are declared of {listed(tables)}.",
            action="Give the CREATE TABLE statements of these tables with --ddl.",
            count=sum(len(step.unplaced) for step in lost),
        )
        return
    for step in lineage.steps:
        if step.unplaced:
            names = list(step.unplaced)
            yield Finding(
                code="column-unplaced",
                severity="medium",
                title=f"Nobody can say which table '{names[0]}' is of"
                if len(names) == 1
                else f"Nobody can say which tables these columns are of: {listed(names)}",
                where=str(step.place),
                detail=f"{step.name} reads {listed(sorted(step.reads))}; the names are not qualified, and no "
                "table with declared columns has them.",
                action="Give the DDL, or write table.column.",
                count=len(names),
            )
        if step.notes:
            yield Finding(
                code="alias-ambiguous",
                severity="low",
                title=f"A name may be a column or an alias: {step.notes[0]}",
                where=str(step.place),
                detail="It was read as a column of the table.",
                action="Give the DDL of the tables it reads.",
                count=1,
            )


def _stars(lineage: Lineage) -> Iterator[Finding]:
    blind: dict[str, list[str]] = defaultdict(list)
    for step in lineage.steps:
        for name, uses in step.outputs:
            if name == STAR:
                for use in sorted(uses):
                    blind[use.field.dataset].append(step.name)
    for dataset, steps in sorted(blind.items()):
        shown = f"'{dataset}'" if dataset else "a function"
        yield Finding(
            code="star-unknown",
            severity="medium",
            title=f"The columns of {shown} behind a star (*) are not known",
            where=dataset or steps[0],
            detail=f"No columns of it are declared; they are missing from {listed(sorted(set(steps)))}.",
            action="Give its CREATE TABLE statement with --ddl, or name the columns."
            if dataset
            else "Name the columns behind the function: FROM f() AS t (a, b).",
            count=len(set(steps)),
        )


def _unread(gathered: Gathered) -> Iterator[Finding]:
    templates = [one for one in gathered.unread if one.is_template]
    for one in (one for one in gathered.unread if not one.is_template):
        yield Finding(
            code="file-unread",
            severity="medium",
            title=f"'{one.where}' was not read: {one.why}",
            where=one.where,
            action="Save it as UTF-8 text.",
            count=1,
        )
    if templates:
        yield Finding(
            code="template-unread",
            severity="medium",
            title=f"{counted(len(templates), 'text')} made by templates or code at run time "
            f"{'was' if len(templates) == 1 else 'were'} not read",
            where=templates[0].where,
            detail=listed([f"{one.where} ({one.why})" for one in templates]),
            action="For dbt run `dbt compile` and give target/manifest.json; else give the SQL that is sent.",
            count=len(templates),
        )
    if gathered.assumed:
        yield Finding(
            code="macro-assumed",
            severity="low",
            title=f"{counted(len(gathered.assumed), 'call')} of macros read as functions of named columns",
            detail=listed(sorted(set(gathered.assumed))),
            action="Macros may read more: run `dbt compile` and give target/manifest.json to be sure.",
            count=len(gathered.assumed),
        )


def _cycles(lineage: Lineage) -> Iterator[Finding]:
    for names in lineage.cycles:
        yield Finding(
            code="datasets-feed-each-other",
            severity="medium",
            title=f"These feed each other: {listed(list(names))}",
            where=names[0],
            detail="No order computes all of them from what they read; the order of the texts was taken.",
            action="Split one of them, or check that the order in the scripts is meant.",
            count=len(names),
        )


def _fragile(lineage: Lineage) -> Iterator[Finding]:
    loose = [step for step in lineage.steps if step.kind == "insert" and not step.lists_columns]
    if loose:
        yield Finding(
            code="insert-without-columns",
            severity="low",
            title=f"{counted(len(loose), 'INSERT')} without a column list",
            where=str(loose[0].place),
            detail=f"A new column of the table breaks them: {listed([step.name for step in loose])}.",
            action="List the columns after the table.",
            count=len(loose),
        )
    stars = [step for step in lineage.steps if step.has_star and step.kind != "query"]
    if stars:
        yield Finding(
            code="star-in-stored",
            severity="low",
            title=f"{counted(len(stars), 'stored result')} built with 'SELECT *'",
            where=str(stars[0].place),
            detail="A column added, renamed or dropped upstream goes straight into "
            f"{listed([step.name for step in stars])}.",
            action="Name the columns where the result is read by others.",
            count=len(stars),
        )
    writers = Counter(step.target for step in lineage.steps)
    shared = sorted(name for name, count in writers.items() if count > 1)
    if shared:
        yield Finding(
            code="several-writers",
            severity="info",
            title=f"{counted(len(shared), 'dataset')} filled by more than one statement",
            where=shared[0],
            detail=f"{listed([f'{name} ({writers[name]})' for name in shared])}.",
            action="Nothing, if meant; a wrong value may come from either.",
            count=len(shared),
        )


def _undeclared(lineage: Lineage) -> Iterator[Finding]:
    names = sorted(lineage.undeclared)
    if names:
        yield Finding(
            code="columns-undeclared",
            severity="info",
            title=f"{counted(len(names), 'table')} read without known columns",
            where=names[0],
            detail=f"Only the columns that statements name are shown of {listed(names)}.",
            action="Give their CREATE TABLE statements with --ddl for a complete picture.",
            count=len(names),
        )


def _unused(lineage: Lineage) -> Iterator[Finding]:
    """Columns of datasets in the middle that nobody reads."""
    used = {edge.source for edge in lineage.edges()}
    read = {name for step in lineage.steps for name in step.reads}
    blind = {field.dataset for field in used if field.column == STAR}
    for name in sorted(read - blind):
        if lineage.kinds.get(name) == "source":
            continue
        idle = [column for column in lineage.columns.get(name, {}) if (name, column) not in used]
        if idle:
            yield Finding(
                code="columns-unused",
                severity="info",
                title=f"{counted(len(idle), 'column')} of '{name}' not read by any other statement",
                where=name,
                detail=f"{listed(idle)}.",
                action="Drop them if no report reads them directly.",
                count=len(idle),
            )
