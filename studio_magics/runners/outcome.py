"""What a finished run is to its user: the receipt, the result, and the files it made."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from studio_magics.client.refusals import (
    NotInstalled,
    RunStopped,
    ServerFault,
    Unknown,
    UsageRefused,
    did_you_mean,
    either,
)
from studio_magics.display.bundle import RECEIPT_MIME, Display
from studio_magics.display.formats import unless_shown, was_shown
from studio_magics.display.front_end import FrontEnd, front_end
from studio_magics.display.markup import element, join
from studio_magics.display.money import receipt_after_run
from studio_magics.display.results import result as draw_result

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.contracts.billing import Receipt
    from studio_magics.contracts.catalogue import Place
    from studio_magics.contracts.results import Artefact, Table, ToolResult
    from studio_magics.contracts.runs import Run, RunState


@dataclass(frozen=True)
class SavedBy:
    """One file of a result; its bytes come when they are asked for."""

    record: Artefact
    fetch: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The name the tool gave it."""
        return self.record.name

    def read(self) -> bytes:
        """The content, which is what the record says it is.

        Raises:
            ServerFault: It is not; fetching it again may help.
        """
        content = self.fetch()
        if f"sha256:{sha256(content).hexdigest()}" != self.record.digest:
            said = f"'{self.name}' arrived damaged: its content does not have the digest in the result."
            raise ServerFault(said, action="fetch it again")
        return content

    def bytes(self) -> bytes:
        """The content, as `read` gives it."""
        return self.read()

    def save(self, path: str | Path | None = None, *, force: bool = True) -> Path:
        """Write it to the path (a folder keeps the name), or under its own name here; tells where it is.

        Raises:
            UsageRefused: The path cannot be written, or without `force` there is a file already.
            ServerFault: The content arrived damaged; nothing was written.
        """
        target = Path(path).expanduser() if path is not None else Path(Path(self.name).name)
        if target.is_dir():
            target /= Path(self.name).name
        if target.exists() and not force:
            said = f"'{target}' is there already."
            raise UsageRefused(said, action="add --force to write over it, or give another path")
        content = self.read()
        try:
            write_whole(target, content)
        except OSError as error:
            said = f"'{self.name}' was not saved as '{target}': {error.strerror or type(error).__name__}."
            raise UsageRefused(said, action="give a folder that exists and may be written") from error
        return target


class Artefacts(tuple[SavedBy, ...]):
    """The files of a result, by position or by name."""

    __slots__ = ()

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> SavedBy: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[SavedBy, ...]: ...
    def __getitem__(self, key: SupportsIndex | str | slice) -> SavedBy | tuple[SavedBy, ...]:
        """One file, or several.

        Raises:
            Unknown: No file has this name; the closest ones are given.
        """
        if not isinstance(key, str):
            return super().__getitem__(key)
        found = next((file for file in self if file.name == key), None)
        if found is None:
            names = [file.name for file in self]
            close = [repr(one) for one in did_you_mean(key, names) or names]
            action = f"did you mean {either(close)}?" if close else "this run made no file"
            raise Unknown(f"The result has no file '{key}'.", action=action)
        return found


def write_whole(target: Path, content: bytes) -> None:
    """Write the file so that it is there whole or not at all.

    Raises:
        OSError: It cannot be written; what was there before stays.
    """
    part = target.with_name(f".{target.name[:80]}.{token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@dataclass(eq=False)
class StudioRun:
    """A run that is over, with its result."""

    id: str
    tool_id: str
    tool_title: str
    state: RunState
    place: Place
    receipt: Receipt | None = field(repr=False)
    """None for a run in the kernel: it cost 0 credits."""
    result: ToolResult | None = field(repr=False)
    fetch: Callable[[str], bytes] = field(repr=False)
    run: Run | None = field(default=None, repr=False)
    """The whole record of a metered run."""
    keeps: Any = field(default=None, repr=False)
    """What must live as long as this run, such as its folder of files."""

    @property
    def charged_credits(self) -> int:
        """What it cost."""
        return self.receipt.charged_credits if self.receipt else 0

    @property
    def artefacts(self) -> Artefacts:
        """All files of the result: `run.artefacts['report.html'].save()`."""
        records = self.result.artefacts if self.result else ()
        return Artefacts(self.artefact(record.name) for record in records)

    def artefact(self, name: str) -> SavedBy:
        """One file of the result.

        Raises:
            Unknown: The result has no file of this name; the closest names are given.
        """
        records = {record.name: record for record in (self.result.artefacts if self.result else ())}
        if name not in records:
            names = did_you_mean(name, records) or tuple(records)
            action = (
                f"did you mean {either([repr(one) for one in names])}?" if names else "this run made no file"
            )
            raise Unknown(f"The result of {self.tool_title} has no file '{name}'.", action=action)
        return SavedBy(records[name], lambda: self.fetch(name))

    def table(self, title: str | int = 0) -> Table:
        """One table of the result, by title or position.

        Raises:
            Unknown: The result has no such table.
        """
        tables = self.result.tables if self.result else ()
        if isinstance(title, int) and 0 <= title < len(tables):
            return tables[title]
        for found in tables:
            if found.title == title:
                return found
        titles = either([f"'{found.title}'" for found in tables])
        raise Unknown(
            f"The result of {self.tool_title} has no table {title!r}.", action=f"tables: {titles or 'none'}"
        )

    def to_frame(self, title: str | int = 0) -> Any:
        """One table of the result as a pandas DataFrame.

        Raises:
            Unknown: The result has no such table.
            NotInstalled: pandas is missing.
        """
        found = self.table(title)
        try:
            import pandas as pd  # pyright: ignore[reportMissingTypeStubs]  - untyped library
        except ImportError as error:
            raise NotInstalled("A data frame needs pandas.", action="pip install pandas") from error
        return pd.DataFrame(
            [list(row) for row in found.rows], columns=[column.name for column in found.columns]
        )

    def cost_display(self) -> Display:
        """The line about money."""
        if self.receipt is not None:
            return receipt_after_run(self.receipt)
        text = f"✔ {self.tool_title} · 0 credits · ran in this kernel"
        return Display(text, element("div", text, role="status"))

    def result_display(self) -> Display | None:
        """What the tool found, with how to get its files."""
        if self.result is None:
            return None
        names = [artefact.name for artefact in self.result.artefacts]
        hint = f"save a file: run = %studio run …, then run.artefact({names[0]!r}).save()" if names else ""
        return draw_result(self.result, hint=hint)

    def __str__(self) -> str:
        found = self.result_display()
        return "\n".join([self.cost_display().text, *([found.text] if found else [])])

    def _ipython_display_(self) -> None:
        if front_end() is FrontEnd.TERMINAL:
            raise NotImplementedError
        unless_shown(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        del include, exclude
        cost, found = self.cost_display(), self.result_display()
        if found is None or was_shown(self):
            return cost.mimebundle()
        data = tuple(pair for pair in cost.data if pair[0] != RECEIPT_MIME)
        return Display(f"{cost.text}\n{found.text}", join([cost.html, found.html]), data).mimebundle()


def stopped_before_start(title: str) -> RunStopped:
    """What a person reads who interrupted while a run was prepared: no start has been asked for."""
    said = f"{title} was stopped before it started; nothing was charged."
    return RunStopped(said, action="run the cell again when you like")
