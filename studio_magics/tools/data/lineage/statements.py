"""Splits texts into statements, parses each alone, and says what it does: declare columns or write."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from studio_magics.tools.data.lineage.naming import folded_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlglot import exp

    from studio_magics.tools.data.lineage.texts import SqlText

Kind = Literal["table", "view", "model", "query", "insert", "update", "merge"]
TERMINAL = re.compile(r"\x1b\[[0-9;]*m")
MAX_SHOWN = 160
SHOWN_START = 30
BODIES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION"})
CONSTRAINTS = frozenset(
    {"CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "EXCLUDE", "LIKE", "KEY", "INDEX"}
)


@dataclass(frozen=True)
class Place:
    """Where a statement stands."""

    text: SqlText
    line: int

    def __str__(self) -> str:
        """'models/orders.sql, line 3'."""
        return f"{self.text.place}, line {self.line}"


@dataclass(frozen=True)
class Fault:
    """A statement that does not parse, or cannot be worked on."""

    place: Place
    message: str


@dataclass(frozen=True)
class Written:
    """A statement that fills a dataset, reduced to the query whose columns it writes."""

    place: Place
    target: str
    kind: Kind
    query: exp.Expr
    columns: tuple[str, ...]
    """The target's columns where the statement lists them, else empty."""
    sql: str

    @property
    def has_star(self) -> bool:
        """Whether its result has all columns of something, whatever they are."""
        return any(one.is_star for one in getattr(self.query, "selects", ()))


@dataclass
class Read:
    """What all statements come to."""

    written: list[Written] = field(default_factory=list[Written])
    declared: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    faults: list[Fault] = field(default_factory=list[Fault])
    ignored: dict[str, int] = field(default_factory=dict[str, int])
    """Kinds of statements that carry no columns, and how many there are."""


class Reader:
    """Reads one text after the other in one dialect."""

    def __init__(self, dialect: str) -> None:
        from sqlglot import Dialect

        self._name = dialect
        self._dialect = Dialect.get_or_raise(dialect)
        self.found = Read()

    def read(self, text: SqlText) -> None:
        """Add the statements of one text; what does not parse becomes a fault."""
        pieces = list(self._pieces(text))
        for number, (line, tree, sql) in enumerate(pieces):
            own = text.target if len(pieces) == 1 else f"{text.target}#{number + 1}"
            self._classify(Place(text, line), tree, sql, own, is_model=text.is_model and len(pieces) == 1)

    def _pieces(self, text: SqlText) -> Iterator[tuple[int, exp.Expr, str]]:
        from sqlglot import exp
        from sqlglot.errors import ParseError, TokenError
        from sqlglot.tokenizer_core import TokenType

        try:
            tokens = self._dialect.tokenize(text.sql)
        except TokenError as error:
            message = TERMINAL.sub("", str(error)).splitlines()[0]
            self.found.faults.append(Fault(Place(text, text.first_line), message[:MAX_SHOWN]))
            return
        for part in _chunks(tokens, TokenType.SEMICOLON):
            line = part[0].line + text.first_line - 1
            try:
                parsed = self._dialect.parser().parse(_without_view_options(part), sql=text.sql)
            except (ParseError, RecursionError) as error:
                if not self._declares_by_hand(part):
                    self.found.faults.append(_fault(text, line, error))
                continue
            if not parsed or parsed[0] is None:
                continue
            if not (isinstance(parsed[0], exp.Command) and self._declares_by_hand(part)):
                yield line, parsed[0], text.sql[part[0].start : part[-1].end + 1]

    def _classify(self, place: Place, tree: exp.Expr, sql: str, own: str, *, is_model: bool) -> None:
        from sqlglot import exp
        from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

        if isinstance(tree, exp.Condition | exp.Alias | exp.Tuple) and not isinstance(tree, exp.Query):
            self.found.faults.append(Fault(place, f"no statement begins with '{sql[:SHOWN_START].strip()}'"))
            return
        try:
            tree = normalize_identifiers(tree, dialect=self._name)
            made = _written(tree)
        except (ValueError, RecursionError) as error:
            self.found.faults.append(Fault(place, str(error).splitlines()[0][:MAX_SHOWN]))
            return
        if isinstance(tree, exp.Command) or (made is None and not self._declares(tree)):
            kind = str(tree.this) if isinstance(tree, exp.Command) else type(tree).__name__
            self.found.ignored[kind.upper()] = self.found.ignored.get(kind.upper(), 0) + 1
            return
        if made is not None:
            target, kind, query, columns = made
            if kind == "query":
                target, kind = folded_dataset(own, self._name), "model" if is_model else "query"
            self.found.written.append(Written(place, target, kind, query, columns, sql))

    def _declares(self, tree: exp.Expr) -> bool:
        """Note the columns of CREATE TABLE and ALTER TABLE … ADD."""
        from sqlglot import exp

        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            columns = [one for one in tree.this.expressions if isinstance(one, exp.ColumnDef)]
            table = tree.this.this
        elif isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
            columns = [one for one in tree.args.get("actions") or [] if isinstance(one, exp.ColumnDef)]
            table = tree.this
        else:
            return False
        if not columns or not isinstance(table, exp.Table):
            return False
        known = self.found.declared.setdefault(dataset_of(table), {})
        for column in columns:
            kind = column.args.get("kind")
            known[column.name] = kind.sql(dialect=self._name) if kind is not None else ""
        return True

    def _declares_by_hand(self, tokens: list[Any]) -> bool:
        """Note the columns of a CREATE TABLE that holds clauses the parser does not know."""
        from sqlglot import exp
        from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

        name, columns = table_by_hand([token.text for token in tokens])
        if not columns:
            return False
        table = normalize_identifiers(exp.to_table(name), dialect=self._name)
        known = self.found.declared.setdefault(dataset_of(table), {})
        for column, kind in columns:
            known[normalize_identifiers(exp.to_identifier(column), dialect=self._name).name] = kind
        return True


