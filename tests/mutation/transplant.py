"""Put a changed module into a process that has the original loaded: every reference then sees the change."""

from __future__ import annotations

import importlib
import sys
from enum import Enum
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

PLAIN = (FunctionType, type, ModuleType)


def transplant(name: str, tree: ast.Module) -> None:
    """Run the changed module beside the original, then move code, defaults and constants over.

    Raises:
        Whatever the changed module raises when it is imported.
    """
    module = importlib.import_module(name)
    changed: dict[str, Any] = {"__name__": name, "__package__": module.__package__}
    exec(compile(tree, module.__file__ or name, "exec", dont_inherit=True), changed)  # noqa: S102  - our own source
    for key, old in list(vars(module).items()):
        new = changed.get(key)
        if isinstance(old, type):
            if old.__module__ == name and isinstance(new, type):
                _move_class(old, new)
        elif isinstance(old, MethodType):
            _replace_everywhere(key, old, new)  # a constant: its function is another module's
        elif callable(old):
            _move(old, new)
        elif not isinstance(old, PLAIN) and not key.startswith("__") and repr(new) != repr(old):
            _replace_everywhere(key, old, new)


def _move_class(old: type, new: type) -> None:
    if issubclass(old, Enum):
        return
    for key, attribute in list(vars(old).items()):
        _move(attribute, vars(new).get(key))


def _move(old: Any, new: Any) -> None:
    for to, source in zip(_functions(old), _functions(new), strict=False):
        if to.__code__ != source.__code__ and to.__code__.co_filename == source.__code__.co_filename:
            to.__code__ = source.__code__
        to.__defaults__, to.__kwdefaults__ = source.__defaults__, source.__kwdefaults__


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions inside a function, a method, a property or a cached function."""
    wrapped = (getattr(value, name, None) for name in ("fget", "__func__", "__wrapped__", "func"))
    for inner in (value, *wrapped):
        if isinstance(inner, FunctionType):
            yield inner


def _replace_everywhere(key: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(key) is old:
            setattr(module, key, new)
