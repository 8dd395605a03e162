"""YAML and JSON that people write: read behind the guards of `intake`, with the line of every value.

`Part` is a value with its place, so that a refusal names the line and the path; `plain` values are JSON's.
"""

# PyYAML is typed in part; every value that leaves this file is checked by its reader.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as kept_field
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

from pydantic import BeforeValidator

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import IntakeRefused
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.yaml_text import YamlLimits, check_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yaml import SafeLoader
    from yaml.nodes import Node

MAX_NAME = 200
SHOWN = 60
NEAREST = 4


def _written(value: Any) -> Any:
    """A dict or list from Python becomes the text it would be in a cell; JSON is YAML too."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return value


WrittenText = Annotated[str, BeforeValidator(_written)]
"""Text of a cell, or the same as Python objects."""


def as_map(value: Any) -> dict[str, Any]:
    """The mapping, or an empty one where there is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list, or an empty one where there is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """The text, or an empty one where there is none."""
    return value if isinstance(value, str) else ""


def nearest(value: str, known: Iterable[str]) -> str:
    """What to offer instead: the closest names, or all of a short list."""
    names = sorted(known)
    close = get_close_matches(value, names, n=NEAREST, cutoff=0.5)
    if close:
        return f"nearest: {', '.join(close)}"
    return ", ".join(names[:30]) + (f" … ({len(names)} in all)" if len(names) > 30 else "")  # noqa: PLR2004  - as many as a sentence bears


@dataclass(frozen=True)
class Part:
    """A value of a document with its path, and where it was written."""

    value: Any
    field: str
    path: str = ""
    lines: dict[str, int] = kept_field(default_factory=dict[str, int], repr=False)
    scalars: dict[str, str] = kept_field(default_factory=dict[str, str], repr=False)
    """Path → how a value was written: '1.10' is a number to YAML and a version to a person."""

    def refuse(self, found: str, allowed: str, action: str = "") -> NoReturn:
        """Refuse the input, naming line and path of this value."""
        line = self.lines.get(self.path)
        where = ", ".join(part for part in (f"line {line}" if line else "", self.path) if part)
        said = f"{where}: {found}" if where else found
        raise InputRejected(self.field, found=said, allowed=allowed, action=action)

    def inner(self, key: str | int, value: Any) -> Part:
        """The value below this one."""
        return Part(
            value, self.field, f"{self.path}.{key}" if self.path else str(key), self.lines, self.scalars
        )

    def entries(self, known: Iterable[str], *, needed: Iterable[str] = ()) -> dict[str, Part]:
        """The values under fixed keys; an unknown or missing key is refused."""
        names = list(known)
        found = self.named()
        for key, part in found.items():
            if key not in names:
                part.refuse(f"the key '{shown(key)}' is not known here", nearest(key, names))
        for key in needed:
            if key not in found:
                self.refuse(f"no '{key}'", f"{key}: …")
        return found

    def named(self, most: int = 10_000) -> dict[str, Part]:
        """The values under keys of the person's own."""
        if not isinstance(self.value, dict):
            self.refuse(f"{kind_of(self.value)} instead of a mapping", "lines of 'key: value'")
        pairs = as_map(self.value)
        if len(pairs) > most:
            self.refuse(f"{len(pairs):,} entries", f"at most {most:,}")
        return {key: self.inner(key, value) for key, value in pairs.items()}

    def items(self, most: int = 10_000) -> list[Part]:
        """The values of a list; a single value counts as a list of one."""
        values = as_list(self.value) if isinstance(self.value, list) else [self.value]
        if isinstance(self.value, dict):
            self.refuse("a mapping instead of a list", "lines that start with '- '")
        if len(values) > most:
            self.refuse(f"{len(values):,} entries", f"at most {most:,}")
        return [self.inner(number, value) for number, value in enumerate(values, 1)]

    def text(self, *, most: int = MAX_NAME, empty: bool = False) -> str:
        """A printable text; numbers are taken as they would be written."""
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | float):
            self.refuse(f"{kind_of(self.value)} instead of text", "one line of text")
        value = self.scalars.get(self.path, str(self.value)).strip()
        if len(value) > most or not (value or empty):
            self.refuse(f"{len(value):,} characters", f"{0 if empty else 1} to {most:,} characters")
        return value

    def word(self, pattern: str, allowed: str) -> str:
        """A text that fits a pattern wholly."""
        value = self.text()
        if not re.fullmatch(pattern, value):
            self.refuse(f"'{shown(value)}'", allowed)
        return value

    def choice(self, known: Iterable[str]) -> str:
        """One of these words."""
        value, names = self.text(), list(known)
        if value not in names:
            self.refuse(f"'{shown(value)}'", nearest(value, names))
        return value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"{kind_of(self.value)}", "true or false")
        return self.value

    def integer(self, least: int, most: int) -> int:
        """A whole number between two bounds."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse(f"{kind_of(self.value)}", f"a whole number from {least:,} to {most:,}")
        if not least <= self.value <= most:
            self.refuse(f"{self.value:,}", f"a whole number from {least:,} to {most:,}")
        return self.value


def kind_of(value: Any) -> str:
    """What kind of value this is, in words."""
    if value is None:
        return "nothing"
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")


def shown(text: str, most: int = SHOWN) -> str:
    """A text of the user's as it may stand in a sentence: one line, short."""
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return line if len(line) <= most else line[: most - 1] + "…"


