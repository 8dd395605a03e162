"""Where a module can be changed, and how: one `Site` per mutant, found in the module's syntax tree."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Site:
    """One change: `new` instead of what stands in `field` of `holder` (at `index` where that is a list)."""

    module: str
    function: str
    """Qualified name of the function or method; empty at module level."""
    line: int
    holder: ast.AST
    field: str
    index: int | None
    new: Any
    statement: ast.stmt

    def apply(self) -> Any:
        """Change the tree and return what stood there."""
        if self.index is None:
            old = getattr(self.holder, self.field)
            setattr(self.holder, self.field, self.new)
            return old
        listed = getattr(self.holder, self.field)
        old, listed[self.index] = listed[self.index], self.new
        return old

    def undo(self, old: Any) -> None:
        """Put back what `apply` returned."""
        if self.index is None:
            setattr(self.holder, self.field, old)
        else:
            getattr(self.holder, self.field)[self.index] = old

    def described(self) -> str:
        """Before → after, in one line."""
        whole = self.holder if isinstance(self.holder, ast.expr) else self.statement
        if isinstance(self.holder, ast.Constant | ast.Name):
            whole = self.statement
        before = _headline(whole)
        old = self.apply()
        after = _headline(whole if not isinstance(self.new, ast.stmt) else self.new)
        self.undo(old)
        if isinstance(self.new, ast.stmt):
            before = _headline(old)
        return f"{before} → {after}"


def _headline(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split("\n")[0].split())


def sites(module: str, tree: ast.Module) -> list[Site]:
    """Every mutant of a module, top down."""
    return [site for statement in tree.body for site in _Walk(module).of_statement(statement, tree)]


class _Walk:
    """Goes through a tree and remembers in which function it is."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._names: list[str] = []
        self._function = ""
        self._statement: ast.stmt = ast.Pass()

    def of_statement(self, statement: ast.stmt, _holder: ast.AST) -> Iterator[Site]:
        if _says_nothing(statement):
            return
        before = self._statement
        self._statement = statement
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            yield from self._inside(statement)
        else:
            yield from self._of(statement)
        self._statement = before

    def _inside(self, named: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Site]:
        """The body; decorators and annotations stay as they are."""
        outermost = isinstance(named, FUNCTIONS) and not self._function
        self._names.append(named.name)
        if outermost:
            self._function = ".".join(self._names)
        if isinstance(named, FUNCTIONS):
            for default in (*named.args.defaults, *named.args.kw_defaults):
                yield from self._of(default) if default is not None else ()
        yield from self._of_body(named, "body")
        self._names.pop()
        if outermost:
            self._function = ""

    def _of_body(self, holder: ast.AST, field: str) -> Iterator[Site]:
        for index, statement in enumerate(getattr(holder, field)):
            if self._function and _removable(statement):
                self._statement = statement
                yield self._site(holder, field, index, _at(ast.Pass(), statement))
            yield from self.of_statement(statement, holder)

    def _of(self, node: ast.AST) -> Iterator[Site]:
        for holder, field, index, new in _changes(node):
            yield self._site(holder, field, index, new)
        for field, value in ast.iter_fields(node):
            if field in {"annotation", "returns", "decorator_list", "pattern"}:
                continue
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                yield from self._of_body(node, field)
            else:
                children = value if isinstance(value, list) else [value]
                for child in children:
                    if isinstance(child, ast.AST):
                        yield from self._of(child)

    def _site(self, holder: ast.AST, field: str, index: int | None, new: Any) -> Site:
        line = getattr(holder, "lineno", self._statement.lineno)
        return Site(self._module, self._function, line, holder, field, index, new, self._statement)


def _says_nothing(statement: ast.stmt) -> bool:
    """Imports, docstrings, what only type checkers read."""
    if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
        return True
    if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
        return True
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Import | ast.ImportFrom)


def _removable(statement: ast.stmt) -> bool:
    acts = ast.Call | ast.YieldFrom | ast.Yield
    called = isinstance(statement, ast.Expr) and isinstance(statement.value, acts)
    return called or isinstance(statement, ast.AugAssign | ast.Raise | ast.Continue | ast.Break)


Change = tuple[ast.AST, str, "int | None", Any]


def _changes(node: ast.AST) -> Iterator[Change]:
    """What can be changed at this very node."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                yield node, "ops", index, COMPARISONS[type(operator)]()
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield node, "op", None, ARITHMETIC[type(node.op)]()
        case ast.BoolOp():
            yield node, "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And()
            neutral = ast.Constant(isinstance(node.op, ast.And))
            for index, operand in enumerate(node.values):
                yield node, "values", index, _at(neutral, operand)
        case ast.If() | ast.IfExp() | ast.While():
            yield node, "test", None, _at(ast.UnaryOp(ast.Not(), node.test), node.test)
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield node, "value", None, _at(ast.Constant(None), value)
        case _:
            yield from _of_values(node)


def _of_values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.UnaryOp(op=ast.USub()):
            yield node, "op", None, ast.UAdd()
        case ast.UnaryOp(op=ast.Not()):
            yield node, "operand", None, _at(ast.UnaryOp(ast.Not(), node.operand), node.operand)
        case ast.Constant(value=bool() as value):
            yield node, "value", None, not value
        case ast.Constant(value=int() as value):
            yield from ((node, "value", None, other) for other in (value + 1, value - 1) if other >= 0)
        case _:
            yield from _of_calls(node)


def _of_calls(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in TWINS:
            yield node.func, "id", None, TWINS[name]
        case ast.Call(func=ast.Name(id="replace")):
            for index in range(len(node.keywords)):
                yield node, "keywords", None, node.keywords[:index] + node.keywords[index + 1 :]
        case ast.Lambda(body=ast.Tuple() as key):
            for index in range(len(key.elts)):
                yield key, "elts", index, _at(ast.Constant(0), key)
        case ast.comprehension():
            for index, test in enumerate(node.ifs):
                yield node, "ifs", index, _at(ast.Constant(value=True), test)
        case _:
            return


def _at(new: Any, old: ast.AST) -> Any:
    """A new node at the place of an old one."""
    return ast.fix_missing_locations(ast.copy_location(new, old))
