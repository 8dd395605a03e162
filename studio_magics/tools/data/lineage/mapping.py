"""From texts to lineage: read all statements, order them, and trace one after the other."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from studio_magics.tools.data.lineage.model import DatasetKind, Lineage, Step
from studio_magics.tools.data.lineage.naming import folded_column, folded_dataset
from studio_magics.tools.data.lineage.qualifying import NotQualified, full_names, known_as, qualified
from studio_magics.tools.data.lineage.statements import Fault, Reader, Written, dataset_of
from studio_magics.tools.data.lineage.tracing import STAR, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from studio_magics.tools.data.lineage.statements import Kind
    from studio_magics.tools.data.lineage.texts import Gathered, SqlText

KINDS: dict[Kind, DatasetKind] = {
    "table": "table", "view": "view", "model": "model", "query": "query",
    "insert": "table", "update": "table", "merge": "table",
}  # fmt: skip


def map_lineage(
    gathered: Gathered, ddl: SqlText | None, dialect: str, told: Callable[[float, str], None]
) -> Lineage:
    """Trace every statement; `told` is called with the share that is done."""
    with silent():
        return _map(gathered, ddl, dialect, told)


@contextmanager
def silent() -> Generator[None]:
    """Keep sqlglot from writing pieces of the user's SQL into a log."""
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


def _map(
    gathered: Gathered, ddl: SqlText | None, dialect: str, told: Callable[[float, str], None]
) -> Lineage:
    reader = Reader(dialect)
    for text in ([ddl] if ddl is not None else []) + gathered.texts:
        told(0.3 * (1 if not gathered.texts else 0), f"reading {text.place}")
        reader.read(text)
    read = reader.found
    for name, columns in gathered.declared.items():
        folded = {folded_column(column, dialect): kind for column, kind in columns.items()}
        read.declared.setdefault(folded_dataset(name, dialect), folded)
    lineage = Lineage(
        columns={name: dict(found) for name, found in read.declared.items()},
        faults=list(read.faults),
        ignored=dict(read.ignored),
    )
    ordered, cycles = in_order(read.written, known={*read.declared, *(one.target for one in read.written)})
    lineage.cycles += cycles
    for number, one in enumerate(_named(ordered)):
        told(0.3 + 0.6 * number / len(ordered), f"tracing {one[0]}")
        _trace(one[0], one[1], lineage, dialect)
    _complete(lineage)
    return lineage


def _named(steps: Sequence[Written]) -> list[tuple[str, Written]]:
    """Every statement with the name of its job."""
    many = Counter(one.target for one in steps)
    seen: Counter[str] = Counter()
    named: list[tuple[str, Written]] = []
    for one in steps:
        seen[one.target] += 1
        name = one.target if many[one.target] == 1 else f"{one.target}#{seen[one.target]}"
        named.append((name, one))
    return named


def _tables_of(one: Written) -> set[str]:
    from sqlglot import exp

    inner = {cte.alias for cte in one.query.find_all(exp.CTE)}
    return {dataset_of(table) for table in one.query.find_all(exp.Table)} - inner


def in_order(steps: Sequence[Written], known: set[str]) -> tuple[list[Written], list[tuple[str, ...]]]:
    """The statements so that what is read was written before; as in the texts where they feed each other."""
    targets = dict.fromkeys(known)
    writers: dict[str, list[int]] = {}
    for number, one in enumerate(steps):
        writers.setdefault(known_as(one.target, targets), []).append(number)
    graph: dict[int, set[int]] = {}
    for number, one in enumerate(steps):
        read = {known_as(name, targets) for name in _tables_of(one)} - {known_as(one.target, targets)}
        graph[number] = {writer for name in sorted(read) for writer in writers.get(name, [])}
        earlier = [other for other in writers[known_as(one.target, targets)] if other < number]
        graph[number] |= set(earlier)
    try:
        return [steps[number] for number in TopologicalSorter(graph).static_order()], []
    except CycleError as error:
        around: list[int] = error.args[1]
        return list(steps), [tuple(dict.fromkeys(steps[number].target for number in around))]


def _trace(name: str, one: Written, lineage: Lineage, dialect: str) -> None:
    from sqlglot.errors import SqlglotError

    is_own = one.kind in {"model", "query"}  # a model and a source may well share their last name
    target = one.target if is_own else known_as(one.target, lineage.columns)
    query = full_names(one.query, {**lineage.columns, **lineage.kinds})
    try:
        ready = qualified(query, lineage.columns, dialect)
        traced = trace(ready.query, lineage.columns)
    except (NotQualified, SqlglotError, RecursionError) as error:
        lineage.untraced.append(Fault(one.place, str(error) or "nested too deeply"))
        lineage.kinds.setdefault(target, KINDS[one.kind])
        return
    outputs = _on_columns(one, [found for found, _ in traced.outputs], lineage.columns.get(target, {}))
    step = Step(
        name=name,
        target=target,
        kind=one.kind,
        place=one.place,
        sql=one.sql,
        outputs=tuple((column, uses) for column, (_, uses) in zip(outputs, traced.outputs, strict=False)),
        shaping=traced.shaping,
        reads=traced.reads,
        unplaced=traced.unplaced,
        missing=ready.missing,
        notes=ready.notes,
        has_star=one.has_star,
        lists_columns=bool(one.columns),
    )
    lineage.steps.append(step)
    _note_target(step, lineage)


def _on_columns(one: Written, names: list[str], declared: dict[str, str]) -> list[str]:
    """The target's columns the query's columns go to: those listed, those declared, or of the same name."""
    if one.columns:
        return list(one.columns[: len(names)])
    if one.kind == "insert" and len(declared) == len(names) and STAR not in names:
        return list(declared)
    return names


def _note_target(step: Step, lineage: Lineage) -> None:
    found: DatasetKind = KINDS[step.kind]
    before = lineage.kinds.get(step.target)
    if before is None or before == "table":
        lineage.kinds[step.target] = found
    known = lineage.columns.setdefault(step.target, {})
    for column, _ in step.outputs:
        known.setdefault(column, "")


def _complete(lineage: Lineage) -> None:
    """Give datasets that are only read their kind, and the columns read of them where none is declared."""
    for name in sorted(name for step in lineage.steps for name in step.reads):
        if not lineage.columns.get(name) and name not in lineage.kinds:
            lineage.undeclared.add(name)
        lineage.kinds.setdefault(name, "source")
    for name in lineage.columns:
        lineage.kinds.setdefault(name, "source")
    for step in lineage.steps:
        uses = [use for _, found in step.outputs for use in found] + list(step.shaping)
        for use in sorted(uses):
            if use.field.dataset in lineage.undeclared and use.field.column != STAR:
                lineage.columns.setdefault(use.field.dataset, {}).setdefault(use.field.column, "")
