"""Reads what the client sends: bracketed form fields into nested values of the types the contract names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.contract import Contract

PART = re.compile(r"\[([^\]]*)\]")
WHOLE_NUMBER = re.compile(r"-?\d+")
WORDS = {"true": True, "false": False}


def nested(text: str) -> dict[str, Any]:
    """`a[b][0]=c` as `{"a": {"b": {"0": "c"}}}`."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *_ = name.partition("[")
        *way, last = [head, *PART.findall(name)]
        inner = found
        for step in way:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return found


def typed(contract: Contract, schema: dict[str, Any], value: Any) -> Any:
    """The value as the schema wants it, or as it came where nothing fits: then the contract refuses it."""
    schema = contract.resolved(schema)
    if "anyOf" in schema:
        return next((t for o in schema["anyOf"] if (t := _fits(contract, o, value)) is not _NOTHING), value)
    if isinstance(value, dict):
        return _inside(contract, schema, value)
    if schema.get("type") == "integer" and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    if schema.get("type") == "boolean":
        return WORDS.get(value, value)
    return value


_NOTHING = object()


def _inside(contract: Contract, schema: dict[str, Any], value: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [typed(contract, schema["items"], each) for each in value.values()]
    members = schema.get("properties", {})
    rest = schema.get("additionalProperties") or {}
    return {name: typed(contract, members.get(name, rest), each) for name, each in value.items()}


def _fits(contract: Contract, option: dict[str, Any], value: Any) -> Any:
    option = contract.resolved(option)
    found = typed(contract, option, value)
    kinds = {"object": dict, "array": list, "integer": int, "boolean": bool, "string": str}
    if "enum" in option:
        return found if found in option["enum"] else _NOTHING
    wanted = kinds.get(option.get("type", ""))
    return found if wanted is None or isinstance(found, wanted) else _NOTHING
