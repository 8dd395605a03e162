"""Rules of the product's Python: docstrings, boundaries, money, light imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy import tracked

MONEY = ("server/studio_server/ledger", "server/studio_server/pricing")
SERVER = "server/studio_server"
BOUNDARIES = {
    f"{SERVER}/app.py __call__": "the outermost middleware answers with a problem",
    f"{SERVER}/app.py guarded": "an endpoint's failure becomes a problem answer",
    f"{SERVER}/audit/recorder.py run": "the background task; what waits is written in its next round",
    f"{SERVER}/embedded.py body": "the thread of the server hands its failure to the one that waits",
    f"{SERVER}/jupyter/bridge.py forward": "the app fails, Jupyter lives on and answers 500",
    f"{SERVER}/runs/executor/cluster/dispatch.py _carry": "every run on a cluster gets an outcome",
    f"{SERVER}/runs/executor/cluster/dispatch.py _watch": "Dask may raise; the next look tries again",
    f"{SERVER}/runs/executor/cluster/dispatch.py _meet": "a worker without Studio raises what it likes",
    f"{SERVER}/runs/executor/cluster/executor.py tell": "a listener may fail; the run goes on",
    f"{SERVER}/runs/executor/fork_server.py watch_one_run": "a meter that fails reports nothing: lost",
    f"{SERVER}/runs/executor/offspring.py _guarded": "a forked child must end, never go on as its parent",
    f"{SERVER}/runs/executor/local.py _supervise": "a supervising thread gives every job an outcome",
    f"{SERVER}/runs/executor/running.py _tell": "a listener's mistake does not end the run",
    f"{SERVER}/runs/executor/worker.py run": "a tool may raise anything; the worker answers",
    f"{SERVER}/runs/executor/worker.py work": "a tool's module may raise anything; the worker answers",
    "studio_magics/tools/dev/performance/child_profile.py _script": "a profiled script may raise anything",
    f"{SERVER}/runs/scheduler.py _take": "the task of one run; its hold is released by the sweeper",
    f"{SERVER}/runs/scheduler.py _give_up": "its last resort, when not even its end could be written",
    f"{SERVER}/runs/sweeper.py run": "the background task; its next round tries again",
    f"{SERVER}/runs/following.py run": "the background task; its next look tries again",
    f"{SERVER}/toolcheck/forecasts.py checks": "a forecast may raise anything; the report says so",
    f"{SERVER}/toolcheck/refusals.py _refusal": "what an input model raises is what is looked for",
    f"{SERVER}/storage/writer.py _attempt_set": "a set that fails is undone, and each of it done alone",
    f"{SERVER}/storage/writer.py _attempt": "the failure is handed to the caller who asked for the write",
}
"""Outermost places that may catch everything, because they log and answer; function to reason."""
NOT_FOR_TOOLS = {"IPython", "ipywidgets", "httpx", "starlette", "stripe", "anywidget"}
HEAVY = {"duckdb", "pyarrow", "pandas", "numpy", "polars", "sqlalchemy", "matplotlib", "scipy", "statsmodels"}


def public_without_docstring(tree: ast.Module) -> Iterator[str]:
    """Public classes and functions that say nothing about themselves."""
    for node in tree.body:
        public = isinstance(node, ast.ClassDef | tracked.Function) and not node.name.startswith("_")
        if public and not ast.get_docstring(node):
            yield f"{node.lineno} {node.name}"


def broad_handlers(tree: ast.Module) -> Iterator[str]:
    """Functions with `except:`, `except Exception` or `except BaseException` that does not raise again."""
    for function in tracked.functions(tree):
        handlers = [node for node in tracked.own_nodes(function) if isinstance(node, ast.ExceptHandler)]
        if any(_is_broad(handler.type) and not _raises_again(handler) for handler in handlers):
            yield function.name


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_is_broad, caught.elts))
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise)


def inexact(tree: ast.Module) -> Iterator[int]:
    """Lines that hold a float: a literal, or the type itself."""
    for node in ast.walk(tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        if literal or (isinstance(node, ast.Name) and node.id == "float"):
            yield node.lineno


def imported_at_once(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import that runs when the module is imported."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, tracked.Function | ast.Lambda) or _only_for_types(node):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.partition(".")[0]) for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]
        pending.extend(ast.iter_child_nodes(node))


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def test_every_public_name_of_the_product_has_a_docstring() -> None:
    found = [
        f"{name}:{place}"
        for name, tree in tracked.python(*tracked.PRODUCT)
        for place in public_without_docstring(tree)
    ]
    assert not found, "\n".join(found)


def catching_everything() -> set[str]:
    sources = tracked.python(*tracked.PRODUCT)
    return {f"{name} {function}" for name, tree in sources for function in broad_handlers(tree)}


def test_everything_is_caught_only_at_the_listed_outermost_boundaries() -> None:
    found = sorted(catching_everything() - BOUNDARIES.keys())
    assert not found, "\n".join(found)


def test_every_listed_boundary_still_catches_everything() -> None:
    assert not BOUNDARIES.keys() - catching_everything()


def test_the_product_never_relies_on_assert() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in tracked.python(*tracked.PRODUCT)
        if not name.startswith("studio_magics/testing/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert not found, "\n".join(found)


def test_ledger_and_pricing_hold_no_float() -> None:
    found = [f"{name}:{line}" for name, tree in tracked.python(*MONEY) for line in inexact(tree)]
    assert not found, "\n".join(found)


def test_contracts_and_tools_import_nothing_heavy_when_they_are_imported() -> None:
    unwanted = NOT_FOR_TOOLS | HEAVY
    found = [
        f"{name}:{line} {package}"
        for name, tree in tracked.python("studio_magics/contracts", "studio_magics/tools")
        for line, package in imported_at_once(tree)
        if package in unwanted
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["ledger", "payments", "pricing", "runs", "jupyter", "storage"])
def test_each_folder_of_the_server_explains_itself(folder: str) -> None:
    assert_explained(tracked.ROOT / "server" / "studio_server" / folder)


def test_the_folder_of_the_tools_explains_itself() -> None:
    assert_explained(tracked.ROOT / "studio_magics" / "tools")


def assert_explained(folder: Path) -> None:
    readme = folder / "README.md"
    assert readme.is_file(), f"{tracked.named(folder)} has no README.md"
    assert len(readme.read_text().split()) >= 60, f"{tracked.named(readme)} explains too little"


@pytest.mark.parametrize("caught", ["except:", "except (OSError, Exception):", "except BaseException as e:"])
def test_a_handler_that_swallows_everything_is_found(caught: str) -> None:
    source = f"def g():\n    try: f()\n    {caught} log()\n"
    assert list(broad_handlers(ast.parse(source))) == ["g"]


def test_a_handler_that_cleans_up_and_raises_is_no_boundary() -> None:
    source = "def g():\n    try: f()\n    except BaseException:\n        undo()\n        raise\n"
    assert not list(broad_handlers(ast.parse(source)))


@pytest.mark.parametrize("source", ["x = 0.5", "x = 1e3", "x: float", "x = float(y)"])
def test_a_float_in_money_code_is_found(source: str) -> None:
    assert list(inexact(ast.parse(source))) == [1]


def test_an_import_inside_a_function_or_for_types_does_not_count_as_immediate() -> None:
    source = "import os\nif TYPE_CHECKING:\n    import duckdb\ndef f():\n    import pandas\n"
    assert [package for _, package in imported_at_once(ast.parse(source))] == ["os"]


def test_a_public_function_without_docstring_is_found() -> None:
    source = 'class A:\n    """Is."""\ndef b(): ...\ndef _c(): ...\nclass D: ...\n'
    assert list(public_without_docstring(ast.parse(source))) == ["3 b", "5 D"]
