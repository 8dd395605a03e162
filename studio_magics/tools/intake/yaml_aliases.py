"""Anchors and aliases of YAML, counted as if every alias were written out, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio_magics.tools.intake.refusal import IntakeRefused


@dataclass
class _Open:
    """A list or mapping that has begun."""

    anchor: str | None
    begun_at: int
    height: int = 0
    """Levels below it so far."""


@dataclass
class WrittenOut:
    """How much a text would be without aliases; told event by event."""

    most: int
    deepest: int
    parts: int = 0
    opened: list[_Open] = field(default_factory=list[_Open])
    known: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """Anchor → parts and levels of what it names; of two with one name the later holds."""

    def take(self, event: Any, where: str) -> None:
        """Count one event.

        Raises:
            IntakeRefused: An alias of nothing or of itself, or too much or too deep with aliases written out.
        """
        import yaml

        anchor: str | None = getattr(event, "anchor", None)
        if isinstance(event, yaml.DocumentStartEvent):
            self.known.clear()
        elif isinstance(event, yaml.AliasEvent):
            self._add(*self._named(str(anchor), where))
        elif isinstance(event, yaml.CollectionStartEvent):
            self.known.pop(anchor or "", None)
            self.opened.append(_Open(anchor, self.parts))
            self._add(1, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.ScalarEvent):
            self._add(1, 0)
            if anchor is not None:
                self.known[anchor] = (1, 0)
        self._refuse_too_much(where)

    def _named(self, anchor: str, where: str) -> tuple[int, int]:
        shown = anchor[:40]
        if anchor in self.known:
            return self.known[anchor]
        if any(one.anchor == anchor for one in self.opened):
            found = f"the alias *{shown}{where}, which stands in what it names"
            raise IntakeRefused(found, "aliases of what has ended before", "write the value out")
        found = f"the alias *{shown}{where}, which names nothing"
        raise IntakeRefused(found, f"an anchor &{shown} before it", "define it first")

    def _add(self, parts: int, height: int) -> None:
        self.parts += parts
        if self.opened:
            self.opened[-1].height = max(self.opened[-1].height, height)

    def _close(self) -> None:
        ended = self.opened.pop()
        self._add(1, ended.height + 1)
        if ended.anchor is not None:
            self.known.setdefault(ended.anchor, (self.parts - ended.begun_at, ended.height + 1))

    def _refuse_too_much(self, where: str) -> None:
        if self.parts > self.most:
            found = f"more than {self.most:,} parts once aliases are written out{where}"
            raise IntakeRefused(found, f"at most {self.most:,} parts", "use fewer aliases of aliases")
        if self.opened and len(self.opened) + self.opened[-1].height > self.deepest:
            found = f"YAML nested deeper than {self.deepest} levels once aliases are written out{where}"
            raise IntakeRefused(found, f"at most {self.deepest} levels", "flatten it")
