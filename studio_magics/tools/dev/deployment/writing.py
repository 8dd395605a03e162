"""YAML that every reader takes for the same: text that older YAML reads otherwise is quoted."""

# PyYAML is typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import SafeDumper


def yaml_text(value: dict[str, Any], head: str) -> str:
    """The text under a comment of one line, its parts apart."""
    import yaml

    text = yaml.dump(value, Dumper=_dumper(), sort_keys=False, width=1_000, allow_unicode=True)
    return f"# {head}\n" + re.sub(r"^(\w[\w-]*:)", r"\n\1", text, flags=re.MULTILINE).lstrip("\n")


@cache
def _dumper() -> type[SafeDumper]:
    import yaml

    class IndentedDumper(yaml.SafeDumper):
        """Indents lists; repeats a value instead of pointing at it."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            del indentless
            return super().increase_indent(flow, False)

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    return IndentedDumper
