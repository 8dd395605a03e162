"""Follows the columns of one query down to the columns of the tables it reads.

Works on a qualified query: every column says which source it is of, and stars are written out where the
columns of the table are known. What cannot be placed is reported, never guessed.
"""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from studio_magics.tools.data.lineage.leaves import DIRECT, How, leaves
from studio_magics.tools.data.lineage.pivoting import made_by_pivot, pivot_called, pivot_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

CLAUSES: dict[str, How] = {
    "where": "FILTER",
    "having": "FILTER",
    "qualify": "FILTER",
    "group": "GROUP_BY",
    "order": "SORT",
}
STAR = "*"


class Field(NamedTuple):
    """One column of one dataset; the column '*' stands for columns nobody declared."""

    dataset: str
    column: str

    def __str__(self) -> str:
        """'orders.amount'."""
        return f"{self.dataset}.{self.column}"


class Use(NamedTuple):
    """A column, and what for."""

    field: Field
    how: How


@dataclass(frozen=True)
class Traced:
    """What one query takes from where."""

    outputs: tuple[tuple[str, frozenset[Use]], ...]
    """Name and origins of every column, in order."""
    shaping: frozenset[Use]
    """Columns that decide which rows there are and in which order."""
    reads: frozenset[str]
    unplaced: tuple[str, ...]
    """Columns of which nobody knows the table."""


def trace(query: exp.Expr, declared: Mapping[str, Mapping[str, str]]) -> Traced:
    """Follow every column of a qualified query."""
    from sqlglot.optimizer.scope import build_scope

    root = build_scope(query)
    if root is None:
        return Traced((), frozenset(), frozenset(), ())
    tracer = _Tracer(root, declared)
    names = tracer.names(root)
    outputs = tuple((name, tracer.column_at(root, place)) for place, name in enumerate(names))
    return Traced(outputs, tracer.shaping(), tracer.reads(), tuple(sorted(tracer.unplaced)))


