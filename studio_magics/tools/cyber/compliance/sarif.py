"""What a result of SARIF 2.1.0 counts as: its level, which its rule may give, and whether it is open."""

from __future__ import annotations

from typing import Any, TypeVar, cast

Kept = TypeVar("Kept")
ACCEPTED = frozenset({"", "accepted"})
OPEN_KINDS = frozenset({"fail", "review", "open"})


def is_open(result: dict[str, Any]) -> bool:
    """Whether it is a fault that stands: not gone since an earlier scan, and not suppressed with consent."""
    if result.get("baselineState") == "absent" or result.get("kind", "fail") not in {
        "fail",
        "review",
        "open",
    }:
        return False
    suppressions = _mappings(result.get("suppressions"))
    return not suppressions or any(str(one.get("status", "")) not in ACCEPTED for one in suppressions)


def level(result: dict[str, Any], run: dict[str, Any]) -> str:
    """Its own level, else the one its rule gives, else 'warning'."""
    own = result.get("level")
    if isinstance(own, str):
        return own
    default = _mapping(_rule(result, run).get("defaultConfiguration")).get("level")
    return default if isinstance(default, str) else "warning"


def _rule(result: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """The rule of the result: of the driver or of an extension, by its place or by its identifier."""
    tool, named = _mapping(run.get("tool")), _mapping(result.get("rule"))
    driver = _mappings(_mapping(tool.get("driver")).get("rules"))
    extensions = [_mappings(one.get("rules")) for one in _mappings(tool.get("extensions"))]
    component = _mapping(named.get("toolComponent")).get("index")
    rules = _at(extensions, component)
    found = _at(driver if rules is None else rules, named.get("index", result.get("ruleIndex")))
    if found is not None:
        return found
    wanted = str(named.get("id") or result.get("ruleId") or "")
    known = {str(rule.get("id")): rule for each in (*extensions, driver) for rule in each}
    return known.get(wanted) or known.get(wanted.rpartition("/")[0], {})


def _at(among: list[Kept], place: object) -> Kept | None:
    if isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(among):
        return among[place]
    return None


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[dict[str, Any]]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [_mapping(one) for one in listed]