def _without_view_options(part: list[Any]) -> list[Any]:
    """The statement without `WITH (security_barrier)` and its like, which say nothing about columns."""
    words = [token.text.upper() for token in part]
    if words[:1] != ["CREATE"] or "VIEW" not in words or "AS" not in words:
        return part
    start, end = words.index("VIEW"), words.index("AS")
    for place in range(start, end - 1):
        if words[place] == "WITH" and words[place + 1] == "(" and words[end - 1] == ")":
            return [*part[:place], *part[end:]]
    return part


def _chunks(tokens: Sequence[Any], semicolon: Any) -> Iterator[list[Any]]:
    """Tokens of one statement after the other; the body of a trigger or procedure stays whole."""
    chunk: list[Any] = []
    for token in tokens:
        if token.token_type != semicolon:
            chunk.append(token)
        elif not _is_open_body(chunk):
            if chunk:
                yield chunk
            chunk = []
    if chunk:
        yield chunk


def _is_open_body(chunk: list[Any]) -> bool:
    words = [token.text.upper() for token in chunk]
    if words[:1] != ["CREATE"] or not BODIES & set(words[1:5]):
        return False
    return words.count("BEGIN") + words.count("CASE") > words.count("END")


def table_by_hand(words: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """Name and columns (with the first word of their type) of the words of a CREATE TABLE."""
    upper = [word.upper() for word in words]
    if upper[:1] != ["CREATE"] or "TABLE" not in upper[1:4] or "(" not in words:
        return "", []
    opens = words.index("(")
    name = "".join(words[upper.index("TABLE") + 1 : opens])
    name = re.sub(r"^IFNOTEXISTS", "", name, flags=re.IGNORECASE)
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words[opens:]:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            break
        if word == "," and depth == 1:
            parts.append([])
        else:
            parts[-1].append(word)
    parts[0] = parts[0][1:]
    columns = [(one[0], one[1].upper() if len(one) > 1 else "") for one in parts if one]
    return name, [one for one in columns if one[0].upper() not in CONSTRAINTS]


def _fault(text: SqlText, line: int, error: Exception) -> Fault:
    told: list[dict[str, Any]] = getattr(error, "errors", [])
    if not told:
        return Fault(Place(text, line), "nested too deeply")
    first = told[0]
    near = f" near '{first.get('highlight')}'" if first.get("highlight") else ""
    message = f"{str(first.get('description')).rstrip('.')}{near}, column {first.get('col')}"
    at = int(first.get("line") or 1) + text.first_line - 1
    return Fault(Place(text, at), TERMINAL.sub("", message)[:MAX_SHOWN])


def dataset_of(table: exp.Table) -> str:
    """The dotted name of a table."""
    from sqlglot import exp

    parts = [part.name for part in table.parts if isinstance(part, exp.Identifier)]
    return ".".join(parts) if parts else table.this.sql()[:MAX_SHOWN]


def _written(tree: exp.Expr) -> tuple[str, Kind, exp.Expr, tuple[str, ...]] | None:
    """Target, kind, query and listed columns of a statement that fills something; None for all others."""
    from sqlglot import exp

    if isinstance(tree, exp.Create | exp.Insert) and isinstance(tree.expression, exp.Query):
        return _filled(tree)
    if isinstance(tree, exp.Update) and isinstance(tree.this, exp.Table):
        return dataset_of(tree.this), "update", *_of_update(tree)
    if isinstance(tree, exp.Merge) and isinstance(tree.this, exp.Table):
        return dataset_of(tree.this), "merge", *_of_merge(tree)
    if not isinstance(tree, exp.Query):
        return None
    into = tree.args.get("into")
    if into is not None:
        tree.set("into", None)
        return dataset_of(into.this), "table", tree, ()
    return "", "query", tree, ()


def _filled(tree: exp.Create | exp.Insert) -> tuple[str, Kind, exp.Expr, tuple[str, ...]] | None:
    from sqlglot import exp

    named, columns = tree.this, ()
    if isinstance(named, exp.Schema):
        columns = tuple(
            one.name for one in named.expressions if isinstance(one, exp.Identifier | exp.ColumnDef)
        )
        named = named.this
    if not isinstance(named, exp.Table):
        return None
    query = tree.expression.unnest()
    above = tree.args.get("with_")
    if above is not None:
        query = query.copy()
        below = query.args.get("with_")
        names = [*above.expressions, *(below.expressions if below is not None else [])]
        query.set("with_", exp.With(expressions=names, recursive=above.args.get("recursive")))
    kind: Kind = "insert"
    if isinstance(tree, exp.Create):
        kind = "view" if str(tree.args.get("kind")).upper() == "VIEW" else "table"
    return dataset_of(named), kind, query, columns


def _of_update(tree: exp.Update) -> tuple[exp.Expr, tuple[str, ...]]:
    """UPDATE t SET a = e FROM s WHERE w, as SELECT e AS a FROM t, s WHERE w."""
    from sqlglot import exp

    sets = [one for one in tree.expressions if isinstance(one, exp.EQ)]
    query = exp.select(*(exp.alias_(one.expression.copy(), _column(one), quoted=True) for one in sets))
    query = query.from_(tree.this.copy())
    source = tree.args.get("from_")
    if source is not None:
        query = query.join(source.this.copy(), join_type="cross")
        for join in source.this.args.get("joins") or []:
            query.append("joins", join.copy())
    if tree.args.get("where") is not None:
        query = query.where(tree.args["where"].this.copy())
    if tree.args.get("with_") is not None:
        query.set("with_", tree.args["with_"].copy())
    return query, tuple(_column(one) for one in sets)


def _of_merge(tree: exp.Merge) -> tuple[exp.Expr, tuple[str, ...]]:
    """Every branch of a MERGE as one SELECT over target and source, joined on its condition."""
    from sqlglot import exp

    pairs: list[tuple[str, exp.Expr]] = []
    whens = tree.args.get("whens")
    thens = [when.args.get("then") for when in whens.expressions] if whens is not None else []
    if any(_takes_all(then) for then in thens):
        source = tree.args["using"].alias_or_name
        query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(source, quoted=True)))
        query = query.from_(tree.args["using"].copy())
        return query.join(tree.this.copy(), on=tree.args["on"].copy()), ()
    for then in thens:
        if isinstance(then, exp.Update):
            pairs += [(_column(one), one.expression) for one in then.expressions if isinstance(one, exp.EQ)]
        elif isinstance(then, exp.Insert) and isinstance(then.this, exp.Tuple):
            values = then.expression.expressions if then.expression is not None else []
            pairs += [(one.name, value) for one, value in zip(then.this.expressions, values, strict=False)]
    query = exp.select(*(exp.alias_(value.copy(), name, quoted=True) for name, value in pairs))
    query = query.from_(tree.this.copy())
    query = query.join(tree.args["using"].copy(), on=tree.args["on"].copy())
    if tree.args.get("with_") is not None:
        query.set("with_", tree.args["with_"].copy())
    return query, tuple(name for name, _ in pairs)


def _takes_all(then: Any) -> bool:
    """UPDATE SET * and INSERT * of Databricks: every column of the source goes into the one of its name."""
    from sqlglot import exp

    if isinstance(then, exp.Update):
        return any(isinstance(one, exp.Star) for one in then.expressions)
    return isinstance(then, exp.Insert) and isinstance(then.this, exp.Star)


def _column(assignment: exp.EQ) -> str:
    return str(assignment.this.name)