def read_part(text: str, field_name: str, limits: YamlLimits | None = None) -> Part:
    """The one document of a text that a person wrote, with lines.

    Raises:
        InputRejected: No YAML, several documents, aliases, tags, repeated keys, too deep or too long.
    """
    node, value = _load(text, field_name, limits)
    lines: dict[str, int] = {}
    scalars: dict[str, str] = {}
    _note(node, "", lines, scalars)
    return Part(value, field_name, "", lines, scalars)


def load_yaml(text: str, field_name: str, limits: YamlLimits | None = None) -> Any:
    """The plain value of one YAML document: text keys, no dates, `yes` and `on` stay text.

    Raises:
        InputRejected: As `read_part`.
    """
    return _load(text, field_name, limits)[1]


def load_document(content: bytes, name: str, field_name: str, limits: YamlLimits | None = None) -> Any:
    """The plain value of a JSON or YAML file, told apart by its first sign.

    Raises:
        InputRejected: As `read_part`; or no JSON.
    """
    try:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
            return load_json(content)
        text = decoded(content)
    except IntakeRefused as refused:
        raise InputRejected(
            field_name,
            found=f"{shown(name)}: {refused.found}",
            allowed=refused.allowed,
            action=refused.action,
        ) from refused
    return load_yaml(text, field_name, limits)


def _load(text: str, field_name: str, limits: YamlLimits | None) -> tuple[Node | None, Any]:
    import yaml
    from yaml.composer import ComposerError

    try:
        check_yaml(text, limits)
        try:
            return _composed(text, _loader_class())
        except ComposerError:
            if limits is None or not limits.written_out:
                raise
            return _composed(text, _loader_class(renames=True))
    except IntakeRefused as refused:
        raise InputRejected(
            field_name, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" in line {mark.line + 1}" if mark else ""
        found = f"{error.problem or error.context}{where}"
        raise InputRejected(field_name, found=found, allowed="one YAML document") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InputRejected(field_name, found="text that is not YAML", allowed="YAML in UTF-8") from error


def _composed(text: str, kind: type[SafeLoader]) -> tuple[Node | None, Any]:
    loader = kind(text)
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node is not None else None
    finally:
        loader.dispose()


def _note(node: Node | None, path: str, lines: dict[str, int], scalars: dict[str, str]) -> None:
    from yaml.nodes import MappingNode, ScalarNode, SequenceNode

    if node is None:
        return
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, ScalarNode):
        scalars[path] = str(node.value)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}" if path else str(key.value)
            lines[below] = key.start_mark.line + 1
            _note(value, below, lines, scalars)
    elif isinstance(node, SequenceNode):
        for number, value in enumerate(node.value, 1):
            _note(value, f"{path}.{number}" if path else str(number), lines, scalars)


@cache
def _loader_class(*, renames: bool = False) -> type[SafeLoader]:
    """The loader; one that `renames` lets an anchor be given anew, and takes eight times as long."""
    import yaml

    base: Any = yaml.SafeLoader if renames else getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class TextLoader(base):
        """Safe loader with text keys, each once; neither dates nor the booleans of YAML 1.1."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()
            if renames and not isinstance(event, yaml.AliasEvent):
                self.anchors.pop(event.anchor, None)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = True) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in found:
                    place = key_node.start_mark
                    problem = f"the key '{shown(key)}' stands twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, place)
                found[key] = self.construct_object(value_node, deep=deep)
            return found

        def construct_yaml_map(self, node: Any) -> Any:
            yield self.construct_mapping(node)

    skipped = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}
    TextLoader.yaml_implicit_resolvers = {
        sign: [entry for entry in entries if entry[0] not in skipped]
        for sign, entries in base.yaml_implicit_resolvers.items()
    }
    words = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    TextLoader.add_implicit_resolver("tag:yaml.org,2002:bool", words, list("tTfF"))
    TextLoader.add_constructor("tag:yaml.org,2002:map", TextLoader.construct_yaml_map)
    return cast("type[SafeLoader]", TextLoader)
