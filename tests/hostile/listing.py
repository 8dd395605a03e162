"""Which hostile programs there are."""

import importlib.util
import inspect
import sys
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

TOOLS = Path(__file__).with_name("tools")


@cache
def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"hostile_{name}", TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(TOOLS))  # they import each other, as in a run
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOOLS))
    return module


def function(module: str, program: str) -> FunctionType:
    """The program."""
    return getattr(_module(module), program)


def programs(module: str) -> list[str]:
    """Names of the attacks in a module: functions that take a context."""
    return [
        name
        for name, value in vars(_module(module)).items()
        if inspect.isfunction(value) and "context" in inspect.signature(value).parameters
    ]


def parameters(module: str, program: str) -> list[str]:
    """What of the surroundings an attack wants to be told."""
    return [name for name in inspect.signature(function(module, program)).parameters if name != "context"]
