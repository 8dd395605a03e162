"""Which messages are exported: every contract class, the named unions and the constants clients need."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

import studio_magics.contracts
from studio_magics.contracts.account import ALERT_THRESHOLDS
from studio_magics.contracts.base import MAX_AMOUNT, Contract
from studio_magics.contracts.events import Event
from studio_magics.contracts.runs import TERMINAL_STATES

Schema = Mapping[str, Any]

UNIONS: Mapping[str, Any] = {"Event": Event}
"""Messages that are one of several contracts, by the name they have in Python."""

CONSTANTS: Mapping[str, int | tuple[int, ...] | tuple[str, ...]] = {
    "ALERT_THRESHOLDS": ALERT_THRESHOLDS,
    "MAX_AMOUNT": MAX_AMOUNT,
    "TERMINAL_STATES": tuple(sorted(TERMINAL_STATES)),
}


@dataclass(frozen=True)
class ContractModule:
    """One module of contracts, with its own classes in the order they are written."""

    name: str
    summary: str
    models: tuple[type[BaseModel], ...]


def contract_modules() -> tuple[ContractModule, ...]:
    """Every module of contracts that defines a message, by name."""
    found = (_read_module(info.name) for info in pkgutil.iter_modules(studio_magics.contracts.__path__))
    return tuple(sorted((module for module in found if module.models), key=lambda module: module.name))


def definitions() -> dict[str, Schema]:
    """The schema of every contract and union by name; references point at `#/$defs/<name>`."""
    models = [model for module in contract_modules() for model in module.models]
    _, shared = models_json_schema([(model, "validation") for model in models])
    known: dict[str, Schema] = dict(shared["$defs"])
    for name in UNIONS:
        known[name] = {key: value for key, value in union_schema(name).items() if key != "$defs"}
    return known


def union_schema(name: str) -> Schema:
    """The schema of one named union, with what it refers to under `$defs`."""
    return TypeAdapter(UNIONS[name]).json_schema(mode="validation")


def _read_module(name: str) -> ContractModule:
    module = importlib.import_module(f"studio_magics.contracts.{name}")
    models = tuple(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Contract) and value.__module__ == module.__name__
    )
    return ContractModule(name, (module.__doc__ or "").strip(), tuple(m for m in models if m is not Contract))
