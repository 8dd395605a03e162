"""The pipeline as it will be run: sources, steps in order, and what their SQL says."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.lineage.dbt import rendered
from studio_magics.tools.data.pipelines.inputs import NAME, PipelineWish, StepWish
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

MAX_SHOWN = 160


@dataclass(frozen=True)
class Step:
    """One step with its SQL read."""

    wish: StepWish
    sql: str
    tree: exp.Expr
    reads: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table it makes."""
        return self.wish.name


@dataclass(frozen=True)
class Plan:
    """Everything there is to do, in order."""

    wish: PipelineWish
    steps: tuple[Step, ...]
    sources: tuple[str, ...]
    """Tables of the input, by name."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Source to the name of its file; those written out are not in it."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The named outputs, else the steps no other step reads."""
        if self.wish.outputs:
            return self.wish.outputs
        read = {name for step in self.steps for name in step.reads}
        return tuple(step.name for step in self.steps if step.name not in read)

    def step(self, name: str) -> Step | None:
        """The step of this name."""
        return next((step for step in self.steps if step.name == name), None)


def plan_of(wish: PipelineWish, texts: Mapping[str, str], sources: Mapping[str, str | None]) -> Plan:
    """Read every step and put them in order.

    Args:
        wish: The pipeline as it was written.
        texts: The .sql files, by name.
        sources: Tables by name, with the file each is from.

    Raises:
        InputRejected: A step that cannot be read, an unknown table, a name twice, or a cycle.
    """
    wishes = wish.steps or tuple(_from_file(name) for name in sorted(texts))
    by_stem = {PurePosixPath(name).stem: text for name, text in texts.items()}
    steps = {one.name: _read(one, by_stem) for one in wishes}
    _refuse_names(wishes, sources)
    known = {name.casefold(): name for name in (*steps, *sources)}
    for step in list(steps.values()):
        for name in step.reads:
            if name.casefold() not in known:
                _refuse(step.name, f"an unknown table '{name}'", nearest(name, sorted(known.values())))
        reads = dict.fromkeys(known[name.casefold()] for name in step.reads)
        steps[step.name] = replace(step, reads=tuple(reads))
    for name in wish.outputs:
        if name not in steps:
            _refuse("outputs", f"'{name}'", nearest(name, sorted(steps)))
    files = {name: file for name, file in sources.items() if file is not None}
    return Plan(wish, tuple(_ordered(steps)), tuple(sorted(sources)), files)


def refuse_unreadable(wish: PipelineWish, texts: Mapping[str, str]) -> None:
    """Refuse steps without SQL that can be read and steps in a circle, before any table is read.

    Raises:
        InputRejected: Names the step.
    """
    by_stem = {PurePosixPath(name).stem: text for name, text in texts.items()}
    wishes = wish.steps or tuple(_from_file(name) for name in sorted(texts))
    _ordered({one.name: _read(one, by_stem) for one in wishes})


def _from_file(name: str) -> StepWish:
    stem = PurePosixPath(name).stem
    if not NAME.fullmatch(stem):
        raise InputRejected(
            "data",
            found=f"a step called '{stem}'",
            allowed="letters, digits and _ in the name of a .sql file",
            action="rename the file",
        )
    return StepWish(name=stem)


def _refuse_names(wishes: Sequence[StepWish], sources: Mapping[str, Any]) -> None:
    names = [one.name.casefold() for one in wishes]
    taken = {name.casefold() for name in sources}
    for one in wishes:
        if names.count(one.name.casefold()) > 1:
            _refuse(one.name, "the name of two steps", "each name once (upper and lower case count as equal)")
        if one.name.casefold() in taken:
            _refuse(one.name, "the name of a source too", "a name that no source has")


def _refuse(step: str, found: str, allowed: str, action: str = "") -> NoReturn:
    raise InputRejected("pipeline", found=f"step '{step}': {found}", allowed=allowed, action=action)


def _read(wish: StepWish, texts: Mapping[str, str]) -> Step:
    text = wish.sql.strip() or texts.get(wish.name, "").strip()
    if not text:
        _refuse(wish.name, "no SQL", "sql: SELECT …, or a file with the step's name", "write its SELECT")
    plain = rendered(text, keep_schema=False, macros=False)
    if plain.left:
        _refuse(
            wish.name,
            f"a template ({{{{ }}}}) in {plain.left}",
            "SQL; of dbt's templates ref() and source()",
            "write the SQL out",
        )
    sql = plain.sql.strip().removesuffix(";").strip()
    tree = _parsed(wish.name, sql)
    return Step(wish, sql, tree, _reads(wish.name, tree))


def _parsed(name: str, sql: str) -> exp.Expr:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    from studio_magics.tools.data.lineage.mapping import silent
    from studio_magics.tools.data.lineage.statements import TERMINAL

    try:
        with silent():
            trees = [tree for tree in sqlglot.parse(sql, dialect="duckdb") if tree is not None]
    except (ParseError, TokenError, RecursionError) as error:
        told = getattr(error, "errors", None)
        first = told[0] if told else {}
        where = f"line {first.get('line')}, column {first.get('col')}: " if told else ""
        reason = TERMINAL.sub("", str(first.get("description") or error)).splitlines()[0]
        _refuse(name, f"{where}{reason}"[:MAX_SHOWN], "one SELECT that DuckDB reads", "check the SQL")
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        kind = type(trees[0]).__name__.upper() if trees else "nothing"
        found = f"{len(trees)} statements" if len(trees) > 1 else kind
        _refuse(name, found, "one SELECT; the tool makes the table", "leave out CREATE or INSERT")
    return trees[0]


def _reads(step: str, tree: exp.Expr) -> tuple[str, ...]:
    from sqlglot import exp

    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    found: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            if isinstance(table.this, exp.GenerateSeries | exp.Unnest | exp.Explode):
                continue
            _refuse(step, f"{table.this.sql()[:60]} as a table", "tables of the input, by name")
        if "." in table.name or "/" in table.name:
            _refuse(step, f"'{table.name[:60]}', which reads a file", "tables of the input, by name")
        if table.name not in inner:
            found[table.name] = None
    return tuple(found)


def _ordered(steps: Mapping[str, Step]) -> list[Step]:
    graph = {name: [read for read in step.reads if read in steps] for name, step in steps.items()}
    try:
        return [steps[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        around: list[str] = error.args[1]
        way = " → ".join(reversed(around))
        raise InputRejected(
            "pipeline",
            found=f"a cycle: {way}",
            allowed="steps that read only what was made before",
            action="split one of these steps",
        ) from error