class _Tracer:
    def __init__(self, root: Scope, declared: Mapping[str, Mapping[str, str]]) -> None:
        self._scopes = list(root.traverse())
        self._by_query = {id(scope.expression): scope for scope in self._scopes}
        self._declared = declared
        self._memory: dict[tuple[int, int], frozenset[Use]] = {}
        self._open: set[tuple[int, int]] = set()
        self._cuts = 0
        self._asked: set[int] = set()
        self.unplaced: set[str] = set()

    def names(self, scope: Scope) -> list[str]:
        from sqlglot import exp

        query = scope.expression
        return list(query.named_selects) if isinstance(query, exp.Query) else []

    def reads(self) -> frozenset[str]:
        from sqlglot import exp

        found = {
            source.name
            for scope in self._scopes
            for _, (_, source) in scope.selected_sources.items()
            if isinstance(source, exp.Table)
        }
        return frozenset(found - {""})

    def column_at(self, scope: Scope, place: int) -> frozenset[Use]:
        """Origins of the column at this place of the scope's result."""
        key = (id(scope), place)
        if key in self._memory:
            return self._memory[key]
        if key in self._open:  # a recursive query reads itself
            self._cuts += 1
            return frozenset()
        self._open.add(key)
        before = self._cuts
        found = self._column_at(scope, place)
        self._open.discard(key)
        if self._cuts == before or not self._open:
            self._memory[key] = found
        return found

    def _column_at(self, scope: Scope, place: int) -> frozenset[Use]:
        if scope.set_operation_scopes:
            return frozenset(
                use for part in scope.set_operation_scopes for use in self.column_at(part, place)
            )
        selects = getattr(scope.expression, "selects", [])
        if place >= len(selects):
            return frozenset()
        return frozenset(self._uses(scope, selects[place]))

    def _uses(self, scope: Scope, written: exp.Expr) -> set[Use]:
        """Origins of an expression in a scope."""
        from sqlglot import exp

        inner = written.unalias()
        if inner.find(exp.Columns):
            self.unplaced.add("COLUMNS(…)")
            return set()
        if inner.is_star:
            return {Use(field, "IDENTITY") for field in self._star(scope, inner)}
        plain = inner.unnest() if isinstance(inner, exp.Paren) else inner
        base: How = "IDENTITY" if isinstance(plain, exp.Column) else "TRANSFORMATION"
        found: set[Use] = set()
        for node, how in leaves(plain, base):
            if isinstance(node, exp.Column):
                found |= {_through(use, how) for use in self._resolve(scope, node)}
            else:
                found |= {_through(use, how) for use in self._nested(node)}
        return found

    def _nested(self, query: exp.Expr) -> set[Use]:
        scope = self._scope_of(query)
        if scope is None:
            return set()
        return {use for place in range(len(self.names(scope))) for use in self.column_at(scope, place)}

    def _scope_of(self, query: Any) -> Scope | None:
        """The scope of a nested query, None for everything else."""
        from sqlglot import exp

        if not isinstance(query, exp.Query):
            return None
        return self._by_query.get(id(query)) or self._by_query.get(id(query.unnest()))

    def _star(self, scope: Scope, star: exp.Expr) -> Iterator[Field]:
        from sqlglot import exp

        wanted = getattr(star, "table", "")
        for name, (_, source) in scope.selected_sources.items():
            if wanted not in {"", name}:
                continue
            if isinstance(source, exp.Table) and not source.name:
                self.unplaced.add(STAR)  # of a function: nobody knows its columns
            elif isinstance(source, exp.Table):
                yield Field(source.name, STAR)
            elif STAR in self.names(source):
                place = self.names(source).index(STAR)
                yield from (use.field for use in self.column_at(source, place))

    def _resolve(self, scope: Scope, column: exp.Column) -> frozenset[Use]:
        if not column.table:
            return self._of_only_unknown(scope, column)
        above: Scope | None = scope
        while above is not None:
            pivot = pivot_called(column.table, above)
            if pivot is not None:
                return self._of_pivot(above, pivot, column)
            source = above.sources.get(column.table)
            if source is not None:
                return self._of_source(above, source, column)
            above = above.parent
        return frozenset()

    def _of_source(self, scope: Scope, source: Scope | exp.Table, column: exp.Column) -> frozenset[Use]:
        from sqlglot import exp

        if isinstance(source, exp.Table):
            if not isinstance(source.this, exp.Identifier):
                return frozenset(_through(use, "TRANSFORMATION") for use in self._arguments(scope, source))
            return frozenset({Use(Field(source.name, column.name), "IDENTITY")} if source.name else ())
        nested = self._scope_of(source.expression.this) if source.is_udtf else source
        if nested is None:
            inner = [node for node in source.expression.find_all(exp.Column) if node.table]
            uses = {use for node in inner for use in self._resolve(source, node)}
            return frozenset(_through(use, "TRANSFORMATION") for use in uses)
        names = self.names(nested)
        if column.name in names:
            return self.column_at(nested, names.index(column.name))
        if STAR in names:
            fields = {use.field.dataset for use in self.column_at(nested, names.index(STAR))}
            if len(fields) == 1:
                return frozenset({Use(Field(fields.pop(), column.name), "IDENTITY")})
        self.unplaced.add(column.name)
        return frozenset()

    def _of_pivot(self, scope: Scope, pivot: exp.Expr, column: exp.Column) -> frozenset[Use]:
        """A column that PIVOT or UNPIVOT makes, or that it leaves as it was."""
        from sqlglot import exp

        source = scope.sources.get(pivot_source(pivot))
        made = made_by_pivot(pivot, column.name)
        if source is None or made is None:
            return self._of_source(scope, source, column) if source is not None else frozenset()
        return frozenset(
            _through(use, how)
            for written, base in made
            for node, how in leaves(written, base)
            if isinstance(node, exp.Column)
            for use in self._of_source(scope, source, node)
        )

    def _of_only_unknown(self, scope: Scope, column: exp.Column) -> frozenset[Use]:
        """A column without a table is of the one source whose columns nobody knows; else it has no place."""
        from sqlglot import exp

        above: Scope | None = scope
        while above is not None:
            sources = [source for _, source in above.selected_sources.values()]
            open_ended = [source for source in sources if self._is_open(source)]
            if len(open_ended) == 1:
                return self._of_source(above, open_ended[0], column)
            if open_ended:
                break
            above = above.parent
        if isinstance(column.this, exp.Identifier):
            self.unplaced.add(column.name)
        return frozenset()

    def _is_open(self, source: Scope | exp.Table) -> bool:
        from sqlglot import exp

        if isinstance(source, exp.Table):
            return not self._declared.get(source.name)
        return STAR in self.names(source)

    def shaping(self) -> frozenset[Use]:
        """Columns in WHERE, JOIN, GROUP BY, HAVING, QUALIFY and ORDER BY of all parts of the query."""
        return frozenset(use for scope in self._scopes for use in self._shaping_of(scope))

    def _shaping_of(self, scope: Scope) -> Iterator[Use]:
        from sqlglot import exp

        query = scope.expression
        if not isinstance(query, exp.Query):
            return
        clauses: list[tuple[How, Any]] = [(how, query.args.get(name)) for name, how in CLAUSES.items()]
        sources = list(_sources(query))
        conditions: list[tuple[How, Any]] = [
            ("JOIN", one.args.get("on")) for one in sources if isinstance(one, exp.Join)
        ]
        if _groups_by_all(query):
            how_grouped: How = "GROUP_BY"
            plain = (one for one in query.selects if not one.find(exp.AggFunc))
            clauses.extend((how_grouped, one.unalias()) for one in plain)
        for how, clause in clauses + conditions:
            for node, _ in leaves(clause, "TRANSFORMATION") if clause is not None else ():
                yield from (Use(use.field, how) for use in self._shapes(scope, node, how))
        for source in sources:
            yield from (Use(use.field, "JOIN") for use in self._arguments(scope, source))

    def _arguments(self, scope: Scope, source: exp.Expr) -> Iterator[Use]:
        """Columns that a function in FROM is given: `FROM a, f(a.x) AS b`."""
        from sqlglot import exp

        if isinstance(source, exp.Unnest):
            given: list[exp.Expr] = list(source.expressions)
        else:
            given = [source.this] if isinstance(source, exp.Table | exp.Lateral) else []
        if id(source) in self._asked:  # a name that only this function could have is one of its options
            return
        self._asked.add(id(source))
        for written in given:
            for node, _ in leaves(written, "TRANSFORMATION"):
                if isinstance(node, exp.Column) and not _names_an_option(node):
                    yield from self._resolve(scope, node)
        self._asked.discard(id(source))

    def _shapes(self, scope: Scope, node: exp.Expr, how: How) -> Iterable[Use]:
        from sqlglot import exp

        if not isinstance(node, exp.Column):
            return self._nested(node)
        names = self.names(scope)
        if not node.table and node.name in names and how in {"SORT", "GROUP_BY", "FILTER"}:
            return self.column_at(scope, names.index(node.name))  # the name of a result, not of a column
        return self._resolve(scope, node)


