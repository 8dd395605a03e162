"""Loading a small YAML text of the user's: no aliases, no repeated keys, nothing deep, no `yes` for true."""

# PyYAML has no types of its own; every value that leaves this file is checked by its reader.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import YamlLimits, check_yaml

if TYPE_CHECKING:
    from yaml import SafeLoader

MAX_CHARACTERS = 64_000
MAX_DEPTH = 12
MAX_DIGITS = 4_000
"""A rule that is too large for its column says so itself; what Python does not read is refused here."""


class YamlRefused(ValueError):
    """The text is not YAML that is accepted here."""

    def __init__(self, found: str, allowed: str, action: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed
        self.action = action


def load_yaml(text: str) -> Any:
    """The value of one YAML document. `yes`, `no`, `on` and `off` stay text, as in YAML 1.2.

    Raises:
        YamlRefused: Too long, too deep, an anchor, alias, merge or tag, a repeated key, or no YAML at all.
    """
    import yaml

    if len(text) > MAX_CHARACTERS:
        raise YamlRefused(f"{len(text):,} characters", f"at most {MAX_CHARACTERS:,}", "shorten the text")
    try:
        loader = _loader_class()(text)
    except yaml.YAMLError as error:
        raise YamlRefused("signs that YAML does not have", "a YAML mapping", "check the text") from error
    try:
        value = loader.get_single_data()
        check_yaml(text, YamlLimits(digits=MAX_DIGITS))
    except IntakeRefused as refused:
        raise YamlRefused(refused.found, refused.allowed, refused.action) from refused
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" in line {mark.line + 1}" if mark else ""
        found = f"{error.problem or error.context}{place}"
        raise YamlRefused(found, "a YAML mapping", "check the indentation and quotes there") from error
    except yaml.YAMLError as error:
        raise YamlRefused(str(error).splitlines()[0], "a YAML mapping", "check the text") from error
    except ValueError as error:
        if isinstance(error, YamlRefused):
            raise
        raise YamlRefused(str(error), "valid dates and numbers", "put odd values into quotes") from error
    finally:
        loader.dispose()
    return value


def _loader_class() -> type[SafeLoader]:
    import yaml

    class GuardedLoader(yaml.SafeLoader):
        """SafeLoader that composes no alias, no repeated key and nothing deeper than `MAX_DEPTH`."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                line = self.peek_event().start_mark.line + 1
                raise YamlRefused(
                    f"an alias (*) in line {line}", "YAML without aliases", "write the value out"
                )
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise YamlRefused(
                    f"nesting deeper than {MAX_DEPTH}", f"at most {MAX_DEPTH} levels", "flatten it"
                )
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    found = f"the key '{key.value}' twice (again in line {line})"
                    raise YamlRefused(found, "each key once", "keep one of them")
                seen.add(str(key.value))
            return super().construct_mapping(node, deep)

    resolvers = {sign: list(entries) for sign, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    boolean = "tag:yaml.org,2002:bool"
    for sign, entries in resolvers.items():
        resolvers[sign] = [entry for entry in entries if entry[0] != boolean]
    GuardedLoader.yaml_implicit_resolvers = resolvers
    GuardedLoader.add_implicit_resolver(
        boolean, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
    )
    return GuardedLoader
