"""YAML: aliases, tags, repeated keys and depth looked at in its events, before anything is built."""

# PyYAML is typed in part; every value that leaves this file is checked by its reader.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_aliases import WrittenOut

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 60
MAX_EVENTS = 200_000
MAX_DOCUMENTS = 1_000
MAX_DIGITS = 400
MAX_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){4,}(?:\.[0-9_]*)?")
ALLOWED = "plain YAML"
PREFIX = "tag:yaml.org,2002:"
CORE = frozenset({"str", "int", "float", "bool", "null", "seq", "map", "timestamp", "binary"})


@dataclass(frozen=True)
class YamlLimits:
    """How much of it is taken."""

    depth: int = MAX_DEPTH
    events: int = MAX_EVENTS
    characters: int = MAX_CHARACTERS
    documents: int = MAX_DOCUMENTS
    digits: int = MAX_DIGITS
    written_out: int = 0
    """Most parts with every alias written out; 0 refuses anchors and aliases."""
    merges: bool = False
    """Whether the reader resolves merge keys (<<) by itself."""


def check_yaml(text: str, limits: YamlLimits | None = None) -> None:
    """Look at the events of every document.

    Raises:
        IntakeRefused: An anchor or alias where none is taken, or one that grows too large; a merge or tag;
            too deep, long or many; a number of huge size; no YAML.
    """
    import yaml

    bounds = limits or YamlLimits()
    if len(text) > bounds.characters:
        found = f"YAML of {len(text):,} characters"
        raise IntakeRefused(found, f"at most {bounds.characters:,}", "shorten it")
    try:
        _look(_events(text), bounds)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" in line {mark.line + 1}" if mark else ""
        raise IntakeRefused(
            f"text that is not YAML{where}", ALLOWED, "check the indentation and quotes"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, IntakeRefused):
            raise
        raise IntakeRefused("text that is not YAML", ALLOWED, "check the text") from error


def _events(text: str) -> Iterator[Any]:
    import yaml

    return iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _look(events: Iterator[Any], bounds: YamlLimits) -> None:
    import yaml

    depth = documents = 0
    expanded = WrittenOut(bounds.written_out, bounds.depth) if bounds.written_out else None
    for number, event in enumerate(events):
        where = f" in line {event.start_mark.line + 1}"
        if expanded is None:
            _refuse_reference(event, where)
        else:
            expanded.take(event, where)
        _refuse_tag(event, where)
        _refuse_number(event, where, bounds)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > bounds.depth:
            found = f"YAML nested deeper than {bounds.depth} levels{where}"
            raise IntakeRefused(found, f"at most {bounds.depth} levels", "flatten it")
        if number > bounds.events or documents > bounds.documents:
            raise IntakeRefused("YAML with too many parts", f"at most {bounds.events:,}", "shorten it")


def _refuse_reference(event: Any, where: str) -> None:
    import yaml

    if isinstance(event, yaml.AliasEvent):
        raise IntakeRefused(f"an alias (*){where}", "YAML without aliases", "write the value out")
    if getattr(event, "anchor", None):
        raise IntakeRefused(f"an anchor (&){where}", "YAML without anchors", "write the value out")


def _refuse_tag(event: Any, where: str) -> None:
    import yaml

    tag = getattr(event, "tag", None)
    if tag and tag != "!" and tag.removeprefix(PREFIX) not in CORE:
        raise IntakeRefused(f"a tag (!){where}", "YAML without tags", "leave the tag out")
    if isinstance(event, yaml.DocumentStartEvent) and event.tags:
        raise IntakeRefused(f"a %TAG line{where}", "YAML without tags", "leave the line out")


def _refuse_number(event: Any, where: str, bounds: YamlLimits) -> None:
    most = bounds.digits
    value = getattr(event, "value", None)
    if not isinstance(value, str) or getattr(event, "style", None):
        return
    if value == "<<" and not bounds.merges:
        raise IntakeRefused(f"a merge (<<){where}", "YAML without merges", "write the keys out")
    digits = value.lstrip("+-").replace("_", "")
    if (len(digits) > most and digits.isalnum() and digits[:1].isdigit()) or MAX_SIXTIES.fullmatch(value):
        found = f"a number of huge size{where}"
        raise IntakeRefused(found, f"at most {most} digits", "put it into quotes")
