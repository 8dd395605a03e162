"""A workflow as YAML that people like to read: commands as blocks, versions beside commits."""

# PyYAML is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yaml import SafeDumper

    from studio_magics.tools.dev.cicd.pins import Pins

PINNED = re.compile(r"^(?P<line>\s*(?:- )?uses: \S+@(?P<commit>[0-9a-f]{40}))$", re.MULTILINE)
USES = re.compile(
    r"^(?P<start>\s*(?:-\s+)?(?:&\S+\s+)?uses:\s*(?:&\S+\s+)?)(?P<quote>[\"']?)(?P<action>[\w.-]+/[\w./-]+)@(?P<at>[\w./-]+)(?P=quote)"
    r"[ \t]*(?:#.*)?$",
    re.MULTILINE,
)


def yaml_text(value: dict[str, Any], versions: Mapping[str, str], head: str) -> str:
    """The text, with the version of each pinned action as a comment."""
    import yaml

    text = yaml.dump(value, Dumper=_dumper(), sort_keys=False, width=1_000, allow_unicode=True)
    text = PINNED.sub(lambda found: _commented(found, versions), text)
    text = re.sub(r"^(\w[\w-]*:)", r"\n\1", text, flags=re.MULTILINE).lstrip("\n")
    text = re.sub(r"(?<!^jobs:)\n(  [A-Za-z_][\w-]*:\n    (?:name|if):)", r"\n\n\1", text, flags=re.MULTILINE)
    text = text.replace("jobs:\n\n", "jobs:\n", 1)
    comments = "".join(f"# {line}\n" for line in head.splitlines())
    return f"{comments}{text}"


def _commented(found: re.Match[str], versions: Mapping[str, str]) -> str:
    version = versions.get(found["commit"])
    return f"{found['line']} # {version}" if version else found["line"]


@cache
def _dumper() -> type[SafeDumper]:
    import yaml

    class PlainDumper(yaml.SafeDumper):
        """Writes text over several lines as a block, nothing as nothing, and indents lists."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            del indentless
            return super().increase_indent(flow, False)

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    def nothing(dumper: Any, _value: None) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:null", "")

    PlainDumper.add_representer(str, text)
    PlainDumper.add_representer(type(None), nothing)
    boolean = "tag:yaml.org,2002:bool"
    PlainDumper.yaml_implicit_resolvers = {
        sign: [entry for entry in entries if entry[0] != boolean]
        for sign, entries in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }
    words = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    PlainDumper.add_implicit_resolver(boolean, words, list("tTfF"))
    return PlainDumper


def pinned_text(text: str, pins: Pins) -> tuple[str, list[str]]:
    """An existing workflow with the actions of the table pinned, never to another major; and which were."""
    done: list[str] = []

    def pin(found: re.Match[str]) -> str:
        known = pins.same_major(found["action"], found["at"])
        if known is None:
            return found[0]
        done.append(f"{found['action']}@{found['at']} → {known.version}")
        return f"{found['start']}{known.reference} # {known.version}"

    return USES.sub(pin, text), done
