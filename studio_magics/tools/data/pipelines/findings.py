"""What is wrong, fragile or wasted in a pipeline: ranked, each with what to do."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.lineage.model import Lineage
    from studio_magics.tools.data.pipelines.plan import Plan, Step
    from studio_magics.tools.data.pipelines.running import Ran

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
SHOWN = 12
NOTICED_LOSS = 0.01
NOT_REPEATABLE = frozenset(
    {"CURRENTDATE", "CURRENTTIMESTAMP", "CURRENTTIME", "RAND", "UUID", "CURRENTDATETIME", "LOCALTIMESTAMP"}
)
NOT_REPEATABLE_NAMES = frozenset({"NOW", "RANDOM", "TODAY", "GEN_RANDOM_UUID", "UUID", "GET_CURRENT_TIME"})


@dataclass(frozen=True)
class Seen:
    """All there is to judge."""

    plan: Plan
    ran: Ran
    lineage: Lineage
    is_sampled: bool = False


def all_findings(seen: Seen) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found: list[Finding] = [*_failures(seen), *_tests(seen), *_unused(seen)]
    for step in seen.plan.steps:
        if step.name in seen.ran.rows:
            found += [*_rows(step, seen), *_empty(step, seen)]
        found += [*_joins(step), *_words(step, seen.plan)]
    found += [*_untested(seen), *_idle_columns(seen)]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _failures(seen: Seen) -> Iterator[Finding]:
    for name, reason in seen.ran.failed.items():
        waiting = [step for step, needed in seen.ran.skipped.items() if needed == name]
        yield Finding(
            code="step-fails",
            severity="critical",
            title=f"Step '{name}' breaks on these rows",
            where=name,
            detail=reason + (f" Not run because of it: {_listed(waiting)}." if waiting else ""),
            action="Use try_cast, or clean the values in a step before.",
            count=1 + len(waiting),
        )


def _tests(seen: Seen) -> Iterator[Finding]:
    for one in seen.ran.checks:
        if one.broken is None:
            yield Finding(
                code="test-unusable",
                severity="high",
                title=f"A test of '{one.check.step}' cannot be run: {one.check.title}",
                where=one.check.step,
                detail=one.fault,
                action="Correct the column or the condition.",
            )
        elif one.broken:
            yield Finding(
                code="test-fails",
                severity="high",
                title=f"'{one.check.step}' breaks its test: {one.check.title}",
                where=one.check.step,
                detail=f"{counted(one.broken, 'row')} of {seen.ran.rows[one.check.step]:,}. Count them with: "
                f"{one.check.sql}",
                action="Correct the step, or the rule if it is too strict.",
                count=one.broken,
            )


def _unused(seen: Seen) -> Iterator[Finding]:
    plan = seen.plan
    read = {name for step in plan.steps for name in step.reads}
    for step in plan.steps:
        if step.name not in read and step.name not in plan.outputs:
            yield Finding(
                code="step-unused",
                severity="medium",
                title=f"Nobody reads step '{step.name}'",
                where=step.name,
                detail="It is no output and no other step needs it.",
                action="Add it to outputs, or drop it.",
            )
    idle = [name for name in plan.sources if name not in read]
    if idle:
        yield Finding(
            code="source-unused",
            severity="low",
            title=f"{counted(len(idle), 'source')} not read by any step",
            where=idle[0],
            detail=f"{_listed(idle)}.",
            action="Leave it out of the input.",
            count=len(idle),
        )


def _rows(step: Step, seen: Seen) -> Iterator[Finding]:
    """Joins that multiply rows, joins that lose them, and steps that come out empty."""
    from sqlglot import exp

    rows = seen.ran.rows[step.name]
    inputs = {name: seen.ran.rows[name] for name in step.reads if name in seen.ran.rows}
    most = max(inputs.values(), default=0)
    if not rows and most:
        yield Finding(
            code="step-empty",
            severity="high",
            title=f"Step '{step.name}' has no rows",
            where=step.name,
            detail=f"It reads {_counted(inputs)}.",
            action="Check its conditions and the keys of its joins.",
        )
        return
    tree = step.tree
    if not isinstance(tree, exp.Select) or not tree.args.get("joins") or not most:
        return
    if rows > most:
        yield Finding(
            code="rows-multiplied",
            severity="high",
            title=f"Step '{step.name}' has more rows than any table it joins",
            where=step.name,
            detail=f"{rows:,} rows from {_counted(inputs)}: a key repeats on both sides, and sums after it "
            "count twice.",
            action="Join on a key that is unique on one side, or aggregate one side first.",
            count=rows - most,
        )
    shrinks = any(
        tree.args.get(name) is not None for name in ("where", "group", "limit", "distinct", "qualify")
    )
    first = _first_table(tree)
    lost = inputs.get(first, 0) - rows
    if not shrinks and lost > NOTICED_LOSS * inputs.get(first, 0) and _inner(tree):
        yield Finding(
            code="rows-lost",
            severity="medium",
            title=f"The join in '{step.name}' loses {lost / inputs[first]:.0%} of '{first}'",
            where=step.name,
            detail=f"{lost:,} of {inputs[first]:,} rows have no partner."
            + (" Tables were cut to a sample, which can be the reason." if seen.is_sampled else ""),
            action="Use LEFT JOIN if they should stay, and test the reference.",
            count=lost,
        )


def _counted(inputs: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in inputs.items())


def _first_table(tree: Any) -> str:
    source = tree.args.get("from_")
    return str(source.this.name) if source is not None else ""


def _inner(tree: Any) -> bool:
    return all(not join.side and str(join.kind).upper() in {"", "INNER"} for join in tree.args["joins"])


def _empty(step: Step, seen: Seen) -> Iterator[Finding]:
    columns = seen.ran.empty_columns.get(step.name, [])
    before = {column for name in step.reads for column in seen.ran.empty_columns.get(name, [])}
    new = [column for column in columns if column not in before]
    if new:
        yield Finding(
            code="column-empty",
            severity="medium",
            title=f"{counted(len(new), 'column')} of '{step.name}' without any value",
            where=step.name,
            detail=f"{_listed(new)}: a join found no partner, or a conversion gave NULL.",
            action="Check the join or the conversion.",
            count=len(new),
        )


def _joins(step: Step) -> Iterator[Finding]:
    from sqlglot import exp

    for select in step.tree.find_all(exp.Select):
        outer: set[str] = set()
        for join in select.args.get("joins") or []:
            side = str(join.side).upper()
            table = join.this.alias_or_name
            if side == "LEFT":
                outer.add(table)
            conditioned = join.args.get("on") is not None or join.args.get("using")
            plain = isinstance(join.this, exp.Table) and isinstance(join.this.this, exp.Identifier)
            asked = (
                str(join.kind).upper() == "CROSS" or str(join.args.get("method") or "").upper() == "NATURAL"
            )
            if plain and not conditioned and not asked and not _tied(select, table):
                yield Finding(
                    code="join-without-condition",
                    severity="medium",
                    title=f"Step '{step.name}' joins '{table}' without a condition",
                    where=step.name,
                    detail="Every row meets every row.",
                    action="Add ON or USING; write CROSS JOIN if it is meant.",
                )
        yield from _undone(step, select, outer)


def _tied(select: Any, table: str) -> bool:
    """Whether WHERE compares a column of this table with one of another."""
    from sqlglot import exp

    where = select.args.get("where")
    if where is None:
        return False
    return any(
        table in {column.table for column in equal.find_all(exp.Column)}
        and len({column.table for column in equal.find_all(exp.Column)}) > 1
        for equal in where.find_all(exp.EQ)
    )


def _undone(step: Step, select: Any, outer: set[str]) -> Iterator[Finding]:
    from sqlglot import exp

    where = select.args.get("where")
    for test in where.find_all(exp.Predicate) if where is not None else ():
        named = {column.table for column in test.find_all(exp.Column)} & outer
        if isinstance(test, exp.Is) or not named or test.find_ancestor(exp.Or, exp.Not, exp.Coalesce):
            continue
        yield Finding(
            code="outer-join-undone",
            severity="medium",
            title=f"The filter in '{step.name}' undoes its LEFT JOIN",
            where=step.name,
            detail=f"WHERE {test.sql(dialect='duckdb')[:120]} drops the rows without a partner in "
            f"'{min(named)}'.",
            action="Move the condition into ON, or write JOIN.",
        )
        return


def _words(step: Step, plan: Plan) -> Iterator[Finding]:
    from sqlglot import exp

    changing = sorted(
        {
            type(node).__name__.upper() if not isinstance(node, exp.Anonymous) else node.name.upper()
            for node in step.tree.find_all(exp.Func)
            if type(node).__name__.upper() in NOT_REPEATABLE
            or (isinstance(node, exp.Anonymous) and node.name.upper() in NOT_REPEATABLE_NAMES)
        }
    )
    if changing:
        yield Finding(
            code="not-repeatable",
            severity="medium",
            title=f"Step '{step.name}' gives another result when it is run again",
            where=step.name,
            detail=f"It uses {_listed(changing)}.",
            action="Take the time from a source or a parameter.",
        )
    last = getattr(step.tree, "args", {})
    if last.get("order") is not None and last.get("limit") is None and step.name not in plan.outputs:
        yield Finding(
            code="order-without-use",
            severity="low",
            title=f"Step '{step.name}' sorts rows for nobody",
            where=step.name,
            detail="A table has no order; the steps that read it need not keep it.",
            action="Sort in the last step.",
        )
    if any(one.is_star for one in getattr(step.tree, "selects", ())):
        yield Finding(
            code="star-in-step",
            severity="low",
            title=f"Step '{step.name}' takes all columns (*)",
            where=step.name,
            detail="A new column upstream changes its result.",
            action="Name the columns.",
        )


def _untested(seen: Seen) -> Iterator[Finding]:
    tested = {one.check.step for one in seen.ran.checks}
    bare = [name for name in seen.plan.outputs if name not in tested and name in seen.ran.rows]
    if bare:
        yield Finding(
            code="output-untested",
            severity="low",
            title=f"{counted(len(bare), 'output')} without a test",
            where=bare[0],
            detail=f"{_listed(bare)}.",
            action="Begin with tests: {not_null: […], unique: […]}.",
            count=len(bare),
        )


def _idle_columns(seen: Seen) -> Iterator[Finding]:
    used = {tuple(part.casefold() for part in edge.source) for edge in seen.lineage.edges()}
    read = {name for step in seen.plan.steps for name in step.reads}
    for step in seen.plan.steps:
        if step.name not in read or step.name in seen.plan.outputs:
            continue
        columns = seen.ran.columns.get(step.name, {})
        idle = [column for column in columns if (step.name.casefold(), column.casefold()) not in used]
        if idle and len(idle) < len(columns):
            yield Finding(
                code="columns-unused",
                severity="info",
                title=f"{counted(len(idle), 'column')} of '{step.name}' not read by any step",
                where=step.name,
                detail=f"{_listed(idle)}.",
                action="Leave them out if nobody else reads the table.",
                count=len(idle),
            )
