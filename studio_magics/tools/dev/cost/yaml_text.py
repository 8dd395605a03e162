"""Reads YAML as text with places: no aliases, no tags, no repeated keys, and numbers never become floats."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cost.amounts import plain, read_number
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import YamlLimits, check_yaml

FIELD = "architecture"
MAX_DEPTH = 12
MAX_EVENTS = 60_000
NEAREST = 5


def reject(node: Node, found: str, allowed: str, action: str = "") -> NoReturn:
    """Refuse the input, naming the line and column of this node."""
    mark = node.start_mark
    raise InputRejected(
        FIELD,
        found=f"line {mark.line + 1}, column {mark.column + 1}: {found}",
        allowed=allowed,
        action=action,
    )


def read_document(text: str) -> Node:
    """The single document of this text.

    Raises:
        InputRejected: Not YAML, empty, several documents, or with aliases, anchors or deep nesting.
    """
    try:
        _scan(text)
        check_yaml(text, YamlLimits(events=MAX_EVENTS))
        root = _compose(text)
    except IntakeRefused as refused:
        raise InputRejected(
            FIELD, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputRejected(
            FIELD, found=f"{where}{error.problem or error.context}", allowed="YAML"
        ) from error
    except yaml.YAMLError as error:
        raise InputRejected(FIELD, found=str(error).splitlines()[0], allowed="YAML in UTF-8") from error
    if root is None:
        raise InputRejected(FIELD, found="an empty text", allowed="YAML with a list of components")
    return root


def _compose(text: str) -> Node | None:
    return cast("Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]  - PyYAML is typed in part


def _events(text: str) -> Iterator[Event]:
    return cast("Iterator[Event]", yaml.parse(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]  - PyYAML is typed in part


def _scan(text: str) -> None:
    """Look at the events before anything is built, so that a bomb costs nothing."""
    depth = 0
    for number, event in enumerate(_events(text)):
        mark = event.start_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: "
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise InputRejected(
                FIELD, found=f"{where}an anchor or alias", allowed="plain YAML", action="Write it out"
            )
        if getattr(event, "tag", None):
            raise InputRejected(
                FIELD, found=f"{where}a tag", allowed="plain YAML", action="Leave the tag out"
            )
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH or number > MAX_EVENTS:
            limits = f"at most {MAX_DEPTH} levels and {MAX_EVENTS} marks"
            raise InputRejected(FIELD, found=f"{where}a structure too deep or too long", allowed=limits)


def entries(node: Node, what: str, allowed: Iterable[str]) -> dict[str, tuple[Node, Node]]:
    """The keys of a mapping with key and value nodes; unknown and repeated keys are refused."""
    if not isinstance(node, MappingNode):
        reject(node, f"{what} is not a mapping", "key: value lines")
    known = list(allowed)
    found: dict[str, tuple[Node, Node]] = {}
    for key_node, value_node in node.value:
        key = text_of(key_node, "a key")
        if key in found:
            reject(key_node, f"'{key}' appears twice", "each key once")
        if key not in known:
            reject(key_node, f"unknown key '{key}' in {what}", nearest(key, known))
        found[key] = (key_node, value_node)
    return found


def items(node: Node, what: str, at_most: int) -> list[Node]:
    """The items of a list."""
    if not isinstance(node, SequenceNode):
        reject(node, f"{what} is not a list", "lines that start with '- '")
    if len(node.value) > at_most:
        reject(node, f"{len(node.value)} {what}", f"at most {at_most}")
    return list(node.value)


def text_of(node: Node, what: str) -> str:
    """The text of a plain value, as written."""
    if not isinstance(node, ScalarNode):
        reject(node, f"{what} is a list or mapping", "one value")
    value = str(node.value).strip()
    if not value or len(value) > 200 or not value.isprintable():  # noqa: PLR2004  - names stay readable
        reject(node, f"{what} is empty, too long or not printable", "1 to 200 printable characters")
    return value


def choice_of(node: Node, what: str, allowed: Iterable[str]) -> str:
    """One of these words."""
    value, known = text_of(node, what), list(allowed)
    if value not in known:
        reject(node, f"{what} '{value}' is not known", nearest(value, known))
    return value


def number_of(node: Node, what: str, *, least: Decimal, most: Decimal, whole: bool) -> Decimal:
    """A number in plain digits between two bounds."""
    value = text_of(node, what)
    amount = read_number(value)
    bounds = f"{plain(least)} to {plain(most)}{', whole' if whole else ''}"
    if amount is None:
        reject(node, f"{what} '{value}' is not a number", bounds, "Write digits with at most one point")
    if amount < least or amount > most:
        reject(node, f"{what} is {value}", bounds)
    if whole and amount != amount.to_integral_value():
        reject(node, f"{what} is {value}, not a whole number", bounds)
    return amount


def nearest(value: str, known: Iterable[str]) -> str:
    """What to offer instead: the closest names, or the first few."""
    names = sorted(known)
    close = get_close_matches(value.lower(), names, n=NEAREST, cutoff=0.5)
    if close:
        return f"nearest: {', '.join(close)}"
    more = f" … ({len(names)} in all)" if len(names) > 4 * NEAREST else ""
    return ", ".join(names[: 4 * NEAREST]) + more if names else "nothing: the price table has none"