def _names_an_option(column: exp.Column) -> bool:
    """`header` in `read_csv('f.csv', header = true)`."""
    from sqlglot import exp

    parent = column.parent
    if not isinstance(parent, exp.EQ | exp.PropertyEQ | exp.Kwarg) or parent.this is not column:
        return False
    return isinstance(parent.parent, exp.Func)


def _groups_by_all(query: exp.Expr) -> bool:
    """GROUP BY ALL: by every column of the result that is no aggregate."""
    group = query.args.get("group")
    return group is not None and bool(group.args.get("all"))


def _sources(query: exp.Expr) -> Iterator[exp.Expr]:
    """Everything in FROM and its joins, those in parentheses too; not what is inside nested queries."""
    named = (query.args.get(name) or [] for name in ("joins", "laterals"))
    for part in [query.args.get("from_"), *(one for several in named for one in several)]:
        if part is not None:
            yield from part.walk(prune=_is_whole_query)


def _is_whole_query(node: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Select | exp.SetOperation)


def _through(use: Use, how: How) -> Use:
    """A column that was used one way inside and is used another way outside."""
    if how not in DIRECT:
        return Use(use.field, how)
    if use.how not in DIRECT:
        return use
    return Use(use.field, how if DIRECT.index(how) > DIRECT.index(use.how) else use.how)
